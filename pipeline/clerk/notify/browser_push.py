"""Waking browsers through their makers' push services, which see neither text nor link: both are encrypted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.clerk.notify.carrier import Message, Person
from pipeline.clerk.notify.posting import judged, post
from pipeline.database.channels import Subscription
from pipeline.domain.errors import BadInput
from pipeline.domain.notification import Setback
from pipeline.push.encryption import browser_keys, chance, encrypt
from pipeline.push.services import allowed
from pipeline.push.vapid import authorization

_GONE = frozenset({404, 410})
"""The browser unsubscribed (RFC 8030, section 7.3)."""
_LIVES_S = 600
"""A call that could not be shown within ten minutes has gone to somebody else."""


@dataclass(frozen=True, slots=True)
class BrowserPush:
    """Posts to the services that the administrator named, ``hosts``, and to no other; ``gone`` hears of the dead."""

    hosts: tuple[str, ...]
    key: ec.EllipticCurvePrivateKey
    contact: str
    clock: Callable[[], datetime]
    gone: Callable[[Subscription], None]

    def carry(self, message: Message, to: Person) -> Setback | None:
        """Wake every browser of a person; it is enough that one service took it."""
        said = [self._one(message, one) for one in to.subscriptions if allowed(one.endpoint, self.hosts)]
        if not said:
            return Setback("no browser of this person may be woken", hopeless=True)
        return None if None in said else said[0]

    def _one(self, message: Message, to: Subscription) -> Setback | None:
        plain = json.dumps(asdict(message), ensure_ascii=False).encode()
        try:
            body = encrypt(plain, browser_keys(to.p256dh, to.auth), chance())
        except (BadInput, ValueError):
            return Setback("the browser's key cannot be used", hopeless=True)
        status = post(to.endpoint, body, self._headers(to.endpoint))
        if status in _GONE:
            self.gone(to)
        return judged(status)

    def _headers(self, endpoint: str) -> dict[str, str]:
        return {
            "Authorization": authorization(self.key, endpoint, self.contact, self.clock()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_LIVES_S),
            "Urgency": "high",
            "Host": urlsplit(endpoint).netloc,
        }
