"""The JSON that triage prints; docs/triage.schema.json describes it, a test holds both together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.finding import Finding
from pipeline.domain.report import SeriesReport
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
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "images": coverage.images,
        "expected": coverage.expected,
        "from_mm": None if coverage.from_mm is None else round(coverage.from_mm, 2),
        "to_mm": None if coverage.to_mm is None else round(coverage.to_mm, 2),
        "provisional": coverage.provisional,
        "sentence": coverage.sentence,
    }
