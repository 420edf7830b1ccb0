"""By which channels people are told, waking one's own browser, and the opaque links that notifications carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints
from sqlalchemy import Connection

from pipeline.database.channels import Subscription, counts, read_channels, subscribe, unsubscribe
from pipeline.database.notifications import open_link
from pipeline.domain.access import may_keep_rota, sees_every_site
from pipeline.domain.errors import BadInput
from pipeline.domain.notification import ChannelKind
from pipeline.push.encryption import browser_keys
from pipeline.push.services import allowed, hosts_of
from pipeline.push.vapid import public_key, read_key
from review_ui.accounts.account import Account
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.requests.sent import Sent

router = APIRouter(tags=["notifications"])

Endpoint = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s]+$")]
Key = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class Keys(Sent):
    """The browser's keys, base64url, as `PushSubscription.toJSON` gives them."""

    p256dh: Key
    auth: Key


class SubscriptionSent(Sent):
    """A browser that may be woken."""

    endpoint: Endpoint
    keys: Keys


class Unsubscription(Sent):
    """A browser that may be woken no more."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel and how many notifications are in which state; where it leads is the administrator's to know."""

    name: str
    kind: str
    active: bool
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class PushView:
    """What a browser subscribes with; no key while push is off."""

    active: bool
    application_server_key: str | None


@router.get("/channels")
def channels(who: SignedIn, at: TheDesk) -> list[ChannelView]:
    """By which channels people are told; they are named on the server's command line (`neurovigie notify`)."""
    if not may_keep_rota(who.viewer):
        raise Problem(403, "forbidden", "This account may not see how people are told.")
    with at.engine.begin() as connection:
        known, how_many = read_channels(connection), counts(connection)
    return [ChannelView(one.name, one.kind.value, one.active, how_many.get(one.id, {})) for one in known]


@router.get("/push")
def push(who: SignedIn, at: TheDesk) -> PushView:
    """Whether browsers may be woken, and with which key they subscribe."""
    _refuse_unless_called(who)
    with at.engine.begin() as connection:
        hosts = _hosts(connection)
    key = read_key(at.home_root) if hosts else None
    return PushView(key is not None, public_key(key) if key else None)


@router.post("/push/subscriptions", status_code=204, responses=refuses(409))
def add_subscription(sent: SubscriptionSent, who: SignedIn, at: TheDesk) -> None:
    """Let this browser be woken when one is called; only through a service an administrator named."""
    _refuse_unless_called(who)
    try:
        browser_keys(sent.keys.p256dh, sent.keys.auth)
    except BadInput as error:
        raise Problem(422, "invalid", str(error)) from error
    with at.engine.begin() as connection:
        if not allowed(sent.endpoint, _hosts(connection)):
            raise Problem(409, "service_not_named", "No administrator has named this browser's push service.")
        wanted = Subscription(sent.endpoint, sent.keys.p256dh, sent.keys.auth)
        subscribe(connection, who.id, wanted, at.clock())


@router.delete("/push/subscriptions", status_code=204)
def remove_subscription(sent: Unsubscription, who: SignedIn, at: TheDesk) -> None:
    """Let this browser be woken no more."""
    with at.engine.begin() as connection:
        unsubscribe(connection, sent.endpoint, who.id)


@router.post("/notifications/{token}/open")
def open_notification(token: str, who: SignedIn, at: TheDesk) -> dict[str, str]:
    """The case a notification was about; that one has opened it is noted."""
    _refuse_unless_called(who)
    with at.engine.begin() as connection:
        case_id = open_link(connection, token, who.id, at.clock())
    if case_id is None:
        raise not_found()
    return {"case": str(case_id)}


def _hosts(connection: Connection) -> tuple[str, ...]:
    on = [one for one in read_channels(connection) if one.kind is ChannelKind.PUSH and one.active]
    return tuple(host for one in on for host in hosts_of(one.address))


def _refuse_unless_called(who: Account) -> None:
    if not sees_every_site(who.viewer):
        raise Problem(403, "forbidden", "This account is never called.")
