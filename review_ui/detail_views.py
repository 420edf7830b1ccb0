"""What the JSON of a case's page looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pipeline.domain.analysis import AnalysisState, Coverage
from review_ui.bundles import BundleTexts
from review_ui.views import CaseRow, Instant


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding; ``centre_mm`` is in patient LPS mm, ``label`` the lesion's value in the segmentation.

    The rest is as in `pipeline.domain.finding.Finding`.
    """

    kind: str
    volume_ml: float
    side: str
    confidence: float
    centre_mm: list[float] | None
    label: int
    site: str | None = None
    bundle: str = ""
    bundle_version: str = ""
    for_triage: bool = True
    abc2_ml: float | None = None
    largest_diameter_mm: float | None = None
    left_share: float | None = None
    region: str | None = None
    uncertainty: float | None = None


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What a result was computed on, in numbers and in words."""

    images: int
    expected: int | None
    from_mm: float | None
    to_mm: float | None
    provisional: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class SegmentationView:
    """Where the SEG of an analysis is found among the study's series."""

    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class ObjectView:
    """One DICOM object made of an analysis, once it is in the vault: seg, sr, sc or pr."""

    id: UUID
    kind: str
    made_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisView:
    """One version of the AI's answer on a series; it always says which model, which version, which limits."""

    id: UUID
    version: int
    state: str
    why: str
    bundle: str
    bundle_title: str
    bundle_version: str
    limits: str
    scan_probability: float | None
    flags: list[str]
    notes: list[str]
    coverage: CoverageView | None
    findings: list[FindingView]
    seconds: dict[str, float]
    finished_at: Instant | None
    results: list[dict[str, Any]]
    reservations: list[str]
    rules: str
    midline_shift: dict[str, Any] | None
    companions: list[str]
    because: str
    choice: dict[str, Any] | None
    objects: list[ObjectView]
    segmentation: SegmentationView | None


@dataclass(frozen=True, slots=True)
class RoleCorrectionView:
    """Who said what a series is, when, and what had been recognised."""

    by: str
    at: Instant
    from_role: str
    from_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """One series. While its newest analysis is under way, ``previous_analysis`` is the last one that ended."""

    id: UUID
    series_instance_uid: str
    modality: str
    series_description: str
    series_number: int | None
    role: str
    role_reason: str
    role_confidence: float | None
    role_reasons: list[str]
    role_correction: RoleCorrectionView | None
    images: int
    expected: int | None
    arrival: str
    signal: str
    ours: bool
    analysis: AnalysisView | None
    previous_analysis: AnalysisView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """One study; ``study_date`` and ``study_time`` are DICOM's DA and TM, as the scanner's clock had them."""

    id: UUID
    study_instance_uid: str
    study_date: str
    study_time: str
    study_description: str
    series: list[SeriesView]


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """Two demographics of the same images, for a person to decide between."""

    id: UUID
    known: dict[str, Any]
    proposed: dict[str, Any]
    state: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One thing that happened to the case."""

    id: int
    kind: str
    at: Instant
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClockView:
    """The clock of a sender of images that is far from ours, in seconds; negative: behind, or images come late."""

    ae_title: str
    ahead_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDetail(CaseRow):
    """A case as its page shows it; ``earlier`` are studies of the same patient in older cases the viewer may see.

    ``clocks`` are those so far from ours that times in the images mislead.
    """

    studies: list[StudyView]
    earlier: list[StudyView]
    identity_corrections: list[CorrectionView]
    events: list[EventView]
    clocks: list[ClockView]


_UNFINISHED = frozenset({AnalysisState.WAITING.value, AnalysisState.RUNNING.value})


def analysis_pair(newest_first: Sequence[AnalysisView]) -> tuple[AnalysisView | None, AnalysisView | None]:
    """The newest analysis and, while that one is under way, the newest one that has ended."""
    if not newest_first:
        return None, None
    newest = newest_first[0]
    if newest.state not in _UNFINISHED:
        return newest, None
    return newest, next((one for one in newest_first if one.state not in _UNFINISHED), None)


def study_view(row: Row[Any], series: list[SeriesView]) -> StudyView:
    """A study with its series."""
    return StudyView(
        id=row.id,
        study_instance_uid=row.study_instance_uid,
        study_date=row.study_date,
        study_time=row.study_time,
        study_description=row.study_description,
        series=series,
    )


def series_view(
    row: Row[Any],
    analysis: AnalysisView | None,
    previous: AnalysisView | None,
    correction: RoleCorrectionView | None = None,
) -> SeriesView:
    """A series with its analyses."""
    return SeriesView(
        id=row.id,
        series_instance_uid=row.series_instance_uid,
        modality=row.modality,
        series_description=row.series_description,
        series_number=row.series_number,
        role=row.role,
        role_reason=row.role_reason,
        role_confidence=row.role_confidence,
        role_reasons=row.role_reasons,
        role_correction=correction,
        images=row.images,
        expected=row.expected,
        arrival=row.arrival,
        signal=row.signal,
        ours=row.ours,
        analysis=analysis,
        previous_analysis=previous,
    )


def analysis_view(
    row: Row[Any], findings: Sequence[Row[Any]], objects: Sequence[Row[Any]], bundles: BundleTexts
) -> AnalysisView:
    """An analysis with its findings, its segmentation and what its bundle says of itself."""
    text = bundles.of(row.bundle)
    return AnalysisView(
        id=row.id,
        version=row.version,
        state=row.state,
        why=row.why,
        bundle=row.bundle,
        bundle_title=text.title,
        bundle_version=row.bundle_version,
        limits=text.limits,
        scan_probability=row.scan_probability,
        flags=row.flags,
        notes=row.notes,
        coverage=_coverage(row.coverage),
        findings=[_finding(one) for one in findings],
        seconds=row.seconds,
        finished_at=row.finished_at,
        results=row.results,
        reservations=row.reservations,
        rules=row.rules,
        midline_shift=row.midline_shift,
        companions=row.companions,
        because=row.because,
        choice=row.choice,
        objects=[ObjectView(one.id, one.kind, one.created_at) for one in objects if one.path],
        segmentation=_segmentation(objects),
    )


def _coverage(stored: dict[str, Any]) -> CoverageView | None:
    if not stored:
        return None
    known = Coverage(**stored)
    return CoverageView(known.images, known.expected, known.from_mm, known.to_mm, known.provisional, known.sentence)


def _finding(row: Row[Any]) -> FindingView:
    return FindingView(**{name: getattr(row, name) for name in FindingView.__dataclass_fields__})


def _segmentation(objects: Sequence[Row[Any]]) -> SegmentationView | None:
    """The SEG, once it is in the vault."""
    stored = [one for one in objects if one.kind == "seg" and one.path]
    return SegmentationView(stored[0].series_instance_uid, stored[0].sop_instance_uid) if stored else None
