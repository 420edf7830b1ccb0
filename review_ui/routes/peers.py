"""DICOM peers: who may call, under which rules, what was seen of each, and a test of the way there."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query
from sqlalchemy import Connection

from pipeline.database import peers
from pipeline.database.peers import StoredPeer
from pipeline.database.skews import skews
from pipeline.domain.access import may_set_up
from pipeline.domain.errors import BadInput
from review_ui.accounts.account import Account
from review_ui.desk import Desk, SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.peers.checkup import Busy, StepView
from review_ui.peers.sent import PeerSent
from review_ui.peers.views import PeersView, PeerView, StrangerView, peer_view, seen_view

router = APIRouter(prefix="/peers", tags=["peers"])

_MOST_STRANGERS = 20


@router.get("")
def show(who: SignedIn, at: TheDesk) -> PeersView:
    """Every peer, and the newest callers that are none."""
    _only_administrators(who)
    with at.engine.begin() as connection:
        known, seen = peers.read_peers(connection), peers.read_activity(connection)
        clocks, today = skews(connection, at.clock()), at.clock().date()
    by_name = {(one.ae_title, one.host): one for one in seen}
    views = [
        peer_view(
            one,
            by_name.pop((one.peer.ae_title, one.peer.host), None),
            clocks.get((one.peer.site_id, one.peer.ae_title)),
            today,
        )
        for one in known
    ]
    strangers = [StrangerView(one.ae_title, one.host, seen_view(one, today)) for one in by_name.values()]
    return PeersView(views, strangers[:_MOST_STRANGERS])


@router.post("", status_code=201)
def add(sent: PeerSent, who: SignedIn, at: TheDesk) -> PeerView:
    """Make a peer known."""
    _only_administrators(who)
    with at.engine.begin() as connection:
        try:
            made = peers.add_peer(connection, sent.as_peer(), who.id)
        except BadInput as exc:
            raise Problem(422, "peer", str(exc)) from exc
        view = _view(connection, made, at)
    structlog.get_logger().info("peer_added", account=who.name, site=view.site, ae_title=view.ae_title)
    return view


@router.put("/{peer_id}")
def change(peer_id: UUID, sent: PeerSent, who: SignedIn, at: TheDesk) -> PeerView:
    """Change a peer or its rules; the node follows within seconds."""
    _only_administrators(who)
    with at.engine.begin() as connection:
        known = _known(connection, peer_id)
        try:
            peers.change_peer(connection, known, sent.as_peer(known.peer), who.id)
        except BadInput as exc:
            raise Problem(422, "peer", str(exc)) from exc
        view = _view(connection, peer_id, at)
    structlog.get_logger().info("peer_changed", account=who.name, site=view.site, ae_title=view.ae_title)
    return view


@router.delete("/{peer_id}", status_code=204)
def forget(peer_id: UUID, who: SignedIn, at: TheDesk) -> None:
    """Forget a peer: what it sends from then on is refused."""
    _only_administrators(who)
    with at.engine.begin() as connection:
        known = _known(connection, peer_id)
        peers.forget_peer(connection, known, who.id)
    structlog.get_logger().info("peer_removed", account=who.name, ae_title=known.peer.ae_title)


@router.post("/{peer_id}/test", responses=refuses(409))
def try_out(
    peer_id: UUID,
    who: SignedIn,
    at: TheDesk,
    study: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query's
) -> list[StepView]:
    """Call a peer and say how far one comes; ``study`` also sends a made-up head through our own door."""
    _only_administrators(who)
    with at.engine.begin() as connection:
        known = _known(connection, peer_id)
    structlog.get_logger().info("peer_tested", account=who.name, ae_title=known.peer.ae_title)
    try:
        return at.check_up.of(peer_id, study=study)
    except Busy as exc:
        raise Problem(409, "busy", "Other tests are under way; try again in a minute.") from exc


def _only_administrators(who: Account) -> None:
    if not may_set_up(who.viewer):
        raise Problem(403, "forbidden", "Only an administrator sees and changes peers.")


def _known(connection: Connection, peer_id: UUID) -> StoredPeer:
    known = peers.read_peer(connection, peer_id)
    if known is None:
        raise not_found()
    return known


def _view(connection: Connection, peer_id: UUID, at: Desk) -> PeerView:
    known = _known(connection, peer_id)
    seen = {(one.ae_title, one.host): one for one in peers.read_activity(connection)}
    clock = skews(connection, at.clock()).get((known.peer.site_id, known.peer.ae_title))
    return peer_view(known, seen.get((known.peer.ae_title, known.peer.host)), clock, at.clock().date())
