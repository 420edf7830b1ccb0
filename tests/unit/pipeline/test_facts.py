"""Facts of an instance: read without decoding, whatever a sender puts into its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from pipeline.assembly.facts import pixel_sha256, position_along_normal_mm, read_facts, text_of
from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.role import SeriesRole
from pipeline.testing.instances import TinySlice


def stored(folder: Path, one: TinySlice) -> Path:
    path = folder / "one.dcm"
    made = one.dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def test_the_facts_of_a_head_ct_slice(tmp_path: Path) -> None:
    facts = read_facts(stored(tmp_path, TinySlice(number=7, extra={"ImagesInAcquisition": 40})))
    assert facts.identity.PatientID == "P1"
    assert (facts.InstanceNumber, facts.expected, facts.position_mm) == (7, 40, 35.0)
    assert facts.recognition.role is SeriesRole.NCCT


def test_an_instance_without_pixels_has_no_pixel_digest(tmp_path: Path) -> None:
    one = TinySlice()
    path = stored(tmp_path, one)
    made = pydicom.dcmread(path)
    del made.PixelData
    made.save_as(path)
    assert pixel_sha256(path) is None


def test_the_pixel_digest_does_not_depend_on_the_demographics(tmp_path: Path) -> None:
    first = pixel_sha256(stored(tmp_path, TinySlice()))
    second = pixel_sha256(stored(tmp_path, TinySlice(patient_name="Roe^Richard", patient_id="P9")))
    assert first == second is not None
    assert first != pixel_sha256(stored(tmp_path, TinySlice(value=41)))


@pytest.mark.parametrize("content", [b"", b"not dicom at all", bytes(132), bytes(128) + b"DICM" + b"\xff" * 40])
def test_what_is_no_data_set_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.dcm"
    path.write_bytes(content)
    with pytest.raises(UnreadableInstance):
        read_facts(path)


@given(st.text(max_size=50))
def test_a_text_is_always_printable_and_storable(value: str) -> None:
    header = Dataset()
    header.add_new("StudyDescription", "LO", value)
    shown = text_of(header, "StudyDescription")
    assert "\x00" not in shown
    assert not shown or shown.isprintable()


@pytest.mark.parametrize("orientation", [None, [1, 0, 0], [0] * 6, ["a"] * 6, [float("nan")] * 6])
def test_a_position_without_sound_geometry_is_unknown_or_finite(orientation: Any) -> None:
    header = type("Header", (), {"ImageOrientationPatient": orientation, "ImagePositionPatient": [0, 0, 5]})()
    position = position_along_normal_mm(header)
    assert position is None or position == 0.0


def test_absurd_ids_are_cut_to_what_an_index_holds_and_stay_apart(tmp_path: Path) -> None:
    one, other = (
        read_facts(stored(tmp_path, TinySlice(patient_id="7" * 900 + end))).identity.PatientID for end in "ab"
    )
    assert len(one) == len(other) == 128
    assert one != other
