from __future__ import annotations

import hashlib
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.errors import BadInput
from pipeline.results.requests import SourceImage, Transcode, Transcoded
from pipeline.results.transcode import encode, transcode
from pipeline.testing.head_series import HeadSeries, write_head_series


def images(files: list[Path]) -> tuple[SourceImage, ...]:
    return tuple(SourceImage(file, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files)


def test_every_frame_is_written_without_loss_under_the_hash_of_its_instance(tmp_path: Path) -> None:
    files = write_head_series(tmp_path / "in", HeadSeries(along_mm=(0, 8, 16)))
    *_, last = transcode(Transcode(images(files), tmp_path / "out"))
    assert last == Transcoded(frames=3, skipped=0)
    for image in images(files):
        coded = (tmp_path / "out" / image.sha256 / "1.jphc").read_bytes()
        assert np.array_equal(imagecodecs.htj2k_decode(coded), pydicom.dcmread(image.path).pixel_array)


def test_the_codestream_goes_by_resolution_with_tile_part_lengths() -> None:
    coded = encode(np.arange(64 * 64, dtype=np.int16).reshape(64, 64))
    assert coded[:2] == b"\xff\x4f"
    assert b"\xff\x55" in coded[:200]  # TLM
    progression = coded[coded.index(b"\xff\x52") + 5]
    assert progression == 2  # RPCL


@settings(max_examples=20, deadline=None)
@given(signed=st.booleans(), rows=st.integers(1, 40), columns=st.integers(1, 40), seed=st.integers(0, 99))
def test_any_sixteen_bit_frame_survives(signed: bool, rows: int, columns: int, seed: int) -> None:
    limits = np.iinfo(np.int16 if signed else np.uint16)
    frame = np.random.default_rng(seed).integers(
        limits.min, limits.max, (rows, columns), dtype=limits.dtype, endpoint=True
    )
    assert np.array_equal(imagecodecs.htj2k_decode(encode(frame)), frame)


def test_what_is_not_sixteen_bit_grey_or_cannot_be_decoded_is_left_as_it_came(tmp_path: Path) -> None:
    files = write_head_series(tmp_path / "in", HeadSeries(along_mm=(0, 8, 16)))
    files[1].write_bytes(files[1].read_bytes()[:-500])
    header = pydicom.dcmread(files[2])
    header.BitsAllocated, header.BitsStored, header.HighBit = 8, 8, 7
    header.save_as(files[2])
    *_, last = transcode(Transcode(images(files), tmp_path / "out"))
    assert last == Transcoded(frames=1, skipped=2)


def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    request = Transcode(images(write_head_series(tmp_path / "in", HeadSeries(along_mm=(0,)))), tmp_path / "out")
    list(transcode(request))
    (file,) = (tmp_path / "out").rglob("*.jphc")
    before = file.stat()
    list(transcode(request))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert not [path for path in (tmp_path / "out").rglob(".*") if path.is_file()]


def test_a_folder_is_never_named_by_anything_but_a_hash(tmp_path: Path) -> None:
    file = write_head_series(tmp_path / "in", HeadSeries(along_mm=(0,)))[0]
    with pytest.raises(BadInput):
        list(transcode(Transcode((SourceImage(file, "../../x"),), tmp_path / "out")))
