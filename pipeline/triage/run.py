"""Every series of a folder through the inference child, every study to its priority."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.domain.analysis import AnalysisState, Coverage, SeriesOutcome
from pipeline.domain.errors import NeuroVigieError
from pipeline.domain.ports import Step
from pipeline.domain.priority import Priority, prioritise
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import COMPANIONS
from pipeline.inference.child import InferenceChild
from pipeline.inference.requests import Analyse, SourceImage, WriteResults
from pipeline.triage.walk import Found, FoundSeries, FoundStudy

Progress = Callable[[float], None]
"""Told how much of the current series is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class StudyResult:
    """One study with the reports of its series and its priority."""

    study: FoundStudy
    reports: tuple[SeriesReport, ...]
    priority: Priority


def analyse_found(
    found: Found, child: InferenceChild, *, work: Path, keep: bool, progress: Progress
) -> Iterator[StudyResult]:
    """Analyse all studies; masks (and DICOM objects, if ``keep``) go below ``work``, one folder a series.

    A child that hangs or dies costs the series it was reading, never the others.
    """
    for study_number, study in enumerate(found.studies, start=1):
        reports = []
        for number, series in enumerate(study.series, start=1):
            folder = work / f"study-{study_number:02d}" / f"series-{number:02d}"
            report = _analysed(series, _beside(series, study), child, folder, progress)
            if keep and report.mask_path is not None:
                report = _with_results(report, series, child, folder)
            reports.append(report if keep else replace(report, mask_path=None))
        yield StudyResult(study, tuple(reports), _priority(reports))


def _beside(series: FoundSeries, study: FoundStudy) -> tuple[tuple[SourceImage, ...], ...]:
    """The images of the study's other series that may be read together with one."""
    roles = COMPANIONS.get(series.first_impression.role, ())
    return tuple(
        _images(other) for other in study.series if other is not series and other.first_impression.role in roles
    )


def _analysed(
    series: FoundSeries,
    beside: tuple[tuple[SourceImage, ...], ...],
    child: InferenceChild,
    folder: Path,
    progress: Progress,
) -> SeriesReport:
    try:
        for answer in child.run(Analyse(_images(series), folder, companions=beside)):
            if isinstance(answer, SeriesReport) and not answer.interim:
                progress(1.0)
                return answer
            if isinstance(answer, Step):
                progress(answer.fraction)
    except NeuroVigieError as error:
        progress(1.0)
        return _failed(series, str(error))
    return _failed(series, "the model's process ended without a report")


def _images(series: FoundSeries) -> tuple[SourceImage, ...]:
    return tuple(SourceImage(file.absolute()) for file in series.files)


def _failed(series: FoundSeries, why: str) -> SeriesReport:
    return SeriesReport(
        SeriesInstanceUID=series.SeriesInstanceUID,
        recognition=series.first_impression,
        state=AnalysisState.FAILED,
        why=why,
        coverage=Coverage(images=len(series.files)),
    )


def _with_results(report: SeriesReport, series: FoundSeries, child: InferenceChild, folder: Path) -> SeriesReport:
    request = WriteResults(
        images=_images(series),
        mask=Path(report.mask_path or ""),
        findings=report.findings,
        analysis_id=f"triage/{report.SeriesInstanceUID}/{report.bundle}/{report.bundle_version}",
        bundle=report.bundle,
        bundle_version=report.bundle_version,
        made_at=datetime.now(UTC).astimezone(),
        out=folder.absolute(),
        scan_probability=report.scan_probability,
        provisional=report.coverage is not None and report.coverage.provisional,
        reservations=tuple(dict.fromkeys((*report.reservations, *report.flags, *report.notes))),
        midline_shift=report.midline_shift,
    )
    try:
        written = list(child.run(request))
    except NeuroVigieError as error:
        return replace(report, notes=(*report.notes, f"not every DICOM object was written: {error}"))
    return report if written else replace(report, notes=(*report.notes, "no DICOM object was written"))


def _priority(reports: Sequence[SeriesReport]) -> Priority:
    outcomes = [
        SeriesOutcome(
            report.recognition.role,
            report.state,
            report.why,
            report.findings,
            report.coverage,
            reservations=report.reservations,
            because=report.because,
        )
        for report in reports
    ]
    return prioritise(outcomes, None, datetime.now(UTC))
