"""The pure parts of DICOMweb: what is accepted, ranges, bodies, caches, values JSON cannot hold."""

from __future__ import annotations

import io
import json
from email.message import Message
from email.parser import BytesParser
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement

from review_ui.dicomweb import accept, multipart, ranges
from review_ui.dicomweb.cache import BoundedCache
from review_ui.dicomweb.find import StudyAddress
from review_ui.dicomweb.metadata import instance_json, with_moment
from review_ui.dicomweb.plain_values import plain_json
from review_ui.dicomweb.qido import matches, series_json
from review_ui.dicomweb.transfer_syntaxes import HTJ2KLosslessRPCL, as_sent, media_type

EXPLICIT = "1.2.840.10008.1.2.1"


def takes(header: str, syntax: str) -> bool:
    return accept.takes_frame(accept.parse(header), media_type(syntax), syntax)


@pytest.mark.parametrize(
    ("header", "htj2k", "native"),
    [
        ("", True, True),
        ("*/*", True, True),
        ("text/html, */*;q=0.1", True, True),
        ("multipart/related; type=application/octet-stream; transfer-syntax=*", True, True),
        ('multipart/related; type="application/octet-stream"', False, True),
        (f'multipart/related; type="image/jphc"; transfer-syntax={HTJ2KLosslessRPCL}', True, False),
        ('multipart/related; type="image/*"', True, False),
        ("multipart/related", True, True),
        ("image/jphc", False, False),
        ('multipart/related; type="image/jphc"; q=0', False, False),
        ('multipart/related; type="a,b", multipart/related; type="image/jphc"', True, False),
    ],
)
def test_a_frame_is_acceptable_as_its_header_says(header: str, htj2k: bool, native: bool) -> None:
    assert (takes(header, HTJ2KLosslessRPCL), takes(header, EXPLICIT)) == (htj2k, native)


@given(st.text(max_size=80))
def test_no_accept_header_breaks_the_parser(header: str) -> None:
    assert isinstance(takes(header, EXPLICIT), bool)


@given(st.integers(1, 500), st.integers(0, 600), st.none() | st.integers(0, 600))
def test_a_range_is_what_slicing_gives(total: int, first: int, last: int | None) -> None:
    content = bytes(index % 251 for index in range(total))
    header = f"bytes={first}-{'' if last is None else last}"
    expected = content[first:] if last is None else content[first : last + 1]
    if last is not None and last < first:
        assert ranges.parse(header, total) is None
    elif first >= total:
        with pytest.raises(ranges.Unsatisfiable):
            ranges.parse(header, total)
    else:
        found = ranges.parse(header, total)
        assert found is not None
        assert content[found.first : found.last + 1] == expected
        assert found.content_range(total) == f"bytes {first}-{first + len(expected) - 1}/{total}"


@given(st.integers(1, 500), st.integers(1, 600))
def test_a_suffix_range_is_the_end(total: int, length: int) -> None:
    found = ranges.parse(f"bytes=-{length}", total)
    assert found == ranges.ByteRange(max(total - length, 0), total - 1)


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=a-b", "bytes=0-1,2-3", "items=0-1", f"bytes={'9' * 40}-"]
)
def test_a_range_we_do_not_understand_is_answered_whole(header: str | None) -> None:
    assert ranges.parse(header, 10) is None


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_any_mime_reader_finds_the_parts_again(contents: list[bytes]) -> None:
    made = multipart.body([multipart.Part("application/octet-stream", content) for content in contents])
    head = f"Content-Type: {multipart.content_type('application/octet-stream', EXPLICIT)}\r\n\r\n".encode()
    read = BytesParser().parsebytes(head + made)
    lengths = [int(part["Content-Length"]) for part in cast("list[Message]", read.get_payload())]
    assert lengths == [len(content) for content in contents]
    at = 0
    for content in contents:
        at = made.index(b"\r\n\r\n", at) + 4
        assert made[at : at + len(content)] == content
        at += len(content)


def test_the_cache_keeps_the_most_recently_used_within_its_bound() -> None:
    cache, made = BoundedCache(10), []

    def value(key: str) -> bytes:
        def make() -> bytes:
            made.append(key)
            return b"x" * 4

        return cache.get(key, make)

    for key in ("a", "b", "a", "c", "a", "b"):
        value(key)
    assert made == ["a", "b", "c", "b"]
    assert cache.get("large", lambda: b"x" * 11) == b"x" * 11


