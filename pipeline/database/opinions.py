"""Opinions in the database: drafts with a revision, signed versions written once, and what signing sets going."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.database.cases import findings_of, remove_warning
from pipeline.database.escalations import finish
from pipeline.database.events import record_event
from pipeline.database.opinion_tables import opinion, opinion_version
from pipeline.database.owing import owe
from pipeline.database.request_tables import request
from pipeline.database.tables import account, analysis, case, series, study
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.destination import DeliveryEvent
from pipeline.domain.finding import MidlineShift, Side
from pipeline.domain.opinion import Content, Draft, Suggestion, Version, refreshed, sign, suggest

_CONTENT, _DRAFT, _SUGGESTION = TypeAdapter(Content), TypeAdapter(Draft), TypeAdapter(Suggestion)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOpinion:
    """One person's opinion of a case: what is being written, none while nothing is, and what was signed."""

    id: UUID
    case_id: UUID
    site_id: str
    author_id: UUID
    author: str
    revision: int
    draft: Draft | None
    suggested: Suggestion | None
    versions: tuple[Version, ...]
    begun_at: datetime
    changed_at: datetime

    @property
    def signed(self) -> Version | None:
        """The newest signed version."""
        return self.versions[-1] if self.versions else None


def begin_opinion(connection: Connection, case_id: UUID, author: UUID, now: datetime) -> UUID:
    """The person's opinion of this case, begun with what models suggest if there is none yet."""
    connection.execute(select(case.c.id).where(case.c.id == case_id).with_for_update())
    mine = (opinion.c.case_id == case_id) & (opinion.c.author_id == author)
    known: UUID | None = connection.execute(select(opinion.c.id).where(mine)).scalar_one_or_none()
    if known is not None:
        return known
    suggested = suggestion(connection, case_id)
    draft = refreshed(Draft(), suggested.content)
    values = {
        "case_id": case_id,
        "author_id": author,
        "draft": _dump(_DRAFT, draft),
        "suggested": _dump(_SUGGESTION, suggested) if suggested.models else None,
        "begun_at": now,
        "changed_at": now,
    }
    made: UUID = connection.execute(insert(opinion).values(values).returning(opinion.c.id)).scalar_one()
    return made


def take_suggestions(connection: Connection, known: StoredOpinion, now: datetime) -> None:
    """Put what models say by now into a locked draft, wherever nothing was said yet."""
    suggested = suggestion(connection, known.case_id)
    if suggested.models:
        kept = {"suggested": _dump(_SUGGESTION, suggested)}
        connection.execute(update(opinion).where(opinion.c.id == known.id).values(kept))
    save_draft(connection, known, refreshed(known.draft or Draft(), suggested.content), now)


def has_newer(connection: Connection, known: StoredOpinion) -> bool:
    """Whether models say something by now that a draft could still take in."""
    if known.draft is None:
        return False
    by_now = suggestion(connection, known.case_id)
    fresh = bool(by_now.models) and by_now != known.suggested
    return fresh and refreshed(known.draft, by_now.content) != known.draft


