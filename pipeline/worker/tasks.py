"""What the worker does with each kind of job: claim, ask the child, commit; nothing is decided here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from pipeline import logs
from pipeline.database.analyses import (
    Claim,
    NoReport,
    claim,
    commit_report,
    companion_files,
    end_without_report,
    is_newest,
    source_files,
    store_interim,
)
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.because import Because
from pipeline.domain.errors import Fenced, InferenceCrashed, InferenceTimedOut
from pipeline.domain.haste import Haste
from pipeline.domain.report import SeriesReport
from pipeline.inference.requests import Analyse, Transcode
from pipeline.worker.bench import Bench, images_of
from pipeline.worker.choosing import gives_way
from pipeline.worker.patience import patiently

ATTEMPTS = 2
"""A model that hung or crashed is tried once more on a fresh child, then a person is told."""


QUICK = 4
"""Urgency of what takes the child a second or less."""

ARRIVING = 2
"""Decoding what still arrives: image by image, before routine work and after anything urgent."""

FRAMES = 1
"""Frames share the time that is left with routine analyses, the older request first."""

_URGENCY = {Haste.QUICK: QUICK, Haste.URGENT: 3, Haste.PROMOTED: 3, Haste.ROUTINE: 1}
"""Between two steps of the child the higher goes first: an urgent series pre-empts a routine one."""


SUPERSEDED = NoReport(AnalysisState.NOT_ANALYSED, "superseded by a newer analysis of this series", Because.SUPERSEDED)


def analyse(bench: Bench, analysis_id: UUID) -> None:
    """Analyse one series and commit findings and priority together, exactly once."""
    held = patiently(lambda: _claim(bench, analysis_id))
    if held is None:
        return
    outcome: SeriesReport | NoReport = SUPERSEDED
    try:
        work = patiently(lambda: _work_of_newest(bench, held))
        if work is not None and patiently(lambda: gives_way(bench, held)):
            return
        if work is not None:
            outcome = _ask(bench, held, work)
        patiently(lambda: _end(bench, held, outcome))
    except Fenced:
        logs.get().warning("fenced", analysis=str(analysis_id), attempt=held.attempts)


def transcode(bench: Bench, series_id: UUID) -> None:
    """Prepare a series' frames for the viewer; a frame that cannot be stays as it came."""
    with bench.engine.begin() as connection:
        images = images_of(bench.home.vault, source_files(connection, series_id))
    for _ in bench.child.run(Transcode(images=images, out=bench.home.derived / "frames"), urgency=FRAMES):
        pass


def _claim(bench: Bench, analysis_id: UUID) -> Claim | None:
    with bench.engine.begin() as connection:
        return claim(connection, analysis_id, bench.now())


def _work_of_newest(bench: Bench, held: Claim) -> Analyse | None:
    """What to ask of the child; None when a later version of the same series will do it better."""
    with bench.engine.begin() as connection:
        if not is_newest(connection, held):
            return None
        files, beside = source_files(connection, held.series_id), companion_files(connection, held)
    # A folder of each attempt's own; the path is kept relative, so that a home may be moved.
    return Analyse(
        images=images_of(bench.home.vault, files),
        out=bench.home.derived / "masks" / f"{held.analysis_id}-{held.token}",
        expected=held.expected,
        role=held.role if held.said else None,
        companions=tuple(images_of(bench.home.vault, one) for one in beside),
    )


def _end(bench: Bench, held: Claim, outcome: SeriesReport | NoReport) -> None:
    with bench.engine.begin() as connection:
        if isinstance(outcome, SeriesReport):
            commit_report(connection, held, outcome, bench.now())
        else:
            end_without_report(connection, held, outcome, bench.now())


def _ask(bench: Bench, held: Claim, work: Analyse) -> SeriesReport | NoReport:
    """Have the child analyse the images, once more if it hangs or dies."""
    outcome = NoReport(AnalysisState.FAILED, "the model's process ended without a report", Because.CRASHED)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _report(bench, held, work)
        except InferenceTimedOut as error:
            outcome = NoReport(AnalysisState.TIMED_OUT, f"{error} (tried {attempt} times)", error.because)
        except InferenceCrashed as error:
            outcome = NoReport(AnalysisState.FAILED, f"{error} (tried {attempt} times)", error.because)
        logs.get().error("inference_failed", analysis=str(held.analysis_id), attempt=attempt, state=outcome.state.value)
    return outcome


def _report(bench: Bench, held: Claim, work: Analyse) -> SeriesReport:
    for answer in bench.child.run(work, urgency=_URGENCY[held.haste]):
        if isinstance(answer, SeriesReport) and not answer.interim:
            return _with_relative_mask(answer, bench.home.derived)
        if isinstance(answer, SeriesReport):
            _show(bench, held, answer)
    raise InferenceCrashed


def _show(bench: Bench, held: Claim, interim: SeriesReport) -> None:
    def store() -> None:
        with bench.engine.begin() as connection:
            store_interim(connection, held, interim, bench.now())

    patiently(store)


def _with_relative_mask(report: SeriesReport, derived: Path) -> SeriesReport:
    if report.mask_path is None:
        return report
    return replace(report, mask_path=str(Path(report.mask_path).relative_to(derived)))