@pytest.fixture
def header_text(tmp_path: Any) -> Any:
    """Writes a header to a file and describes it."""

    def describe(**values: Any) -> dict[str, Any]:
        made = pydicom.Dataset()
        made.SOPInstanceUID, made.SOPClassUID = "1.2.3", "1.2"
        for keyword, value in values.items():
            setattr(made, keyword, value)
        made.file_meta = pydicom.dataset.FileMetaDataset()
        made.file_meta.TransferSyntaxUID = EXPLICIT
        pydicom.dcmwrite(tmp_path / "a.dcm", made, enforce_file_format=True)
        text = with_moment(instance_json(tmp_path / "a.dcm", "/here"), EXPLICIT)
        found: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
        return found

    return describe


def test_a_value_json_cannot_hold_becomes_empty(header_text: Any) -> None:
    assert header_text(DiffusionBValue=float("nan"))["00189087"]["Value"] == [None]


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}")), min_size=1, max_size=3),
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=3),
    st.text("ABC xyz^-", min_size=1, max_size=12),
    st.integers(0, 65535),
)
def test_plain_values_read_as_pydicom_reads_them(
    decimals: list[float], integers: list[int], text: str, number: int
) -> None:
    made = pydicom.Dataset()
    made.ImagePositionPatient, made.ImageComments, made.PatientName = decimals, text, text
    made.ReferencedFrameNumber, made.Rows, made.DiffusionBValue = integers, number, float(number)
    made.StudyDescription, made.StudyInstanceUID = text.strip(), "1.2.3"
    for implicit, little in ((True, True), (False, True), (False, False)):
        file = io.BytesIO()
        pydicom.dcmwrite(file, made, implicit_vr=implicit, little_endian=little)
        file.seek(0)
        read = pydicom.filereader.read_dataset(file, implicit, little)
        for tag in made.keys():  # noqa: SIM118 - a data set iterates over its elements
            raw = read.get_item(tag)
            # pydicom hands out an empty element already converted.
            if isinstance(raw, RawDataElement):
                plain = plain_json(raw)
                assert plain is None or plain == read[tag].to_json_dict(None, 0)


def test_nested_binary_values_stay_in_place(header_text: Any) -> None:
    item = pydicom.Dataset()
    item.add_new(0x00281201, "OW", bytes(3000))
    found = header_text(ReferencedImageSequence=[item])
    assert found["00081140"]["Value"][0]["00281201"]["InlineBinary"].startswith("AAAA")


def test_text_of_any_character_set_becomes_utf_8(header_text: Any) -> None:
    found = header_text(SpecificCharacterSet="ISO_IR 100", PatientName="Bévérand^Zoë")
    assert found["00100010"]["Value"] == [{"Alphabetic": "Bévérand^Zoë"}]
    assert found["00080005"]["Value"] == ["ISO_IR 192"]


def test_a_stored_syntax_is_sent_as_itself_or_as_little_endian() -> None:
    assert as_sent("1.2.840.10008.1.2") == as_sent("1.2.840.10008.1.2.2") == EXPLICIT
    assert as_sent("1.2.840.10008.1.2.4.70") == "1.2.840.10008.1.2.4.70"
    assert media_type("1.2.840.10008.1.2.4.70") == "image/jpeg"
    assert media_type("1.2.3") == "application/octet-stream"


ROW: Any = SimpleNamespace(
    modality="CT", series_description="", series_instance_uid="1.2", series_number=None, images=3
)


def test_a_search_answers_with_empty_values_where_nothing_is_known() -> None:
    found = series_json(ROW, StudyAddress(UUID(int=0), "1"))
    assert (found["00200011"], found["0008103E"]) == ({"vr": "IS"}, {"vr": "LO"})
    assert found["00201209"]["Value"] == [3]


@pytest.mark.parametrize(
    ("query", "found"),
    [({}, True), ({"Modality": "MR,CT"}, True), ({"00080060": "MR"}, False), ({"0020000E": "1.2"}, True),
     ({"SeriesInstanceUID": "1"}, False), ({"includefield": "all"}, True)],
)  # fmt: skip
def test_a_search_is_narrowed_by_the_keys_we_know(query: dict[str, str], found: bool) -> None:
    assert matches(ROW, query) == found
