from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, MidlineShift, Region, Side
from pipeline.results import codes
from pipeline.results.requests import ResultKind, WriteResults
from pipeline.results.write import write_results
from pipeline.testing.bleeding import BLEEDING, result_request


def written(request: WriteResults, kind: ResultKind) -> pydicom.Dataset:
    return pydicom.dcmread(next(one.path for one in write_results(request) if one.kind is kind))


def everything(item: pydicom.Dataset) -> Iterator[pydicom.Dataset]:
    yield item
    for child in item.get("ContentSequence", []):
        yield from everything(child)


def said(report: pydicom.Dataset) -> list[tuple[str, str]]:
    """Name and value of every item that is a number, a code or words."""
    found = []
    for item in everything(report):
        name = name_of(item)
        if item.ValueType == "NUM":
            value = item.MeasuredValueSequence[0]
            found.append((name, f"{value.NumericValue:g} {value.MeasurementUnitsCodeSequence[0].CodeValue}"))
        elif item.ValueType == "CODE":
            found.append((name, item.ConceptCodeSequence[0].CodeValue))
        elif item.ValueType == "TEXT":
            found.append((name, item.TextValue))
    return found


def test_a_lesion_is_measured_named_placed_and_attributed(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    request = replace(request, findings=(replace(request.findings[0], volume_ml=30.1234, abc2_ml=31.5),))
    known = said(written(request, ResultKind.REPORT))
    for expected in (
        ("Volume", "30.123 mL"), ("Volume", "31.5 mL"), ("Measurement Method", "ABC2"), ("Diameter", "36 mm"),
        ("Probability", "90 %"), ("Probability", "93 %"), ("Finding", "274100004"), ("Finding Site", "12738006"),
        ("Laterality", "7771000"), ("Algorithm Name", "ich-ct"), ("Algorithm Version", "0.1.0"),
        ("Algorithm Family", "123110"), ("Algorithm Parameters", "gantry tilt 18.5 degrees"),
        ("Algorithm Parameters", "research use only"), ("Standing of this result", "UNCONFIRMED"),
        ("Observer Type", "121007"), ("Procedure reported", "77477000"),
    ):  # fmt: skip
        assert expected in known


def test_a_shifted_midline_and_a_region_are_told_in_codes_of_our_own(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    shift = MidlineShift(4.26, Side.RIGHT, "a method", "its limits")
    deep = replace(request.findings[0], region=Region.DEEP)
    known = said(written(replace(request, midline_shift=shift, findings=(deep,)), ResultKind.REPORT))
    assert ("Midline shift", "4.3 mm") in known
    assert ("Side the midline is shifted to", "24028007") in known
    assert ("Region, by place in the skull alone", "DEEP") in known
    nowhere = said(written(request, ResultKind.REPORT))
    assert not [name for name, _ in nowhere if name.startswith(("Midline", "Region"))]


def test_every_group_shows_where_its_area_was_taken_and_nothing_else_is_a_group(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    objects = {one.kind: pydicom.dcmread(one.path) for one in write_results(request)}
    groups = [one for one in everything(objects[ResultKind.REPORT]) if name_of(one) == "Measurement Group"]
    assert len(groups) == len(request.findings)
    for number, group in enumerate(groups, start=1):
        (area,) = [one for one in everything(group) if name_of(one) == "Area"]
        (line,) = area.ContentSequence
        shown = line.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        drawn = filled(list(line.GraphicData), objects[ResultKind.SEGMENTATION])
        assert (drawn == segment_on(objects[ResultKind.SEGMENTATION], number, shown)).all()
        spacing = (
            objects[ResultKind.SEGMENTATION].SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
        )
        assert float(area.MeasuredValueSequence[0].NumericValue) == pytest.approx(
            drawn.sum() * spacing[0] * spacing[1], rel=1e-3
        )


def name_of(item: pydicom.Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning) if "ConceptNameCodeSequence" in item else ""


def filled(line: list[float], like: pydicom.Dataset) -> NDArray[np.bool_]:
    """The pixels whose centres an outline encloses."""
    picture = Image.new("1", (8 * like.Columns, 8 * like.Rows))
    ImageDraw.Draw(picture).polygon([8 * value for value in line], fill=1)
    return np.asarray(picture)[4::8, 4::8]


def segment_on(segmentation: pydicom.Dataset, number: int, source: str) -> NDArray[np.bool_]:
    """A segment on one source image."""
    frames = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
    for frame, groups in zip(frames, segmentation.PerFrameFunctionalGroupsSequence, strict=True):
        of = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        on = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        if (of, on) == (number, source):
            return np.asarray(frame > 0)
    raise AssertionError("the outline is on an image that the segment is not on")


def test_it_is_unverified_and_preliminary_and_partial_when_on_part_of_the_images(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    whole = written(request, ResultKind.REPORT)
    assert (whole.CompletionFlag, whole.VerificationFlag, whole.PreliminaryFlag) == (
        "COMPLETE", "UNVERIFIED", "PRELIMINARY",
    )  # fmt: skip
    part = written(replace(request, provisional=True), ResultKind.REPORT)
    assert (part.CompletionFlag, part.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    assert ("Images this result was computed on", "PROVISIONAL") in said(part)


def test_highdicom_finds_the_group_of_each_segment(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    objects = {one.kind: one for one in write_results(request)}
    report = highdicom.sr.srread(objects[ResultKind.REPORT].path)
    (group,) = report.content.get_volumetric_roi_measurement_groups()
    assert group.tracking_identifier == "ich-ct finding 1"
    assert group.finding_type.value == "274100004"
    segment = group.referenced_segment
    assert segment.referenced_sop_instance_uid == objects[ResultKind.SEGMENTATION].SOPInstanceUID
    assert segment.referenced_segment_numbers == [1]
    seg = pydicom.dcmread(objects[ResultKind.SEGMENTATION].path)
    assert group.tracking_uid == seg.SegmentSequence[0].TrackingUID


def test_everything_it_refers_to_is_listed_as_evidence(tmp_path: Path) -> None:
    report = written(result_request(tmp_path, BLEEDING), ResultKind.REPORT)
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    listed = {
        one.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    referred = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in everything(report)
        if item.ValueType == "IMAGE"
    }
    assert listed == referred
    assert study.StudyInstanceUID == report.StudyInstanceUID


def test_local_codes_are_documented_where_they_are_used(tmp_path: Path) -> None:
    report = written(result_request(tmp_path, BLEEDING), ResultKind.REPORT)
    (scheme,) = report.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == codes.LOCAL_SCHEME


@pytest.mark.parametrize(
    ("kind", "site", "value", "place"),
    [
        (FindingKind.HAEMORRHAGE, None, "1386000", "1101003"),
        (FindingKind.HAEMORRHAGE, HaemorrhageSite.INTRAPARENCHYMAL, "274100004", "12738006"),
        (FindingKind.HAEMORRHAGE, HaemorrhageSite.INTRAVENTRICULAR, "23276006", "12738006"),
        (FindingKind.HAEMORRHAGE, HaemorrhageSite.SUBARACHNOID, "21454007", "35951006"),
        (FindingKind.HAEMORRHAGE, HaemorrhageSite.SUBDURAL, "35486000", "1101003"),
        (FindingKind.HAEMORRHAGE, HaemorrhageSite.EPIDURAL, "EDH", "1101003"),
        (FindingKind.INFARCT, None, "432504007", "12738006"),
        (FindingKind.EARLY_ISCHAEMIA, None, "52674009", "12738006"),
    ],
)
def test_codes_are_pinned(kind: FindingKind, site: HaemorrhageSite | None, value: str, place: str) -> None:
    finding = Finding(kind, 1.0, Side.UNKNOWN, 0.5, site=site)
    assert (codes.finding_code(finding).value, codes.place_code(finding).value) == (value, place)


def test_every_code_fits_its_element() -> None:
    known = [one for one in vars(codes).values() if isinstance(one, codes.Code)]
    tables = [one for one in vars(codes).values() if isinstance(one, dict)]
    known += [one for table in tables for one in table.values() if isinstance(one, codes.Code)]
    assert len(known) > 60
    for one in known:
        assert len(one.value) <= 16
        assert len(one.meaning) <= 64
