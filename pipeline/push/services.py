"""Which push services may be spoken to: those an administrator named; a browser may not choose another."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from pipeline.domain.errors import BadInput

KNOWN = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "notify.windows.com")
"""The services of Chrome, Firefox, Safari and Edge, for an administrator to choose from."""


def hosts_of(address: str) -> tuple[str, ...]:
    """The hosts in a channel's address; raises `BadInput` for what is none."""
    hosts = tuple(address.split())
    if not hosts or any("/" in one or "@" in one for one in hosts):
        raise BadInput("Name the push services by host, such as fcm.googleapis.com.")
    return hosts


def allowed(endpoint: str, hosts: Iterable[str]) -> bool:
    """Whether an endpoint is one of these services', over TLS unless the service is named with http://."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    named = parts.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in hosts)
    local = parts.scheme == "http" and host == "127.0.0.1" and "127.0.0.1" in set(hosts)
    return (named or local) and not parts.username and not parts.password
