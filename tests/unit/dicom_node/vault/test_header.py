"""The small header reader agrees with pydicom, and no bytes can make it do unbounded work."""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from dicom_node.vault.header import InstanceIds, instance_ids
from dicom_node.vault.part10 import decode_head, encode_head
from pipeline.domain.errors import UnreadableInstance
from pipeline.testing.data_sets import (
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    arrival,
    data_set,
    element,
)

IDS = InstanceIds(CTImageStorage, "1.2.3.1", "1.2.1", "1.2.2")
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
UNDEFINED = struct.pack("<L", 0xFFFFFFFF)


def _encoded(dataset: Dataset, syntax: str) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR = syntax == ImplicitVRLittleEndian
    stream.is_little_endian = syntax != ExplicitVRBigEndian
    write_dataset(stream, dataset)
    return stream.getvalue()


def _nested(depth: int, *, undefined: bool) -> Dataset:
    dataset = Dataset()
    dataset.CodeMeaning = "a code"
    if depth:
        dataset.ReferencedSeriesSequence = Sequence([_nested(depth - 1, undefined=undefined), Dataset()])
        dataset["ReferencedSeriesSequence"].is_undefined_length = undefined
        dataset.is_undefined_length_sequence_item = undefined
    return dataset


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_identifiers_are_found_in_each_encoding(syntax: str) -> None:
    assert instance_ids(data_set(transfer_syntax=syntax, pixels=b"ab"), syntax) == IDS


@given(depth=st.integers(0, 6), undefined=st.booleans(), syntax=st.sampled_from(SYNTAXES))
def test_identifiers_are_found_behind_nested_sequences_as_pydicom_writes_them(
    depth: int, undefined: bool, syntax: str
) -> None:
    dataset = _nested(depth, undefined=undefined)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.1", "1.2.2"
    assert instance_ids(_encoded(dataset, syntax), syntax) == IDS


def test_a_transfer_syntax_that_lies_about_the_vr_is_seen_through() -> None:
    assert instance_ids(data_set(transfer_syntax=ImplicitVRLittleEndian), ExplicitVRLittleEndian) == IDS
    assert instance_ids(data_set(transfer_syntax=ExplicitVRLittleEndian), ImplicitVRLittleEndian) == IDS


def test_a_deflated_data_set_is_read() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packer.compress(data_set()) + packer.flush()
    assert instance_ids(deflated, "1.2.840.10008.1.2.1.99") == IDS


def test_a_deflate_bomb_is_refused_without_being_inflated() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    zeros = bytes(1 << 20)
    bomb = b"".join([packer.compress(element(0x0008_0001, "UN", b"")), *(packer.compress(zeros) for _ in range(64))])
    with pytest.raises(UnreadableInstance):
        instance_ids(bomb + packer.flush(), "1.2.840.10008.1.2.1.99")


def test_a_hundred_thousand_nested_sequences_do_not_exhaust_the_stack() -> None:
    opened = struct.pack("<HH", 0x0008, 0x1115) + b"SQ\0\0" + UNDEFINED + struct.pack("<HH", 0xFFFE, 0xE000) + UNDEFINED
    with pytest.raises(UnreadableInstance):
        instance_ids(opened * 100_000, ExplicitVRLittleEndian)


def test_a_length_beyond_the_end_is_a_cut_header() -> None:
    lying = struct.pack("<HH2sHL", 0x0008, 0x0001, b"UN", 0, 0xFFFFFF00)
    with pytest.raises(UnreadableInstance):
        instance_ids(lying + data_set(), ExplicitVRLittleEndian)


def test_a_private_sequence_of_unknown_vr_is_skipped_as_implicit() -> None:
    inside = element(0x0009_1001, "LO", b"x", ImplicitVRLittleEndian)
    private = (
        struct.pack("<HH2sH", 0x0009, 0x1010, b"UN", 0) + UNDEFINED
        + struct.pack("<HHL", 0xFFFE, 0xE000, len(inside)) + inside
        + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    )  # fmt: skip
    head = element(0x0008_0016, "UI", CTImageStorage.encode()) + element(0x0008_0018, "UI", b"1.2.3.1")
    tail = element(0x0020_000D, "UI", b"1.2.1") + element(0x0020_000E, "UI", b"1.2.2")
    assert instance_ids(head + private + tail, ExplicitVRLittleEndian) == IDS


@given(body=st.binary(max_size=400), syntax=st.sampled_from(SYNTAXES))
def test_any_bytes_are_read_or_refused(body: bytes, syntax: str) -> None:
    with contextlib.suppress(UnreadableInstance):
        instance_ids(body, syntax)


@given(cut=st.integers(0, 150), flip=st.integers(0, 149), value=st.integers(0, 255))
def test_a_damaged_header_is_read_or_refused(cut: int, flip: int, value: int) -> None:
    body = bytearray(data_set())
    body[flip % len(body)] = value
    with contextlib.suppress(UnreadableInstance):
        instance_ids(bytes(body[:cut]), ExplicitVRLittleEndian)


def test_our_files_are_read_by_pydicom() -> None:
    how = arrival()
    file = encode_head(how, "ab" * 32) + data_set()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = dcmread(BytesIO(file))
    assert dataset.file_meta.MediaStorageSOPInstanceUID == "1.2.3.1"
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert dataset.StudyInstanceUID == "1.2.1"


def test_a_file_head_reads_back_as_it_was_written() -> None:
    head = encode_head(arrival(), "ab" * 32)
    meta = decode_head(head + data_set())
    assert (meta.arrival, meta.sha256, meta.data_set_offset) == (arrival(), "ab" * 32, len(head))


@given(head=st.binary(max_size=300))
def test_a_file_that_is_not_ours_is_refused(head: bytes) -> None:
    with pytest.raises(UnreadableInstance):
        decode_head(bytes(128) + b"DICM" + head)
