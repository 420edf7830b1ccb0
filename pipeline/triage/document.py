"""The JSON that triage prints; docs/triage.schema.json describes it, a test holds both together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.finding import Finding, MidlineShift
from pipeline.domain.report import BundleResult, SeriesReport
from pipeline.triage.run import StudyResult
from pipeline.triage.walk import Found

SCHEMA = "neurovigie/triage"
VERSION = 1
NOTICE = "Research use only. Not a medical device. AI results are suspicions to be confirmed by a doctor."

Limits = Mapping[str, str]
"""What each bundle, by id, is known not to see."""


def as_document(found: Found, results: Sequence[StudyResult], limits: Limits) -> dict[str, Any]:
    """The whole answer as JSON values, in the order of the folder."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "notice": NOTICE,
        "studies": [_study(result, limits) for result in results],
        "ignored": {
            "not_dicom": found.not_dicom,
            "unreadable": [{"file": ignored.file, "why": ignored.why} for ignored in found.ignored],
        },
    }


def shown_state(state: AnalysisState) -> str:
    """The three states a reader of triage knows: a model that ran out of time failed."""
    return "failed" if state is AnalysisState.TIMED_OUT else state.value


def _study(result: StudyResult, limits: Limits) -> dict[str, Any]:
    shared = ["another patient has the same StudyInstanceUID; they are kept apart"] if result.study.shared_uid else []
    return {
        "StudyInstanceUID": result.study.StudyInstanceUID,
        "warnings": shared,
        "series": [_series(report, limits) for report in result.reports],
        "priority": {
            "tier": result.priority.tier.value,
            "reasons": [reason.text for reason in result.priority.reasons],
            "rules": result.priority.rules,
            "missing": list(result.priority.missing),
        },
    }


def _series(report: SeriesReport, limits: Limits) -> dict[str, Any]:
    return {
        "SeriesInstanceUID": report.SeriesInstanceUID,
        "role": report.recognition.role.value,
        "role_reason": report.recognition.reason,
        "role_confidence": round(report.recognition.confidence, 3),
        "state": shown_state(report.state),
        "why": report.why,
        "bundle": report.bundle or None,
        "bundle_version": report.bundle_version or None,
        "limits": limits.get(report.bundle),
        "scan_probability": None if report.scan_probability is None else round(report.scan_probability, 4),
        "findings": [_finding(finding) for finding in report.findings],
        "results": [_result(result, limits) for result in report.results],
        "reservations": list(report.reservations),
        "rules": report.rules or None,
        "midline_shift": None if report.midline_shift is None else _shift(report.midline_shift),
        "read_with": [role.value for role in report.companions],
        "flags": list(report.flags),
        "notes": list(report.notes),
        "coverage": None if report.coverage is None else _coverage(report.coverage),
        "mask": report.mask_path,
        "seconds": {name: round(value, 3) for name, value in report.seconds.items()},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "volume_ml": round(finding.volume_ml, 3),
        "side": finding.side.value,
        "confidence": round(finding.confidence, 4),
        "centre_mm": None if finding.centre_mm is None else [round(value, 1) for value in finding.centre_mm],
        "label": finding.label,
        "site": None if finding.site is None else finding.site.value,
        "bundle": finding.bundle,
        "bundle_version": finding.bundle_version,
        "for_triage": finding.for_triage,
        "abc2_ml": _rounded(finding.abc2_ml, 3),
        "largest_diameter_mm": _rounded(finding.largest_diameter_mm, 1),
        "left_share": _rounded(finding.left_share, 3),
        "region": None if finding.region is None else finding.region.value,
        "uncertainty": _rounded(finding.uncertainty, 3),
    }


def _result(result: BundleResult, limits: Limits) -> dict[str, Any]:
    return {
        "bundle": result.bundle,
        "bundle_version": result.bundle_version,
        "limits": limits.get(result.bundle),
        "state": shown_state(result.state),
        "why": result.why,
        "for_triage": result.for_triage,
        "scan_probability": _rounded(result.scan_probability, 4),
        "out_of_distribution": _rounded(result.out_of_distribution, 3),
        "uncertain_ml": _rounded(result.uncertain_ml, 3),
        "flags": list(result.flags),
    }


def _shift(shift: MidlineShift) -> dict[str, Any]:
    return {"mm": round(shift.mm, 1), "to": shift.to.value, "method": shift.method, "limits": shift.limits}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "images": coverage.images,
        "expected": coverage.expected,
        "from_mm": None if coverage.from_mm is None else round(coverage.from_mm, 2),
        "to_mm": None if coverage.to_mm is None else round(coverage.to_mm, 2),
        "provisional": coverage.provisional,
        "sentence": coverage.sentence,
    }
