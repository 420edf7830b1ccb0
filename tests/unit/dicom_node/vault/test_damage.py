"""The fast vault: one bad sector, file or folder takes nothing else with it."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from dicom_node.vault import journal
from dicom_node.vault.fast import FastVault
from dicom_node.vault.files import OsFiles
from dicom_node.vault.records import PAGE
from pipeline.domain.errors import VaultError
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival, data_set

PAGES = 16


class BadDisk(OsFiles):
    """Cannot read one byte of the journal, sync one folder, or end a write before it may."""

    def __init__(self, bad: int = -1, unsynced: str = "") -> None:
        self.bad = bad
        self.unsynced = unsynced
        self.writing = threading.Event()
        self.may_write = threading.Event()
        self.may_write.set()

    def read_at(self, descriptor: int, length: int, offset: int) -> bytes:
        self._check(offset, length)
        return super().read_at(descriptor, length, offset)

    def copy_out(self, descriptor: int, offset: int, length: int, target: Path) -> int:
        self._check(offset, length)
        return super().copy_out(descriptor, offset, length, target)

    def sync_folder(self, path: Path) -> None:
        if path.name == self.unsynced:
            raise _io_error()
        super().sync_folder(path)

    def write_at(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        self.writing.set()
        assert self.may_write.wait(10)
        super().write_at(descriptor, parts, offset)

    def sync(self, descriptor: int) -> None:
        """Nothing here needs to wait for the real disk."""

    def sync_data(self, descriptor: int) -> None:
        """The same."""

    def _check(self, offset: int, length: int) -> None:
        if offset <= self.bad < offset + length:
            raise _io_error()


def _io_error() -> OSError:
    return OSError(errno.EIO, os.strerror(errno.EIO))


def _vault(root: Path, files: BadDisk, most: int = 2) -> FastVault:
    return FastVault(root, watermark=1.0, files=files, segment_bytes=PAGES * PAGE, most_segments=most)


def _append(vault: FastVault, number: int, study: str = "1.2.1") -> Receipt:
    uid = f"1.2.3.{number}"
    return vault.append(data_set(sop_instance=uid, study=study, pixels=b"ab"), arrival(sop_instance=uid))


def _there(root: Path, receipts: Sequence[Receipt]) -> list[bool]:
    return [(root / receipt.path).is_file() for receipt in receipts]


def _kill(vault: FastVault) -> None:
    os.close(vault._journal._lock)


def test_one_file_that_cannot_be_made_does_not_block_the_others(tmp_path: Path) -> None:
    files = BadDisk()
    vault = _vault(tmp_path, files)
    receipts = [_append(vault, number) for number in range(5)]
    files.bad = 2 * PAGE + 600
    with pytest.raises(OSError, match="Input/output"):
        vault.step()
    assert _there(tmp_path, receipts) == [True, False, True, True, True]
    vault.settle([receipts[0], *receipts[2:]])
    with pytest.raises(VaultError):
        vault.settle(receipts)
    receipts.append(_append(vault, 5))
    vault.step()
    files.bad = -1
    vault.step()
    assert all(_there(tmp_path, receipts))
    vault.settle(receipts)
    vault.release()


def test_a_disk_that_was_full_for_long_makes_all_files_once_there_is_room(tmp_path: Path) -> None:
    files = BadDisk()
    vault = _vault(tmp_path, files)
    receipts = [_append(vault, number) for number in range(4)]
    files.unsynced = (tmp_path / receipts[0].path).parent.name
    for _ in range(3):
        with pytest.raises(OSError, match="Input/output"):
            vault.step()
    files.unsynced = ""
    vault.step()
    vault.step()
    assert all(_there(tmp_path, receipts))
    vault.settle(receipts)
    vault.release()


def test_a_study_folder_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    vault = _vault(tmp_path, BadDisk())
    first = _append(vault, 1)
    vault.step()
    vault.indexed([first])
    shutil.rmtree((tmp_path / first.path).parent)
    receipts = [_append(vault, 2), _append(vault, 3, study="9.9")]
    vault.step()
    assert all(_there(tmp_path, receipts))
    vault.release()


def test_a_file_that_was_taken_away_before_the_index_heard_of_it_does_not_fill_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "ROOM_WITHIN_S", 0.01)
    vault = _vault(tmp_path, BadDisk())
    gone = _append(vault, 0)
    vault.step()
    (tmp_path / gone.path).unlink()
    receipts = []
    for number in range(1, 3 * PAGES):
        receipts.append(_append(vault, number))
        vault.step()
    assert {one.path for one in vault.pending()} == {one.path for one in receipts}
    vault.release()


@pytest.mark.parametrize(
    ("bad", "lost"), [(PAGE + 10, 0), (2 * PAGE + 600, 1), ((PAGES - 1) * PAGE, None)], ids=["head", "body", "unused"]
)
def test_a_bad_sector_of_the_journal_costs_what_stands_on_it_and_the_node_starts(
    tmp_path: Path, bad: int, lost: int | None
) -> None:
    files = BadDisk()
    vault = _vault(tmp_path, files)
    receipts = [_append(vault, number) for number in range(3)]
    _kill(vault)
    (segment,) = tmp_path.glob("journal/*.journal")
    files.bad = bad
    vault = _vault(tmp_path, files)
    vault.recover()
    assert _there(tmp_path, receipts) == [number != lost for number in range(3)]
    assert [file.stem for file in tmp_path.glob("journal/*.damaged")] == [segment.stem]
    assert not segment.exists()
    files.bad = -1
    assert not _append(vault, 9).duplicate
    vault.release()


@pytest.mark.parametrize("readable", [True, False])
def test_a_segment_whose_first_page_is_damaged_is_kept_for_somebody_to_look_at(
    tmp_path: Path, *, readable: bool
) -> None:
    files = BadDisk()
    vault = _vault(tmp_path, files)
    _append(vault, 1)
    _kill(vault)
    (segment,) = tmp_path.glob("journal/*.journal")
    if readable:
        with segment.open("r+b") as stream:
            stream.write(b"damaged")
    else:
        files.bad = 0
    kept = segment.read_bytes()
    vault = _vault(tmp_path, files)
    vault.recover()
    assert segment.with_suffix(".damaged").read_bytes() == kept
    assert not segment.exists()
    vault.release()


def test_what_nobody_expected_does_not_end_the_thread_that_makes_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = _vault(tmp_path, BadDisk())
    monkeypatch.setattr("dicom_node.vault.fast.AGAIN_AFTER_S", 0.01)
    make = vault._maker.make
    calls = []

    def fail_once(pieces: Sequence[object]) -> None:
        calls.append(len(pieces))
        if len(calls) == 1:
            raise RuntimeError
        make(pieces)  # type: ignore[arg-type]

    monkeypatch.setattr(vault._maker, "make", fail_once)
    receipt = _append(vault, 1)
    thread = threading.Thread(target=vault.run)
    thread.start()
    vault.settle([receipt])
    vault.close()
    thread.join(10)
    assert _there(tmp_path, [receipt]) == [True]
    vault.release()


def test_a_segment_whose_name_could_not_be_made_durable_is_not_left_behind(tmp_path: Path) -> None:
    files = BadDisk()
    vault = _vault(tmp_path, files)
    files.unsynced = "journal"
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(5):
        with pytest.raises(VaultError):
            _append(vault, number)
    assert list(tmp_path.glob("journal/*.journal")) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    files.unsynced = ""
    vault.release()


def test_a_disk_too_full_for_a_journal_does_not_keep_the_node_from_starting(tmp_path: Path) -> None:
    files = BadDisk(unsynced="journal")
    vault = _vault(tmp_path, files)
    vault.recover()
    files.unsynced = ""
    assert not _append(vault, 1).duplicate
    vault.release()


def test_no_second_node_is_let_in_while_a_write_is_in_hand(tmp_path: Path) -> None:
    files = BadDisk()
    vault = _vault(tmp_path, files)
    _append(vault, 1)
    files.may_write.clear()
    files.writing.clear()
    writing = threading.Thread(target=_append, args=(vault, 2))
    writing.start()
    assert files.writing.wait(10)
    closing = threading.Thread(target=vault.release)
    closing.start()
    closing.join(10)
    assert _is_locked(tmp_path)
    files.may_write.set()
    writing.join(10)
    assert not _is_locked(tmp_path)
    vault = _vault(tmp_path, files)
    vault.recover()
    assert len(list(vault.pending())) == 2
    vault.release()


def _is_locked(root: Path) -> bool:
    descriptor = os.open(root / "journal" / "lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
