"""A STOW body taken apart as it comes, and what is said of its objects."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.stow.answer import response_module, status_of
from dicom_node.stow.multipart import NoMemory, Parts, TooLargePart, boundary_of
from dicom_node.stow.store import CANNOT_UNDERSTAND, MISMATCH, OUT_OF_RESOURCES, Said
from dicom_node.upper.incoming import Memory
from pipeline.domain.errors import BadInput

PLENTY = 1 << 24


def body(contents: list[bytes]) -> bytes:
    pieces = [b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + one for one in contents]
    return b"".join(pieces) + b"\r\n--b--\r\nepilogue"


def taken_apart(data: bytes, cuts: list[int], largest: int = PLENTY, memory: Memory | None = None) -> list[bytes]:
    parts = Parts(b"b", memory or Memory(PLENTY), largest)
    found: list[bytes] = []
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    try:
        for first, last in pairwise(edges):
            found += [bytes(one) for one in parts.feed(data[first:last])]
    finally:
        parts.close()
    assert parts.ended
    return found


@given(
    st.lists(st.binary(max_size=300).filter(lambda one: b"\r\n--b" not in one), max_size=4), st.lists(st.integers(0))
)
def test_parts_come_out_as_they_went_in_however_the_body_is_cut(contents: list[bytes], cuts: list[int]) -> None:
    assert taken_apart(body(contents) if contents else b"--b--", cuts) == contents


@given(st.binary(max_size=400))
def test_no_body_breaks_the_parser_and_all_memory_comes_back(data: bytes) -> None:
    memory = Memory(1000)
    parts = Parts(b"b", memory, 300)
    try:
        for _ in parts.feed(data):
            pass
    except (BadInput, NoMemory):
        pass
    parts.close()
    assert memory.take(1000)


def test_an_object_beyond_the_bounds_is_refused_before_it_is_whole() -> None:
    with pytest.raises(TooLargePart):
        taken_apart(body([bytes(100_000)]), list(range(0, 100_000, 1000)), largest=1000)
    with pytest.raises(NoMemory):
        taken_apart(body([bytes(10_000)]), [], memory=Memory(9_000))


@pytest.mark.parametrize(
    ("declared", "boundary"),
    [
        ('multipart/related; type="application/dicom"; boundary="a b"', b"a b"),
        ("multipart/related; boundary=x", b"x"),
        ("multipart/related", None),
        ('multipart/related; type="application/dicom+json"; boundary=x', None),
        ("application/dicom", None),
        ("", None),
        (f"multipart/related; boundary={'x' * 300}", None),
    ],
)
def test_only_parts_of_dicom_are_taken(declared: str, boundary: bytes | None) -> None:
    if boundary is None:
        with pytest.raises(BadInput):
            boundary_of(declared)
    else:
        assert boundary_of(declared) == boundary


STORED = Said("1.2", "1.2.3", "1.2.1", "1.2.2")


@pytest.mark.parametrize(
    ("reasons", "status"),
    [
        ([0], 200),
        ([0, MISMATCH], 202),
        ([MISMATCH], 409),
        ([OUT_OF_RESOURCES, OUT_OF_RESOURCES], 503),
        ([OUT_OF_RESOURCES, CANNOT_UNDERSTAND], 409),
    ],
)
def test_the_answer_says_whether_all_some_or_none_were_stored(reasons: list[int], status: int) -> None:
    assert status_of([Said("1.2", "1.2.3", "1.2.1", "1.2.2", reason) for reason in reasons]) == status


def test_the_module_names_what_was_stored_and_why_the_rest_was_not() -> None:
    module: dict[str, Any] = response_module([STORED, Said("", "", reason=CANNOT_UNDERSTAND)], "https://nv/dicom-web")
    (stored,), (failed,) = module["00081199"]["Value"], module["00081198"]["Value"]
    assert stored["00081190"]["Value"] == ["https://nv/dicom-web/studies/1.2.1/series/1.2.2/instances/1.2.3"]
    assert failed["00081197"]["Value"] == [CANNOT_UNDERSTAND]
    assert failed["00081155"] == {"vr": "UI"}
