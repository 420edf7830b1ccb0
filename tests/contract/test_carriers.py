"""Every channel keeps the one contract, against systems on this machine."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.clerk.notify.browser_push import BrowserPush
from pipeline.clerk.notify.carrier import Carrier, Message, Person
from pipeline.clerk.notify.mail import Mail
from pipeline.clerk.notify.posting import check_address
from pipeline.clerk.notify.sms import SmsGateway
from pipeline.clerk.notify.webhook import SIGNATURE, Webhook
from pipeline.database.channels import Subscription
from pipeline.domain.errors import BadInput
from pipeline.domain.notification import Setback
from pipeline.testing.browser import Browser
from pipeline.testing.carrier_contract import MESSAGE, CarrierContract
from pipeline.testing.listeners import Listener, http_listener
from pipeline.testing.mail import MailServer, mail_server

STATUS = {"takes": 201, "refuses": 403, "busy": 503}
AWAY = "http://127.0.0.1:1/hook"  # nothing listens on port 1


class OverHttp(CarrierContract):
    """What the channels over HTTP share."""

    @pytest.fixture(autouse=True)
    def _house(self, tmp_path: Path) -> Iterator[None]:
        self.secret = tmp_path / "secret"
        self.secret.write_text("s3cret\n", encoding="utf-8")
        self.listener = Listener()
        with ExitStack() as self.stack:
            yield

    def url(self, answers: str) -> str:
        if answers == "away":
            return AWAY
        self.listener = self.stack.enter_context(http_listener(STATUS[answers]))
        return self.listener.url

    def person(self) -> Person:
        return Person("id", phone="+33 2 98 (11) 11-11")


class TestWebhook(OverHttp):
    def carrier(self, *, answers: str) -> Carrier:
        return Webhook(self.url(answers), str(self.secret))

    def arrived(self) -> list[str]:
        return [" ".join(json.loads(one.body).values()) for one in self.listener.heard]

    def test_the_body_is_signed_with_the_secret(self) -> None:
        self.carrier(answers="takes").carry(MESSAGE, self.person())
        (heard,) = self.listener.heard
        expected = hmac.new(b"s3cret", heard.body, hashlib.sha256).hexdigest()
        assert heard.headers[SIGNATURE.lower()] == f"sha256={expected}"


class TestSms(OverHttp):
    def carrier(self, *, answers: str) -> Carrier:
        return SmsGateway(self.url(answers), "msisdn", "message", secret_path=str(self.secret))

    def arrived(self) -> list[str]:
        return [json.loads(one.body)["message"] for one in self.listener.heard]

    def test_the_number_is_plain_and_the_secret_a_bearer_token(self) -> None:
        self.carrier(answers="takes").carry(MESSAGE, self.person())
        (heard,) = self.listener.heard
        assert json.loads(heard.body)["msisdn"] == "+33298111111"
        assert heard.headers["authorization"] == "Bearer s3cret"

    def test_without_a_number_there_is_no_hope(self) -> None:
        assert self.carrier(answers="away").carry(MESSAGE, Person("id")) == Setback(
            "no telephone number is known", hopeless=True
        )


class TestPush(OverHttp):
    def carrier(self, *, answers: str) -> Carrier:
        self.browser, self.dead = Browser(), list[Subscription]()
        self.endpoint = self.url(answers)
        key = ec.generate_private_key(ec.SECP256R1())
        return BrowserPush(
            ("127.0.0.1",), key, "mailto:it@chu.example", lambda: datetime(2026, 11, 22, tzinfo=UTC), self.dead.append
        )

    def person(self) -> Person:
        return Person("id", subscriptions=(Subscription(self.endpoint, self.browser.p256dh, self.browser.auth),))

    def arrived(self) -> list[str]:
        return [" ".join(json.loads(self.browser.decrypt(one.body)).values()) for one in self.listener.heard]

    def test_the_push_service_sees_neither_text_nor_link(self) -> None:
        self.carrier(answers="takes").carry(MESSAGE, self.person())
        (heard,) = self.listener.heard
        assert heard.headers["content-encoding"] == "aes128gcm"
        assert heard.headers["urgency"] == "high"
        seen = heard.body + str(heard.headers).encode()
        assert not [word for word in (b"Carhaix", b"rouge", b"desk.example", b"opaque") if word in seen]

    def test_a_browser_that_unsubscribed_is_forgotten(self) -> None:
        carrier = self.carrier(answers="takes")
        self.listener.status = 410
        assert carrier.carry(MESSAGE, self.person()) is not None
        assert [one.endpoint for one in self.dead] == [self.endpoint]

    def test_a_service_that_nobody_named_is_never_called(self) -> None:
        carrier = self.carrier(answers="takes")
        elsewhere = Subscription("https://evil.example/x", self.browser.p256dh, self.browser.auth)
        said = carrier.carry(MESSAGE, Person("id", subscriptions=(elsewhere,)))
        assert said is not None
        assert said.hopeless


class TestMail(CarrierContract):
    ANSWERS = {"takes": "250 ok", "refuses": "550 no such user", "busy": "450 later"}  # noqa: RUF012

    @pytest.fixture(autouse=True)
    def _house(self) -> Iterator[None]:
        self.server = MailServer()
        with ExitStack() as self.stack:
            yield

    def carrier(self, *, answers: str) -> Carrier:
        port = 1
        if answers != "away":
            self.server = self.stack.enter_context(mail_server(self.ANSWERS[answers]))
            port = self.server.port
        return Mail("127.0.0.1", port, "neurovigie@chu.example", tls="none")

    def person(self) -> Person:
        return Person("id", email="anne@chu.example")

    def arrived(self) -> list[str]:
        parsed = [email.message_from_string(one, policy=email.policy.default) for one in self.server.mails]
        return [f"{one['Subject']} {one.get_content()}" for one in parsed]


def test_nothing_leaves_this_machine_without_tls() -> None:
    for wrong in ("http://pager.example/x", "ftp://x", "https://u:p@x.example", "https:///x", ""):
        with pytest.raises(BadInput):
            check_address(wrong)
    check_address("https://pager.example/x?y=1")
    with pytest.raises(BadInput):
        Mail("smtp.example", 25, "a@b", tls="none")


def test_a_message_has_no_field_for_a_patient() -> None:
    assert set(Message.__slots__) == {"kind", "tier", "site", "text", "link", "token"}
