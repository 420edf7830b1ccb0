"""A call to another program: a paging server, an alarm, a hospital's own messenger."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

from pipeline.clerk.notify.carrier import Message, Person
from pipeline.clerk.notify.posting import judged, post, read_secret
from pipeline.domain.notification import Setback

SIGNATURE = "X-NeuroVigie-Signature"
"""sha256= and the HMAC of the body in hexadecimal, where a secret was given."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts the message as JSON."""

    url: str
    secret_path: str = ""

    def carry(self, message: Message, to: Person) -> Setback | None:
        """Hand the message over."""
        body = json.dumps({**asdict(message), "person": to.name}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        secret = read_secret(self.secret_path)
        if secret:
            headers[SIGNATURE] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        return judged(post(self.url, body, headers))
