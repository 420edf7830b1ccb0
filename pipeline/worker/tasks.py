"""What the worker does with each kind of job: claim, ask the child, commit; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from pipeline import logs
from pipeline.database.analyses import (
    Claim,
    SourceFile,
    claim,
    commit_report,
    end_without_report,
    is_newest,
    source_files,
)
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.errors import Fenced, InferenceCrashed, InferenceTimedOut
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.inference.requests import Analyse, Transcode
from pipeline.jobs import QUICK_QUEUE, queue_of
from pipeline.worker.bench import Bench, images_of
from pipeline.worker.patience import patiently

ATTEMPTS = 2
"""A model that hung or crashed is tried once more on a fresh child, then a person is told."""


QUICK = 2
"""Urgency of what takes the child a second or less."""


@dataclass(frozen=True, slots=True)
class NoReport:
    """The child gave no report, and why."""

    state: AnalysisState
    why: str


SUPERSEDED = NoReport(AnalysisState.NOT_ANALYSED, "superseded: more images of this series came")


def analyse(bench: Bench, analysis_id: UUID) -> None:
    """Analyse one series and commit findings and priority together, exactly once."""
    held = patiently(lambda: _claim(bench, analysis_id))
    if held is None:
        return
    files = patiently(lambda: _files_of_newest(bench, held))
    outcome = SUPERSEDED if files is None else _ask(bench, held, files)
    try:
        patiently(lambda: _end(bench, held, outcome))
    except Fenced:
        logs.get().warning("fenced", analysis=str(analysis_id), attempt=held.attempts)


def transcode(bench: Bench, series_id: UUID) -> None:
    """Prepare a series' frames for the viewer; a frame that cannot be stays as it came."""
    with bench.engine.begin() as connection:
        images = images_of(bench.home.vault, source_files(connection, series_id))
    for _ in bench.child.run(Transcode(images=images, out=bench.home.derived / "frames")):
        pass


def _claim(bench: Bench, analysis_id: UUID) -> Claim | None:
    with bench.engine.begin() as connection:
        return claim(connection, analysis_id, bench.now())


def _files_of_newest(bench: Bench, held: Claim) -> list[SourceFile] | None:
    """The images to analyse; None when a later version of the same series will do it better."""
    with bench.engine.begin() as connection:
        return source_files(connection, held.series_id) if is_newest(connection, held) else None


def _end(bench: Bench, held: Claim, outcome: SeriesReport | NoReport) -> None:
    with bench.engine.begin() as connection:
        if isinstance(outcome, SeriesReport):
            commit_report(connection, held, outcome, bench.now())
        else:
            end_without_report(connection, held, outcome.state, outcome.why, bench.now())


def _ask(bench: Bench, held: Claim, files: list[SourceFile]) -> SeriesReport | NoReport:
    """Have the child analyse the images, once more if it hangs or dies."""
    outcome = NoReport(AnalysisState.FAILED, "the model's process ended without a report")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _report(bench, held, files)
        except InferenceTimedOut as error:
            outcome = NoReport(AnalysisState.TIMED_OUT, f"{error} (tried {attempt} times)")
        except InferenceCrashed as error:
            outcome = NoReport(AnalysisState.FAILED, f"{error} (tried {attempt} times)")
        logs.get().error("inference_failed", analysis=str(held.analysis_id), attempt=attempt, state=outcome.state.value)
    return outcome


def _report(bench: Bench, held: Claim, files: list[SourceFile]) -> SeriesReport:
    # A folder of each attempt's own; the path is kept relative, so that a home may be moved.
    out = bench.home.derived / "masks" / f"{held.analysis_id}-{held.token}"
    request = Analyse(images=images_of(bench.home.vault, files), out=out, expected=held.expected)
    for answer in bench.child.run(request, urgency=_urgency(held.role)):
        if isinstance(answer, SeriesReport):
            return _with_relative_mask(answer, bench.home.derived)
    raise InferenceCrashed


def _urgency(role: SeriesRole) -> int:
    """Between two steps of the child, quick work goes before models, and models before frames (0)."""
    return QUICK if queue_of(role) == QUICK_QUEUE else 1


def _with_relative_mask(report: SeriesReport, derived: Path) -> SeriesReport:
    if report.mask_path is None:
        return report
    return replace(report, mask_path=str(Path(report.mask_path).relative_to(derived)))
