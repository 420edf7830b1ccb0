from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.errors import BadInput
from pipeline.testing.odd_series import OddSeries, write_odd_series
from pipeline.testing.oddities import ODDITIES
from pipeline.volumes.arriving import ArrivingSeries
from pipeline.volumes.build import read_volume


@pytest.mark.parametrize(
    "name", ["axial", "uneven spacing", "rescale by slice", "fractional slope", "JPEG-LS", "big endian"]
)
def test_a_series_built_as_it_arrives_is_the_series_built_at_once(tmp_path: Path, name: str) -> None:
    files = ODDITIES[name](tmp_path)
    arriving = ArrivingSeries()
    for file in files[::-1]:
        arriving.add(file)
    built, whole = arriving.volume(), read_volume(files)
    assert arriving.images == built.given == len(files)
    assert np.array_equal(built.volume.voxels, whole.volume.voxels)
    assert built.volume.voxels.dtype == whole.volume.voxels.dtype
    assert np.array_equal(built.volume.patient_from_voxel.matrix, whole.volume.patient_from_voxel.matrix)
    assert built.notes == whole.notes


def test_a_volume_may_be_asked_for_before_the_last_image(tmp_path: Path) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    arriving = ArrivingSeries()
    for file in files[:5]:
        arriving.add(file)
    assert arriving.volume().volume.shape_kji[0] == 5
    for file in files[5:]:
        arriving.add(file)
    assert arriving.volume().volume.shape_kji[0] == 9


def test_an_image_that_cannot_be_decoded_is_said_as_the_whole_reader_says_it(tmp_path: Path) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    files[3].write_bytes(files[3].read_bytes()[:-100])
    arriving = ArrivingSeries()
    for file in files:
        arriving.add(file)
    assert arriving.volume().notes == read_volume(files).notes
    assert arriving.volume().unreadable == 1


def test_nothing_readable_is_said_when_the_volume_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_bytes(b"\x08\x00" + bytes(20))
    arriving = ArrivingSeries()
    arriving.add(tmp_path / "x.dcm")
    with pytest.raises(BadInput):
        arriving.volume()
