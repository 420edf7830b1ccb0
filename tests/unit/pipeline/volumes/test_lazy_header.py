from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.domain.errors import NeuroVigieError
from pipeline.testing.odd_series import OddSeries, write_odd_series
from pipeline.testing.oddities import ODDITIES
from pipeline.volumes.lazy_header import lazy_header
from pipeline.volumes.source import read_header

LEFT_TO_PYDICOM = frozenset({"big endian", "deflated"})


def assert_same(lazy: pydicom.Dataset, by_pydicom: pydicom.Dataset) -> None:
    assert lazy.file_meta == by_pydicom.file_meta
    assert lazy.original_encoding == by_pydicom.original_encoding
    assert lazy.original_character_set == by_pydicom.original_character_set
    assert [(one.tag, one.VR, one.value) for one in lazy] == [(one.tag, one.VR, one.value) for one in by_pydicom]


@pytest.mark.parametrize("name", ODDITIES)
def test_a_header_is_what_pydicom_makes_of_it(tmp_path: Path, name: str) -> None:
    file = ODDITIES[name](tmp_path)[0]
    lazy = lazy_header(file)
    assert (lazy is None) == (name in LEFT_TO_PYDICOM)
    if lazy is not None:
        assert_same(lazy, pydicom.dcmread(file, stop_before_pixels=True))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_sequences_characters_and_private_elements_are_decoded_alike(tmp_path: Path, syntax: str) -> None:
    def rich(header: pydicom.Dataset, _: int) -> None:
        code, outer = pydicom.Dataset(), pydicom.Dataset()
        code.CodeValue, code.CodeMeaning = "1", "tête"
        code.is_undefined_length_sequence_item = True
        outer.PurposeOfReferenceCodeSequence = [code]
        outer["PurposeOfReferenceCodeSequence"].is_undefined_length = True
        header.SpecificCharacterSet = ["", "ISO 2022 IR 87"] if syntax == ImplicitVRLittleEndian else "ISO_IR 100"
        header.ProcedureCodeSequence, header.ReferencedImageSequence = [code], [outer, outer]
        header["ReferencedImageSequence"].is_undefined_length = True
        header.PatientName, header.SeriesDescription, header.PatientComments = "Phantom", "", ""
        header.add_new((0x0009, 0x0010), "LO", "MAKER")
        header.add_new((0x0009, 0x1001), "UN", bytes(50_000))
        header.file_meta.TransferSyntaxUID = syntax

    file = write_odd_series(tmp_path, OddSeries(at=(0,)), rich)[0]
    lazy = lazy_header(file)
    assert lazy is not None
    assert_same(lazy, pydicom.dcmread(file, stop_before_pixels=True))


def test_a_file_without_pixels_is_read_to_its_end(tmp_path: Path) -> None:
    def without(header: pydicom.Dataset, _: int) -> None:
        del header.PixelData

    file = write_odd_series(tmp_path, OddSeries(at=(0,)), without)[0]
    lazy = lazy_header(file)
    assert lazy is not None
    assert_same(lazy, pydicom.dcmread(file, stop_before_pixels=True))


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 1200), at=st.integers(0, 1100), byte=st.integers(0, 255))
def test_a_broken_file_is_refused_or_read_and_never_more(
    tmp_path_factory: pytest.TempPathFactory, cut: int, at: int, byte: int
) -> None:
    file = tmp_path_factory.mktemp("broken") / "x.dcm"
    data = bytearray(_WHOLE)
    data[at % len(data)] = byte
    file.write_bytes(bytes(data[: len(data) - cut]))
    try:
        header = read_header(file)
    except NeuroVigieError:
        return
    assert header is not None


def _one_file() -> bytes:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - only here

    with TemporaryDirectory() as folder:
        return write_odd_series(Path(folder), OddSeries(at=(0,), rows=4, columns=4))[0].read_bytes()


_WHOLE = _one_file()
