"""What a file needs to be sent is read from any file that can be sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.scu.outgoing import MOST_CONTEXTS, Outgoing, find_files, grouped, read_outgoing
from dicom_node.vault.part10 import encode_plain_head
from pipeline.domain.errors import NoDicomFound, NotDicom, UnreadableInstance
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, data_set

HEAD = encode_plain_head(CTImageStorage, "1.2.3.1", ExplicitVRLittleEndian)


def _write(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


def test_a_part_10_file_is_sent_as_it_is(tmp_path: Path) -> None:
    file = read_outgoing(_write(tmp_path, HEAD + data_set()))
    assert file.whole
    assert file.context == (CTImageStorage, ExplicitVRLittleEndian)
    assert file.data_set_offset == len(HEAD)


def test_a_bare_data_set_is_sent_with_a_head_of_its_own(tmp_path: Path) -> None:
    file = read_outgoing(_write(tmp_path, data_set(transfer_syntax=ImplicitVRLittleEndian)))
    assert not file.whole
    assert (file.TransferSyntaxUID, file.data_set_offset) == (ImplicitVRLittleEndian, 0)


def test_a_data_set_is_believed_before_its_file_meta(tmp_path: Path) -> None:
    file = read_outgoing(_write(tmp_path, HEAD + data_set(sop_instance="1.2.9")))
    assert file.SOPInstanceUID == "1.2.9"
    assert not file.whole


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(500)])
def test_what_is_no_dicom_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotDicom):
        read_outgoing(_write(tmp_path, data))


def test_a_directory_file_is_not_sent(tmp_path: Path) -> None:
    data = encode_plain_head("1.2.840.10008.1.3.10", "1.2.3", ExplicitVRLittleEndian) + bytes(8)
    with pytest.raises(UnreadableInstance, match="DICOMDIR"):
        read_outgoing(_write(tmp_path, data))


@given(data=st.binary(max_size=200), head=st.sampled_from([b"", HEAD[:132], HEAD[:-20], HEAD]))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes) -> None:
    try:
        file = read_outgoing(_write(tmp_path_factory.getbasetemp(), head + data))
    except (NotDicom, UnreadableInstance):
        return
    assert file.SOPClassUID
    assert file.SOPInstanceUID


def test_a_folder_gives_its_files_and_a_missing_path_is_an_error(tmp_path: Path) -> None:
    path = _write(tmp_path, b"")
    assert list(find_files([tmp_path])) == [(path, False)]
    assert list(find_files([path])) == [(path, True)]
    with pytest.raises(NoDicomFound, match="does not exist"):
        list(find_files([tmp_path / "none"]))


@given(count=st.integers(0, 400))
def test_no_group_needs_more_contexts_than_an_association_has(count: int) -> None:
    files = [Outgoing(Path(), f"1.{n % 300}", "1", "2", 0, whole=True) for n in range(count)]
    groups = grouped(files)
    assert sorted(id(file) for group in groups for file in group) == sorted(map(id, files))
    assert all(len({file.context for file in group}) <= MOST_CONTEXTS for group in groups)
