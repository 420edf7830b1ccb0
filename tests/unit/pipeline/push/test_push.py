"""Web push: the standard's own example, any message read by its browser alone, and a signature that holds."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.errors import BadInput, ConfigurationError
from pipeline.push import base64url
from pipeline.push.encryption import CURVE, BrowserKeys, Chance, browser_keys, chance, encrypt
from pipeline.push.services import allowed, hosts_of
from pipeline.push.vapid import NAME, authorization, make_key, public_key, read_key
from pipeline.testing.browser import Browser

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BROWSER = Browser()


def test_the_example_of_rfc_8291_appendix_a_comes_out_byte_for_byte() -> None:
    keys = browser_keys(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    private = int.from_bytes(base64url.decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    own = Chance(ec.derive_private_key(private, CURVE), base64url.decode("DGv6ra1nlYgDCS1FRnbzlw"))
    assert base64url.encode(encrypt(b"When I grow up, I want to be a watermelon", keys, own)) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl"
        "95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@settings(max_examples=20)
@given(st.binary(max_size=3993))
def test_a_message_is_read_by_its_browser_and_by_no_other(plain: bytes) -> None:
    body = encrypt(plain, BROWSER.keys, chance())
    assert BROWSER.decrypt(body) == plain
    with pytest.raises(InvalidTag):
        Browser().decrypt(body)


def test_a_message_too_long_for_a_push_service_is_refused_here() -> None:
    with pytest.raises(ValueError, match="too long"):
        encrypt(bytes(3994), BROWSER.keys, chance())


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", ""), ("AAAA", "AAAA"), ("BA" * 44, BROWSER.auth), ("ü", "ü")],
    ids=["none", "too short", "off the curve", "no base64"],  # keys are new in each process
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(BadInput):
        browser_keys(p256dh, auth)


def test_the_proof_of_who_sends_names_the_service_ends_in_hours_and_is_signed(tmp_path: Path) -> None:
    key = read_key(make_key(tmp_path).parent)
    assert key is not None
    header = authorization(key, "https://push.example:8443/a/b?c", "mailto:it@chu.example", NOW)
    fields = dict(part.split("=", 1) for part in header.removeprefix("vapid ").split(", "))
    assert fields["k"] == public_key(key)
    signed, _, signature = fields["t"].rpartition(".")
    claims = json.loads(base64url.decode(signed.split(".")[1]))
    assert claims == {
        "aud": "https://push.example:8443",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": "mailto:it@chu.example",
    }
    raw = base64url.decode(signature)
    halves = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.public_key().verify(halves, signed.encode(), ec.ECDSA(SHA256()))


def test_the_key_is_made_once_for_us_alone(tmp_path: Path) -> None:
    assert read_key(tmp_path) is None
    file = make_key(tmp_path)
    first = file.read_bytes()
    assert make_key(tmp_path).read_bytes() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / NAME).write_text("nothing")
    with pytest.raises(ConfigurationError):
        read_key(tmp_path)


@pytest.mark.parametrize(
    ("endpoint", "ok"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://eu.push.example/x", True),
        ("https://evil.example/?fcm.googleapis.com", False),
        ("https://notfcm.googleapis.com/x", False),
        ("http://fcm.googleapis.com/x", False),
        ("https://user:pw@fcm.googleapis.com/x", False),
        ("http://127.0.0.1:5432/x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_browser_cannot_choose_a_service_that_nobody_named(endpoint: str, ok: bool) -> None:
    assert allowed(endpoint, ("fcm.googleapis.com", "push.example")) is ok


def test_services_are_named_by_host() -> None:
    assert hosts_of("a.example  b.example") == ("a.example", "b.example")
    for wrong in ("", "https://a.example"):
        with pytest.raises(BadInput):
            hosts_of(wrong)


def test_keys_from_a_browser_are_whole() -> None:
    assert isinstance(browser_keys(BROWSER.p256dh, BROWSER.auth), BrowserKeys)
