from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest

from pipeline.domain.errors import BadInput
from pipeline.results.attributes import local_time
from pipeline.results.requests import ResultKind, SourceImage
from pipeline.results.uids import instance_uid, is_ours
from pipeline.results.write import write_results
from pipeline.testing.bleeding import BLEEDING, result_request

ANNEX_K = bytes.fromhex("5A68616E675E5869616F446F6E673D1B242941D5C55E1B242941D0A1B6AB3D20")
"""Zhang^XiaoDong=张^小东=, PS3.5 K.2."""
NAMES = {
    "ISO_IR 100": "Lefèvre^Zoë".encode("latin-1"),
    "ISO_IR 192": "Lefèvre^Zoë=王^小东 ".encode(),
    "GB18030": "Wang^XiaoDong=王^小东".encode("gb18030"),
    "\\ISO 2022 IR 58": ANNEX_K,
    "": b"PLAIN^NAME",
}


def test_each_object_is_written_once_the_segmentation_first(tmp_path: Path) -> None:
    written = list(write_results(result_request(tmp_path, BLEEDING)))
    assert [one.kind for one in written] == [
        ResultKind.SEGMENTATION, ResultKind.REPORT, ResultKind.KEY_IMAGE, ResultKind.PRESENTATION_STATE,
    ]  # fmt: skip
    assert [one.path.name for one in written] == [
        "segmentation.dcm",
        "report.dcm",
        "key-image-1.dcm",
        "presentation.dcm",
    ]
    for one in written:
        stored = pydicom.dcmread(one.path)
        assert (stored.SOPClassUID, stored.SOPInstanceUID) == (one.SOPClassUID, one.SOPInstanceUID)


def test_writing_twice_makes_the_same_bytes(tmp_path: Path) -> None:
    request = result_request(tmp_path, replace(BLEEDING, tilt_degrees=18.5))
    again = replace(request, out=tmp_path / "again", images=request.images[::-1])
    for first, second in zip(write_results(request), write_results(again), strict=True):
        assert first.path.read_bytes() == second.path.read_bytes(), first.kind


def test_all_are_in_the_patients_study_and_known_for_ours_by_their_names(tmp_path: Path) -> None:
    tags: dict[str, object] = {"IssuerOfPatientID": "CHU", "StudyDescription": "SCANNER", "PatientAge": "067Y"}
    request = result_request(tmp_path, replace(BLEEDING, tags=tags))
    source = pydicom.dcmread(request.images[0].path)
    series = set()
    for one in write_results(request):
        made = pydicom.dcmread(one.path)
        for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate", *tags):
            assert made[keyword].value == source[keyword].value, (one.kind, keyword)
        assert made.SeriesInstanceUID != source.SeriesInstanceUID
        assert "research use only" in made.SeriesDescription
        assert (made.Manufacturer, made.ManufacturerModelName) == ("NeuroVigie", "ich-ct")
        assert is_ours(made.SOPInstanceUID, made.SeriesInstanceUID, made.InstanceNumber)
        series.add(made.SeriesInstanceUID)
    assert len(series) == 4


def test_nobody_elses_object_passes_for_ours() -> None:
    assert not is_ours("1.2.3", "1.2", 1)
    assert not is_ours(instance_uid("1.2", 1), "1.2", 2)
    assert not is_ours(instance_uid("1.2", 1), "1.2", None)


@pytest.mark.parametrize("charset", NAMES)
def test_the_name_keeps_its_very_bytes_in_every_character_set(tmp_path: Path, charset: str) -> None:
    request, name = result_request(tmp_path, BLEEDING), NAMES[charset]
    for image in request.images:
        header = pydicom.dcmread(image.path)
        header.PatientName = "Q" * len(name)
        if charset:
            header.SpecificCharacterSet = charset.split("\\")
        header.save_as(image.path)
        image.path.write_bytes(image.path.read_bytes().replace(b"Q" * len(name), name))
    for one in write_results(request):
        made = pydicom.dcmread(one.path)
        assert made.get_item(0x00100010).value.rstrip() == name.rstrip(), one.kind
        given = made.get("SpecificCharacterSet", "")
        assert (given if isinstance(given, str) else "\\".join(given)) == charset


def test_an_object_that_cannot_be_made_keeps_none_of_the_others_back(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    for image in request.images:
        image.path.write_bytes(image.path.read_bytes()[:-2000])
    made: list[ResultKind] = []
    with pytest.raises(BadInput, match=r"key-image: .*cut short"):
        made.extend(one.kind for one in write_results(request))
    assert made == [ResultKind.SEGMENTATION, ResultKind.REPORT, ResultKind.PRESENTATION_STATE]


def test_only_the_slices_that_are_marked_are_read(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    named = [SourceImage(image.path, "", str(pydicom.dcmread(image.path).SOPInstanceUID)) for image in request.images]
    named[0].path.unlink()  # the highest slice, above the bleeding
    assert len(list(write_results(replace(request, images=tuple(named))))) == 4


def test_findings_the_mask_does_not_show_leave_nothing_to_write(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    with pytest.raises(BadInput, match="nothing to write"):
        list(write_results(replace(request, findings=())))


def test_the_source_s_time_zone_is_kept(tmp_path: Path) -> None:
    source = pydicom.Dataset()
    noon = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
    assert local_time(noon, source) == noon
    source.TimezoneOffsetFromUTC = "-0330"
    assert local_time(noon, source).strftime("%H%M") == "0830"
    source.TimezoneOffsetFromUTC = "nonsense"
    assert local_time(noon, source) == noon
