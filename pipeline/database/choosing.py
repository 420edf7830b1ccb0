"""The choice among series of a study that a bundle could read, made when one's turn has come.

Nothing waits for a better series: only what has arrived is compared, and a better one that comes later is
read as well. A series gives way only to one that is read, or will be next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.database.analyses import Claim, NoReport, end_without_report
from pipeline.database.lanes import to_the_front
from pipeline.database.runners_up import lock_beside
from pipeline.database.tables import analysis, instance, series
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.because import Because
from pipeline.domain.choice import Candidate, Choice, Preference, Ranked, choose_beside
from pipeline.domain.role import Recognition, SeriesRole

SAMPLES = 5
"""Headers of a series that are read to compare it: the outermost slices and some between."""

_READ_OR_NEXT = (AnalysisState.ANALYSED.value, AnalysisState.RUNNING.value, AnalysisState.WAITING.value)


@dataclass(frozen=True, slots=True)
class Alike:
    """One series of a study with the role in question; ``samples`` are paths of images, in order of place."""

    series_id: UUID
    SeriesInstanceUID: str
    recognition: Recognition
    images: int
    from_mm: float | None
    to_mm: float | None
    provisional: bool
    samples: tuple[str, ...]


def alike(connection: Connection, held: Claim) -> list[Alike]:
    """The series held and those of its study that have arrived and were recognised as the same."""
    mine = select(series.c.study_id).where(series.c.id == held.series_id).scalar_subquery()
    arrived = (series.c.arrival == "complete") | (series.c.id == held.series_id)
    newest = _newest()
    rows = connection.execute(
        select(series, newest.c.coverage)
        .select_from(series.outerjoin(newest, newest.c.series_id == series.c.id))
        .where(series.c.study_id == mine, series.c.role == held.role.value, arrived, ~series.c.ours)
        .order_by(series.c.id)
    ).all()
    return [_alike(connection, row) for row in rows] if len(rows) > 1 else []


def settle(
    connection: Connection,
    held: Claim,
    mine: Candidate,
    others: Mapping[UUID, Candidate],
    preference: Preference,
    now: datetime,
) -> bool:
    """Keep the choice with the analysis; end it if a better series is read in its place, and say whether.

    Raises `Fenced`. The case is locked, so that the end of the better one is seen, or sees this.
    """
    connection.execute(select(analysis.c.id).where(analysis.c.id == held.analysis_id).with_for_update())
    lock_beside(connection, held.series_id)
    states = _newest_of(connection, others)
    choice = _choice(mine, others, states, preference)
    if choice.chosen is None or not (choice.runners_up or choice.not_read):
        return False
    stored = update(analysis).where(analysis.c.id == held.analysis_id, analysis.c.token == held.token)
    connection.execute(stored.values(choice=choice_json(choice, preference)))
    if choice.chosen.candidate is mine:
        return False
    end_without_report(connection, held, _given_way(choice, mine), now)
    better = next(one for one, candidate in others.items() if candidate is choice.chosen.candidate)
    if states[better].state == AnalysisState.WAITING.value:
        to_the_front(connection, states[better].id, held.haste)
    return True


def _choice(
    mine: Candidate, others: Mapping[UUID, Candidate], states: Mapping[UUID, Row[Any]], preference: Preference
) -> Choice:
    """Among those that are read, or will be; with those that gave way to the same one named beside them."""
    standing = [others[one] for one, row in states.items() if row.state in _READ_OR_NEXT]
    choice = choose_beside(mine, standing, preference)
    if choice.chosen is None:
        return choice
    best = choice.chosen.candidate
    beaten = [others[one] for one, row in states.items() if _gave_way_to(row, best)]
    whole = choose_beside(mine, (*standing, *beaten), preference)
    return whole if whole.chosen is not None and whole.chosen.candidate is best else choice


def choice_json(choice: Choice, preference: Preference) -> dict[str, Any]:
    """A choice as it is kept with an analysis; series are named by their SeriesInstanceUID."""
    assert choice.chosen is not None  # noqa: S101 - nothing is kept where nothing can be read
    return {
        "role": preference.role.value,
        "chosen": choice.chosen.candidate.SeriesInstanceUID,
        "why": choice.chosen.why,
        "criteria": list(choice.chosen.criteria),
        "runners_up": [_ranked_json(one) for one in choice.runners_up],
        "not_read": [_ranked_json(one) for one in choice.not_read],
    }


def _ranked_json(one: Ranked) -> dict[str, Any]:
    return {"series": one.candidate.SeriesInstanceUID, "why": one.why, "criteria": list(one.criteria)}


def _given_way(choice: Choice, mine: Candidate) -> NoReport:
    why = next(one.why for one in (*choice.runners_up, *choice.not_read) if one.candidate is mine)
    sentence = f"a better series of the study was chosen: {why}"
    return NoReport(AnalysisState.NOT_ANALYSED, sentence, Because.BETTER_SERIES)


def _newest() -> Any:
    return (
        select(analysis)
        .ext(distinct_on(analysis.c.series_id))
        .order_by(analysis.c.series_id, analysis.c.version.desc())
        .subquery("newest")
    )


def _newest_of(connection: Connection, others: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """The newest analysis of each series that is still complete."""
    newest = _newest()
    complete = exists().where(series.c.id == newest.c.series_id, series.c.arrival == "complete")
    rows = connection.execute(select(newest).where(newest.c.series_id.in_(others), complete))
    return {row.series_id: row for row in rows}


def _gave_way_to(row: Row[Any], best: Candidate) -> bool:
    given_way = row.state == AnalysisState.NOT_ANALYSED.value and row.because == Because.BETTER_SERIES.value
    return given_way and bool(row.choice["chosen"] == best.SeriesInstanceUID)


def _alike(connection: Connection, row: Row[Any]) -> Alike:
    images = connection.execute(
        select(instance.c.path)
        .where(instance.c.series_id == row.id, instance.c.standing == "current")
        .order_by(instance.c.position_mm, instance.c.instance_number, instance.c.id)
    ).scalars()
    return Alike(
        series_id=row.id,
        SeriesInstanceUID=row.series_instance_uid,
        recognition=Recognition(SeriesRole(row.role), row.role_reason, row.role_confidence or 0.0),
        images=row.images,
        from_mm=row.extent_from_mm,
        to_mm=row.extent_to_mm,
        provisional=bool((row.coverage or {}).get("provisional")),
        samples=spread(images.all()),
    )


def spread(paths: Sequence[str], samples: int = SAMPLES) -> tuple[str, ...]:
    """Some of many, evenly, the first and the last among them."""
    if len(paths) <= samples:
        return tuple(paths)
    places: Iterable[int] = (round(turn * (len(paths) - 1) / (samples - 1)) for turn in range(samples))
    return tuple(paths[place] for place in places)
