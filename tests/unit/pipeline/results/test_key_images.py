from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from pipeline.domain.finding import Side
from pipeline.results.key_images import banner
from pipeline.results.letters import written as letters
from pipeline.results.outlines import outlines
from pipeline.results.picture import enlargement, key_picture, windowed
from pipeline.results.requests import ResultKind, WriteResults
from pipeline.results.write import write_results
from pipeline.testing.bleeding import BLEEDING, BLOOD_HU, result_request

CYAN = (56, 214, 255)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def key_image(request: WriteResults) -> pydicom.Dataset:
    return pydicom.dcmread(next(one.path for one in write_results(request) if one.kind is ResultKind.KEY_IMAGE))


def test_it_shows_the_slice_with_most_of_the_lesion_and_says_from_which_image(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    image = key_image(request)
    source = image.SourceImageSequence[0].ReferencedSOPInstanceUID
    areas = {
        str(one.SOPInstanceUID): int((one.pixel_array == BLOOD_HU).sum())
        for one in map(pydicom.dcmread, (image.path for image in request.images))
    }
    assert areas[source] == max(areas.values())
    assert image.DerivationDescription.endswith("research use only")


def test_the_outline_runs_around_the_lesion_and_nowhere_else(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    image = key_image(request)
    source = next(
        one
        for one in map(pydicom.dcmread, (image.path for image in request.images))
        if one.SOPInstanceUID == image.SourceImageSequence[0].ReferencedSOPInstanceUID
    )
    times = enlargement(source.Rows, source.Columns)
    drawn = (image.pixel_array == np.array(CYAN)).all(axis=-1)
    top = (image.Rows - source.Rows * times) // 2  # as many lines of words above as below
    slice_ = drawn[top : top + source.Rows * times]
    blood = np.repeat(np.repeat(source.pixel_array == BLOOD_HU, times, axis=0), times, axis=1)
    near = np.zeros_like(blood)
    for j in (-1, 0, 1):
        for i in (-1, 0, 1):
            near |= np.roll(blood, (j, i), axis=(0, 1))
    assert slice_.any()
    assert not (slice_ & ~near).any()
    assert not drawn[:top].any()


def test_it_names_nobody_and_says_so_rightly(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    assert key_image(request).BurnedInAnnotation == "NO"
    header = pydicom.dcmread(request.images[0].path)
    for words in banner(request, request.findings[0]):
        assert str(header.PatientName).upper() not in words.upper()
        assert header.PatientID not in words
        assert header.StudyDate not in words


def test_what_was_burned_into_the_source_is_still_there(tmp_path: Path) -> None:
    request = result_request(tmp_path, replace(BLEEDING, tags={"BurnedInAnnotation": "YES"}))
    assert key_image(request).BurnedInAnnotation == "YES"


def test_the_banner_says_what_it_is_worth(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)
    above, below = banner(request, replace(request.findings[0], volume_ml=30.12))
    assert above == "AI suspected haemorrhage 30.1 mL left, to be confirmed"
    assert below == "Research use only - not for diagnosis - ich-ct 0.1.0"
    assert "left" not in banner(request, replace(request.findings[0], side=Side.UNKNOWN))[0]


@pytest.mark.parametrize(
    ("orientation", "left_edge", "right_edge"),
    [(AXIAL, "R", "L"), ((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "L", "R")],
    ids=["as usual", "mirrored"],
)
def test_the_letters_are_the_patients_sides(orientation: tuple[float, ...], left_edge: str, right_edge: str) -> None:
    picture = key_picture(np.full((512, 512), 99, np.uint8), [], orientation, ("", ""))
    rows = slice(picture.shape[0] // 2 - 10, picture.shape[0] // 2 + 11)
    for side, letter in ((picture[rows, :24], left_edge), (picture[rows, -24:], right_edge)):
        white = (side == 235).all(axis=-1)
        found = white[white.any(axis=1)][:, white.any(axis=0)]
        drawn = letters(letter, 3)
        assert np.array_equal(found, drawn[drawn.any(axis=1)][:, drawn.any(axis=0)])


def test_every_word_of_a_banner_can_be_written() -> None:
    for character in "abcdefghijklmnopqrstuvwxyz0123456789 -.,:/%()":
        assert np.array_equal(letters(character), letters("?")) == (character == "?")
    assert np.array_equal(letters("é"), letters("?"))


def test_the_window_is_the_standards() -> None:
    grey = windowed(np.array([-1000, 0, 40, 80, 1000]), 40, 80)
    assert list(grey[[0, 4]]) == [0, 255]
    assert grey[0] <= grey[1] < grey[2] < grey[3] <= grey[4]
    assert int(grey[2]) == pytest.approx(128, abs=2)


def test_a_thin_lesion_keeps_its_line(tmp_path: Path) -> None:
    mask = np.zeros((64, 64), dtype=bool)
    mask[0, 0] = True
    picture = key_picture(np.zeros((64, 64), np.uint8), outlines(mask), AXIAL, ("", ""))
    assert (picture == np.array(CYAN)).all(axis=-1).any()