def suggestion(connection: Connection, case_id: UUID) -> Suggestion:
    """What the newest analyses of a case suggest, and which models say so; none where they are silent."""
    newest = (
        select(analysis.c.id, analysis.c.midline_shift, analysis.c.state)
        .ext(distinct_on(analysis.c.series_id))
        .join(series, series.c.id == analysis.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(study.c.case_id == case_id, ~series.c.ours)
        .order_by(analysis.c.series_id, analysis.c.version.desc())
    )
    rows = [row for row in connection.execute(newest) if row.state == AnalysisState.ANALYSED.value]
    found = findings_of(connection, [row.id for row in rows])
    shifts = [_shift(row.midline_shift) for row in rows if row.midline_shift]
    largest = max(shifts, key=lambda one: one.mm, default=None)
    findings = [one for several in found.values() for one in several]
    models = {(one.bundle, one.bundle_version) for one in findings if one.for_triage}
    return Suggestion(suggest(findings, largest).content, tuple(sorted(models)))


def read_opinion(connection: Connection, opinion_id: UUID, *, lock: bool = False) -> StoredOpinion | None:
    """One opinion with every version; ``lock`` keeps it unchanged by others until the transaction ends."""
    query = _query().where(opinion.c.id == opinion_id)
    row = connection.execute(query.with_for_update(of=opinion) if lock else query).one_or_none()
    return None if row is None else _stored(connection, row)


def opinions_of(connection: Connection, case_id: UUID) -> list[StoredOpinion]:
    """Every opinion of a case, the first begun first."""
    rows = connection.execute(_query().where(opinion.c.case_id == case_id).order_by(opinion.c.begun_at)).all()
    return [_stored(connection, row) for row in rows]


def save_draft(connection: Connection, known: StoredOpinion, draft: Draft | None, now: datetime) -> None:
    """Keep the draft of a locked opinion; none throws an amendment away, and what was signed stands."""
    values: dict[str, Any] = {"draft": None if draft is None else _dump(_DRAFT, draft)}
    values |= {"revision": known.revision + 1, "changed_at": now}
    connection.execute(update(opinion).where(opinion.c.id == known.id).values(values))


def sign_opinion(connection: Connection, known: StoredOpinion, by: UUID, why: str, now: datetime) -> Version:
    """Sign the draft of a locked opinion: answer the requests, end the calling, owe the results.

    Raises `ValueError` when something is lacking; `pipeline.domain.opinion.lacking` says what.
    """
    made = sign(known.draft or Draft(), known.signed, by, now, why)
    connection.execute(
        insert(opinion_version).values(
            opinion_id=known.id,
            number=made.number,
            content=_dump(_CONTENT, made.content),
            signed_by=by,
            signed_at=now,
            why=made.why,
        )
    )
    cleared = {"draft": None, "revision": known.revision + 1, "changed_at": now, "signed_at": now}
    connection.execute(update(opinion).where(opinion.c.id == known.id).values(cleared))
    _answer(connection, known.case_id, now)
    kind = "opinion_signed" if made.number == 1 else "opinion_amended"
    connection.execute(update(case).where(case.c.id == known.case_id).values(version=case.c.version + 1))
    record_event(connection, known.case_id, kind, {"account": known.author, "version": made.number})
    return made


def _answer(connection: Connection, case_id: UUID, now: datetime) -> None:
    open_ones = (request.c.case_id == case_id) & (request.c.state == "open")
    answered = {"state": "answered", "answered_at": now, "changed_at": now, "version": request.c.version + 1}
    connection.execute(update(request).where(open_ones).values(answered))
    finish(connection, case_id, now)
    remove_warning(connection, case_id, "nobody_found")
    owe(connection, case_id, DeliveryEvent.OPINION_SIGNED, now)


def content_from_json(raw: Mapping[str, Any]) -> Content:
    """An opinion's content from JSON values that were checked."""
    return _CONTENT.validate_python(raw)


def content_to_json(content: Content) -> dict[str, Any]:
    """An opinion's content as JSON values, every set in order."""
    return _dump(_CONTENT, content)


def _dump(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    dumped: dict[str, Any] = _ordered(adapter.dump_python(value, mode="json"))
    return dumped


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(one) for key, one in value.items()}
    return sorted(value) if isinstance(value, list) else value


def _query() -> Any:
    return (
        select(opinion, case.c.site_id, account.c.name, account.c.full_name)
        .join(case, case.c.id == opinion.c.case_id)
        .join(account, account.c.id == opinion.c.author_id)
    )


def _stored(connection: Connection, row: Row[Any]) -> StoredOpinion:
    versions = connection.execute(
        select(opinion_version).where(opinion_version.c.opinion_id == row.id).order_by(opinion_version.c.number)
    )
    return StoredOpinion(
        id=row.id,
        case_id=row.case_id,
        site_id=row.site_id,
        author_id=row.author_id,
        author=row.full_name or row.name,
        revision=row.revision,
        draft=None if row.draft is None else _DRAFT.validate_python(row.draft),
        suggested=None if row.suggested is None else _SUGGESTION.validate_python(row.suggested),
        versions=tuple(
            Version(one.number, content_from_json(one.content), one.signed_at, one.signed_by, one.why)
            for one in versions
        ),
        begun_at=row.begun_at,
        changed_at=row.changed_at,
    )


def _shift(stored: Mapping[str, Any]) -> MidlineShift:
    return MidlineShift(stored["mm"], Side(stored["to"]), stored.get("method", ""), stored.get("limits", ""))
