"""Searches for earlier studies in the database: whose archives are asked, what waits, what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.events import record_event
from pipeline.database.peers import read_peers
from pipeline.database.prior_tables import prior_search, prior_source, prior_study
from pipeline.database.tables import case, peer, series, study
from pipeline.domain.errors import BadInput
from pipeline.domain.identity import PatientIdentity
from pipeline.domain.peer import Peer
from pipeline.domain.priors import again_after

_TAKEN_FOR = timedelta(minutes=10)
"""How long another clerk leaves a search alone that this one is at."""


@dataclass(frozen=True, slots=True)
class Searched:
    """One case whose patient's earlier studies are looked for; ``before`` is the date of its newest study."""

    id: UUID
    case_id: UUID
    site_id: str
    patient: PatientIdentity
    before: str


def name_archive(connection: Connection, ae_title: str) -> int:
    """Fetch earlier studies from the peers of this name from now on. Raises `BadInput` when there is none."""
    ids = list(connection.execute(select(peer.c.id).where(peer.c.ae_title == ae_title)).scalars())
    if not ids:
        raise BadInput(f"No peer {ae_title} is known; add it with `neurovigie peer add`.")
    for one in ids:
        connection.execute(insert(prior_source).values(peer_id=one).on_conflict_do_nothing())
    return len(ids)


def forget_archive(connection: Connection, ae_title: str) -> int:
    """Fetch nothing from the peers of this name any more; how many there were."""
    named = select(peer.c.id).where(peer.c.ae_title == ae_title)
    return connection.execute(delete(prior_source).where(prior_source.c.peer_id.in_(named))).rowcount


def archives(connection: Connection, site_id: str | None = None) -> list[Peer]:
    """The archives named and not turned off, of one site or of all."""
    named = set(connection.execute(select(prior_source.c.peer_id)).scalars())
    known = [one.peer for one in read_peers(connection) if one.id in named and one.peer.rules.enabled]
    return [one for one in known if site_id in {None, one.site_id}]


def search_for_new_cases(connection: Connection) -> int:
    """Begin a search for each open case with images that came since its site's archive was named."""
    begun = (
        select(func.min(prior_source.c.created_at))
        .join(peer, peer.c.id == prior_source.c.peer_id)
        .where(peer.c.site_id == case.c.site_id)
        .scalar_subquery()
    )
    images = exists().where(study.c.case_id == case.c.id, series.c.study_id == study.c.id, ~series.c.ours)
    wanted = select(case.c.id).where(
        case.c.closed_at.is_(None),
        case.c.patient_id != "",
        case.c.first_image_at >= begun,
        images,
        ~exists().where(prior_search.c.case_id == case.c.id),
    )
    found = list(connection.execute(wanted.limit(100)).scalars())
    for case_id in found:
        ask_for(connection, case_id)
    return len(found)


def ask_for(connection: Connection, case_id: UUID) -> None:
    """Look for a case's earlier studies, or look again."""
    now = func.now()
    fresh = {"state": "waiting", "why": "", "attempts": 0, "asked_at": now, "next_at": now}
    asked = insert(prior_search).values(case_id=case_id, next_at=now)
    connection.execute(asked.on_conflict_do_update(index_elements=[prior_search.c.case_id], set_=fresh))


def claim(connection: Connection, now: datetime) -> Searched | None:
    """Take the search that has waited longest, and let no other clerk take it meanwhile."""
    newest = select(func.max(study.c.study_date)).where(study.c.case_id == case.c.id).scalar_subquery()
    row = connection.execute(
        select(prior_search.c.id, case, newest.label("before"))
        .join(case, case.c.id == prior_search.c.case_id)
        .where(prior_search.c.next_at <= now)
        .order_by(prior_search.c.next_at)
        .limit(1)
        .with_for_update(of=prior_search, skip_locked=True)
    ).first()
    if row is None:
        return None
    taken = {"attempts": prior_search.c.attempts + 1, "next_at": now + _TAKEN_FOR}
    connection.execute(update(prior_search).where(prior_search.c.id == row[0]).values(taken))
    who = row._mapping  # noqa: SLF001 -- SQLAlchemy's public name
    patient = PatientIdentity(
        who[case.c.patient_id], who[case.c.issuer_of_patient_id], who[case.c.patient_name],
        who[case.c.patient_birth_date], who[case.c.patient_sex],
    )  # fmt: skip
    return Searched(row[0], who[case.c.id], who[case.c.site_id], patient, who["before"] or "")


def known_studies(connection: Connection, site_id: str, uids: Sequence[str]) -> frozenset[str]:
    """Which of these studies we have already."""
    query = select(study.c.study_instance_uid).where(study.c.site_id == site_id, study.c.study_instance_uid.in_(uids))
    return frozenset(connection.execute(query).scalars())


def expect(connection: Connection, site_id: str, uids: Sequence[str]) -> None:
    """Know these studies for earlier ones when they come; committed before they are asked for."""
    for uid in uids:
        row = {"site_id": site_id, "study_instance_uid": uid}
        connection.execute(insert(prior_study).values(row).on_conflict_do_nothing())


def done(connection: Connection, search: Searched, studies: int, images: int) -> None:
    """The search has ended well."""
    values = {"state": "done", "why": "", "next_at": None, "studies": studies, "images": images}
    connection.execute(update(prior_search).where(prior_search.c.id == search.id).values(values))
    if studies:
        record_event(connection, search.case_id, "priors_fetched", {"studies": studies, "images": images})


def failed(connection: Connection, search: Searched, why: str, now: datetime) -> None:
    """The attempt failed: try again later, or give up."""
    attempts = connection.execute(select(prior_search.c.attempts).where(prior_search.c.id == search.id)).scalar_one()
    wait = again_after(attempts)
    values = {"state": "waiting" if wait else "given_up", "why": why, "next_at": now + wait if wait else None}
    connection.execute(update(prior_search).where(prior_search.c.id == search.id).values(values))
