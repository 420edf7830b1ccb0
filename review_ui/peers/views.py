"""What the JSON of peers looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pipeline.database.peers import Activity, StoredPeer
from pipeline.domain.clock_skew import Skew
from review_ui.views import Instant


@dataclass(frozen=True, slots=True)
class ClockView:
    """A sender's clock: how far ahead of ours, in seconds, over so many series, and whether that is large."""

    ahead_s: float
    series: int
    large: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenView:
    """What the node saw of a caller; images and bytes are today's (UTC)."""

    seen_at: Instant | None
    images_today: int
    bytes_today: int
    refused_at: Instant | None
    refusal: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """A peer, its rules and what was seen of it; never its passcode."""

    id: UUID
    site: str
    ae_title: str
    host: str
    port: int
    enabled: bool
    networks: list[str]
    certificates: list[str]
    called_ae_title: str
    services: list[str]
    images_per_second: float
    bytes_a_day: int
    associations: int
    username: str
    has_passcode: bool
    tls: bool
    seen: SeenView
    clock: ClockView | None


@dataclass(frozen=True, slots=True)
class StrangerView:
    """A caller that is no peer; the AE title is empty where it was refused before it said one."""

    ae_title: str
    host: str
    seen: SeenView


@dataclass(frozen=True, slots=True)
class PeersView:
    """All peers, and the newest callers that are none."""

    peers: list[PeerView]
    strangers: list[StrangerView]


def peer_view(known: StoredPeer, seen: Activity | None, clock: Skew | None, today: date) -> PeerView:
    """A peer as its page shows it."""
    one, rules = known.peer, known.peer.rules
    return PeerView(
        id=known.id,
        site=one.site_id,
        ae_title=one.ae_title,
        host=one.host,
        port=one.port,
        enabled=rules.enabled,
        networks=list(rules.networks),
        certificates=list(rules.certificates),
        called_ae_title=rules.called_ae_title,
        services=sorted(rules.services),
        images_per_second=rules.images_per_second,
        bytes_a_day=rules.bytes_a_day,
        associations=rules.associations,
        username=rules.username,
        has_passcode=bool(rules.passcode_hash),
        tls=rules.tls,
        seen=seen_view(seen, today),
        clock=None if clock is None else ClockView(clock.ahead_s, clock.series, clock.is_large),
    )


def seen_view(seen: Activity | None, today: date) -> SeenView:
    """What was seen of a caller, nothing of another day."""
    of_today = seen is not None and seen.day == today
    kept: Mapping[str, Any] = (
        {"seen_at": seen.seen_at, "refused_at": seen.refused_at, "refusal": seen.refusal, "why": seen.why}
        if seen is not None
        else {"seen_at": None, "refused_at": None, "refusal": "", "why": ""}
    )
    return SeenView(
        images_today=seen.images if seen and of_today else 0, bytes_today=seen.bytes if seen and of_today else 0, **kept
    )
