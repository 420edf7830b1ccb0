"""The states of an analysis, which moves between them are allowed, and how a case reads from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.because import Because
from pipeline.domain.finding import Finding
from pipeline.domain.role import COMPANIONS, NO_NEWS, SeriesRole


class AnalysisState(StrEnum):
    """What the AI did with a series; absence of a result is never a negative result."""

    WAITING = "waiting"
    RUNNING = "running"
    ANALYSED = "analysed"
    NOT_ANALYSED = "not_analysed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


_UNFINISHED = frozenset({AnalysisState.WAITING, AnalysisState.RUNNING})

TRANSITIONS: dict[AnalysisState, frozenset[AnalysisState]] = {
    AnalysisState.WAITING: frozenset({AnalysisState.RUNNING, AnalysisState.FAILED}),
    AnalysisState.RUNNING: frozenset(
        {
            AnalysisState.RUNNING,  # taken over by a second attempt, with a newer token
            AnalysisState.ANALYSED,
            AnalysisState.NOT_ANALYSED,
            AnalysisState.FAILED,
            AnalysisState.TIMED_OUT,
        }
    ),
    AnalysisState.ANALYSED: frozenset(),
    AnalysisState.NOT_ANALYSED: frozenset(),
    AnalysisState.FAILED: frozenset(),
    AnalysisState.TIMED_OUT: frozenset(),
}
"""Results are versioned, never overwritten: an ended analysis moves no more."""


def may_become(old: AnalysisState, new: AnalysisState) -> bool:
    """Whether an analysis may move from ``old`` to ``new``."""
    return new in TRANSITIONS[old]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a result was computed on.

    ``images`` of ``expected`` (``None`` when no header says how many); ``from_mm`` and ``to_mm`` are
    the lowest and highest slice positions along the slice normal.
    """

    images: int
    expected: int | None = None
    from_mm: float | None = None
    to_mm: float | None = None
    provisional: bool = False

    @property
    def sentence(self) -> str:
        """The coverage in words, as a reader should see it."""
        count = f"{self.images} images" if self.expected is None else f"{self.images} of {self.expected} images"
        if self.from_mm is not None and self.to_mm is not None:
            count += f", from {self.from_mm:.0f} to {self.to_mm:.0f} mm"
        return f"provisional, {count}" if self.provisional else count


@dataclass(frozen=True, slots=True)
class SeriesOutcome:
    """What is known of one series now: its role, the state of its newest analysis, what was found."""

    role: SeriesRole
    state: AnalysisState
    why: str = ""
    findings: tuple[Finding, ...] = ()
    coverage: Coverage | None = None
    receiving: bool = False
    reservations: tuple[str, ...] = ()
    because: Because | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of a series' analysis says."""

    state: AnalysisState
    findings: tuple[Finding, ...] = ()
    reservations: tuple[str, ...] = ()


def in_force(newest_first: Sequence[Version]) -> Version:
    """The version whose findings count: the newest, unless it is under way and has said nothing yet.

    Then it is the newest before it that was analysed: a series that is read again keeps its suspicion
    meanwhile, also one that the older version found only after the newer one had been asked for.
    """
    if not newest_first:
        return Version(AnalysisState.WAITING)
    newest = newest_first[0]
    if newest.state not in _UNFINISHED or newest.findings:
        return newest
    return next((one for one in newest_first[1:] if one.state is AnalysisState.ANALYSED), newest)


class CaseState(StrEnum):
    """How a case reads on the worklist."""

    RECEIVING = "receiving"
    ANALYSING = "analysing"
    ANALYSED = "analysed"
    NOT_ANALYSED = "not_analysed"
    FAILED = "failed"


_FAILED = frozenset({AnalysisState.FAILED, AnalysisState.TIMED_OUT})


def case_state(outcomes: Iterable[SeriesOutcome]) -> CaseState:
    """Read a case from its series: unfinished work first, then failures, then what was analysed."""
    known = tuple(outcomes)
    states = {outcome.state for outcome in known if not outcome.receiving}
    if not known or any(outcome.receiving for outcome in known):
        return CaseState.RECEIVING
    if states & _UNFINISHED:
        return CaseState.ANALYSING
    if states & _FAILED:
        return CaseState.FAILED
    return CaseState.ANALYSED if AnalysisState.ANALYSED in states else CaseState.NOT_ANALYSED


def worth_saying(outcomes: Iterable[SeriesOutcome]) -> tuple[SeriesOutcome, ...]:
    """The series a case's own line must speak of.

    A localiser or a dose report without a model is no news beside a series that was analysed, nor is a
    map that was read together with the diffusion series, nor one in whose place a better series was read;
    each keeps its own line on the case page.
    """
    known = tuple(outcomes)
    analysed = {outcome.role for outcome in known if outcome.state is AnalysisState.ANALYSED}
    if not analysed:
        return known
    silent = {role for main in analysed for role in COMPANIONS.get(main, ())} | NO_NEWS
    return tuple(outcome for outcome in known if not _is_no_news(outcome, silent, analysed))


def _is_no_news(outcome: SeriesOutcome, silent: Collection[SeriesRole], analysed: Collection[SeriesRole]) -> bool:
    if outcome.state is not AnalysisState.NOT_ANALYSED:
        return False
    replaced = outcome.because is Because.BETTER_SERIES and outcome.role in analysed
    return replaced or outcome.role in silent


def case_why(outcomes: Iterable[SeriesOutcome]) -> str:
    """Why a case is not simply "analysed", in one sentence; empty when nothing needs saying."""
    sentences = []
    for outcome in worth_saying(outcomes):
        if outcome.coverage is not None and outcome.coverage.provisional:
            sentences.append(outcome.coverage.sentence)
        if outcome.why and outcome.state is not AnalysisState.ANALYSED:
            sentences.append(outcome.why)
    return "; ".join(dict.fromkeys(sentences))
