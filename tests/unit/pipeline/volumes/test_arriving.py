from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.testing.odd_series import OddSeries, write_odd_series
from pipeline.testing.oddities import ODDITIES
from pipeline.volumes import arriving
from pipeline.volumes.arriving import Arrived, ArrivingImages
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import read_header
from pipeline.volumes.split import build_sub_series, split


def built(files: Sequence[Path], arrived: Arrived) -> SeriesVolume:
    """As an analysis builds it."""
    return build_sub_series(split([(file, arrived.header(file)) for file in files])[0], arrived.decode)


def at_once(files: Sequence[Path]) -> SeriesVolume:
    return build_sub_series(split([(file, read_header(file)) for file in files])[0])


@pytest.mark.parametrize("name", sorted(ODDITIES))
def test_a_series_taken_in_as_it_arrives_is_the_series_read_at_once(tmp_path: Path, name: str) -> None:
    files = ODDITIES[name](tmp_path)
    images = ArrivingImages()
    for file in files[::-1]:
        images.add(file)
    ours, whole = built(files, images.take(files)), at_once(files)
    assert np.array_equal(ours.volume.voxels, whole.volume.voxels)
    assert ours.volume.voxels.dtype == whole.volume.voxels.dtype
    assert np.array_equal(ours.volume.patient_from_voxel.matrix, whole.volume.patient_from_voxel.matrix)
    assert (ours.notes, ours.unreadable) == (whole.notes, whole.unreadable)


def test_what_was_taken_in_is_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    images = ArrivingImages()
    for file in files[:-1]:
        images.add(file)
    decoded: list[Path] = []
    whole = arriving.decode
    monkeypatch.setattr(arriving, "decode", lambda frames: decoded.extend(f.path for f in frames) or whole(frames))
    assert built(files, images.take(files)).volume.shape_kji[0] == len(files)
    assert decoded == [files[-1]]


def test_an_image_that_cannot_be_decoded_is_said_as_if_nothing_had_been_taken_in(tmp_path: Path) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    files[3].write_bytes(files[3].read_bytes()[:-100])
    (tmp_path / "no.dcm").write_bytes(b"\x08\x00" + bytes(20))
    images = ArrivingImages()
    for file in (*files, tmp_path / "no.dcm", tmp_path / "missing.dcm"):
        images.add(file)
    ours = built(files, images.take(files))
    assert ours.notes == at_once(files).notes
    assert ours.unreadable == 1


def test_images_are_given_up_once_and_not_taken_in_after_their_series_was_read(tmp_path: Path) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    images = ArrivingImages()
    for file in files[:4]:
        images.add(file)
    assert set(images.take(files).files) == set(files[:4])
    for file in files:
        images.add(file)
    assert images.take(files).files == {}


def test_no_more_is_held_than_allowed_and_the_oldest_go_first(tmp_path: Path) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    one = ArrivingImages()
    one.add(files[0])
    voxels = one.take(files[:1]).files[files[0]].voxels
    images = ArrivingImages(most_voxels=3 * voxels)
    for file in files:
        images.add(file)
    assert list(images.take(files).files) == files[-3:]


def test_a_machine_without_memory_left_loses_only_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    images = ArrivingImages()
    images.add(files[0])

    def full(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as short:
        short.setattr(arriving, "decode", full)
        images.add(files[1])
    taken = images.take(files)
    assert taken.files == {}
    assert built(files, taken).volume.shape_kji[0] == len(files)
