"""What triage prints of a report with several bundles holds to its schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema

from pipeline.domain.analysis import AnalysisState, Coverage, SeriesOutcome
from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, MidlineShift, Region, Side
from pipeline.domain.priority import prioritise
from pipeline.domain.report import BundleResult, SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.triage.document import as_document
from pipeline.triage.run import StudyResult
from pipeline.triage.walk import Found, FoundStudy

SCHEMA = Path(__file__).parents[3] / "docs" / "triage.schema.json"

BLOOD = Finding(
    FindingKind.HAEMORRHAGE,
    30.0,
    Side.LEFT,
    0.9,
    centre_mm=(1.0, 2.0, 3.0),
    site=HaemorrhageSite.INTRAPARENCHYMAL,
    bundle="ich-ct",
    bundle_version="0.2.0",
    abc2_ml=28.1234,
    largest_diameter_mm=44.44,
    left_share=1.0,
    region=Region.DEEP,
    uncertainty=0.12,
)
SHADE = Finding(FindingKind.EARLY_ISCHAEMIA, 9.0, Side.RIGHT, 0.6, label=2, bundle="ischaemia-ct", for_triage=False)
REPORT = SeriesReport(
    SeriesInstanceUID="1.2",
    recognition=Recognition(SeriesRole.NCCT, "because the test says so", 0.95),
    state=AnalysisState.ANALYSED,
    bundle="ich-ct",
    bundle_version="0.2.0",
    scan_probability=0.9,
    findings=(BLOOD, SHADE),
    coverage=Coverage(30, None, 0.0, 150.0),
    results=(
        BundleResult("ich-ct", "0.2.0", AnalysisState.ANALYSED, scan_probability=0.9, out_of_distribution=0.6),
        BundleResult("ischaemia-ct", "0.1.0", AnalysisState.FAILED, "the model failed (KeyError)", for_triage=False),
    ),
    reservations=("these images are rather unlike what the model was taught (score 0.60)",),
    rules="scan-reservations 1.0.0",
    midline_shift=MidlineShift(6.04, Side.RIGHT, "symmetry", "not validated"),
    companions=(SeriesRole.ADC,),
)


def test_a_report_of_several_bundles_holds_to_the_schema() -> None:
    outcome = SeriesOutcome(REPORT.recognition.role, REPORT.state, findings=REPORT.findings)
    study = StudyResult(
        FoundStudy("1.1", ()), (REPORT,), prioritise([outcome], None, datetime(2026, 11, 21, 3, tzinfo=UTC))
    )
    printed = json.loads(json.dumps(as_document(Found((), 0, ()), [study], {"ich-ct": "Made for tests."})))
    jsonschema.validate(printed, json.loads(SCHEMA.read_text()))
    (series,) = printed["studies"][0]["series"]
    assert [(one["bundle"], one["for_triage"]) for one in series["findings"]] == [
        ("ich-ct", True),
        ("ischaemia-ct", False),
    ]
    assert series["midline_shift"]["mm"] == 6.0
    assert series["findings"][0]["abc2_ml"] == 28.123
    assert printed["studies"][0]["priority"]["tier"] == "red"
    assert printed["studies"][0]["priority"]["missing"] == ["onset_at", "nihss", "anticoagulant"]
