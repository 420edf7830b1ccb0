"""A text message through an HTTP gateway: ours to name, its fields to choose, for no two gateways agree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from pipeline.clerk.notify.carrier import Message, Person
from pipeline.clerk.notify.posting import judged, post, read_secret
from pipeline.domain.notification import Setback


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Posts number and text under the names the gateway knows, as JSON or as a form; the secret is a bearer token."""

    url: str
    to_field: str = "to"
    text_field: str = "text"
    as_form: bool = False
    secret_path: str = ""

    def carry(self, message: Message, to: Person) -> Setback | None:
        """Hand the message over."""
        if not to.phone:
            return Setback("no telephone number is known", hopeless=True)
        text = f"{message.text} {message.link}".strip()
        number = "".join(one for one in to.phone if one.isdecimal() or one == "+")
        fields = {self.to_field: number, self.text_field: text}
        secret = read_secret(self.secret_path)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        if self.as_form:
            body, headers["Content-Type"] = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        else:
            body, headers["Content-Type"] = json.dumps(fields, ensure_ascii=False).encode(), "application/json"
        return judged(post(self.url, body, headers))
