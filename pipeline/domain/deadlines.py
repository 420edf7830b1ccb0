"""By when each stage of a series must have ended, and what a person is told when it has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.domain.analysis import AnalysisState
from pipeline.domain.haste import PATIENCE, Haste


class Stage(StrEnum):
    """What a series is waiting for."""

    ARRIVAL = "arrival"
    """From its newest image until it is taken for complete."""
    START = "start"
    """From then until its analysis begins."""
    ANALYSIS = "analysis"
    """From when it was asked for until the analysis ends; a second attempt gets no second deadline."""
    RESULTS = "results"
    """From the end of the analysis until the first of its objects is written."""


SENTENCES: Mapping[Stage, str] = {
    Stage.ARRIVAL: "images stopped coming {limit} s ago and the series is still not taken for complete",
    Stage.START: "the analysis has been waiting for {limit} s: read these images without waiting for it",
    Stage.ANALYSIS: "no AI result after {limit} s: read these images without waiting for one",
    Stage.RESULTS: "the result is here, but {limit} s later no SEG or report of it is written",
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The limits in force: data with a name and a version, so that a warning can be traced to them.

    ``by_lane`` is what an analysis of a lane gets on top until it begins, and until it ends.
    """

    id: str
    version: str
    limits: Mapping[Stage, timedelta]
    by_lane: Mapping[Haste, timedelta]


def deadlines(*, quiet_time_s: float, analysis_limit_s: float) -> Deadlines:
    """The limits that follow from the settings: an analysis may be tried twice, a quiet time missed several times."""
    limits = {
        Stage.ARRIVAL: timedelta(seconds=max(60.0, 4 * quiet_time_s)),
        Stage.START: timedelta(seconds=120.0),
        Stage.ANALYSIS: timedelta(seconds=2 * analysis_limit_s),
        Stage.RESULTS: timedelta(seconds=120.0),
    }
    return Deadlines("stage-deadlines", "2", limits, by_lane=_BY_LANE)


_BY_LANE: Mapping[Haste, timedelta] = {
    Haste.QUICK: timedelta(),
    Haste.URGENT: timedelta(),
    Haste.ROUTINE: timedelta(minutes=15),
    Haste.PROMOTED: PATIENCE + timedelta(minutes=5),
}
"""Routine work waits for urgent work by design. Once promoted it has spent `PATIENCE` already, which is no lateness."""


@dataclass(frozen=True, slots=True)
class SeriesClock:
    """When each stage of a series ended, none where it has not.

    ``writes`` says that objects are to be written, ``lane`` how soon its analysis is to run.
    """

    last_image_at: datetime
    complete_at: datetime | None = None
    state: AnalysisState | None = None
    enqueued_at: datetime | None = None
    finished_at: datetime | None = None
    writes: bool = False
    written_at: datetime | None = None
    lane: Haste = Haste.URGENT


@dataclass(frozen=True, slots=True)
class Awaited:
    """The stage a series is in, since when, and by when it must end."""

    stage: Stage
    since: datetime
    due_at: datetime

    def is_late(self, now: datetime) -> bool:
        """Whether its time has passed."""
        return self.due_at < now


def awaited(clock: SeriesClock, limits: Deadlines) -> Awaited | None:
    """What a series is waiting for now; none when all that was to come has come."""
    stage, since = _stage(clock)
    if stage is None or since is None:
        return None
    patience = limits.by_lane[clock.lane] if stage in (Stage.START, Stage.ANALYSIS) else timedelta()
    return Awaited(stage, since, since + limits.limits[stage] + patience)


def sentence(late: Awaited) -> str:
    """What a person is told of a stage past its deadline."""
    return SENTENCES[late.stage].format(limit=f"{(late.due_at - late.since).total_seconds():.0f}")


def _stage(clock: SeriesClock) -> tuple[Stage | None, datetime | None]:
    if clock.complete_at is None:
        return Stage.ARRIVAL, clock.last_image_at
    if clock.state is AnalysisState.WAITING:
        return Stage.START, clock.enqueued_at
    if clock.state is AnalysisState.RUNNING:
        return Stage.ANALYSIS, clock.enqueued_at
    if clock.writes and clock.written_at is None:
        return Stage.RESULTS, clock.finished_at
    return None, None
