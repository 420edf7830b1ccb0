"""The fast vault: what its journal does when the disk, the room or another process fails it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from dicom_node.vault import journal
from dicom_node.vault.fast import FastVault, fast_vault
from dicom_node.vault.files import OsFiles
from dicom_node.vault.header import InstanceIds
from dicom_node.vault.held import HeldDataSet
from dicom_node.vault.naming import digest
from dicom_node.vault.records import PAGE, Record, decode_opening, encode_opening, encode_record
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import HomeInUse, VaultError, VaultFull
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival, data_set


class FailingFiles(OsFiles):
    """Fails where it is told to."""

    def __init__(self) -> None:
        self.failing = ""
        self.syncs = 0

    def _maybe(self, what: str, error: int = errno.EIO) -> None:
        if self.failing == what:
            raise OSError(error, os.strerror(error))

    def write_at(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        self._maybe("write", errno.EROFS)
        super().write_at(descriptor, parts, offset)

    def sync_data(self, descriptor: int) -> None:
        self._maybe("sync")
        self.syncs += 1
        super().sync_data(descriptor)

    def make_segment(self, path: Path, size: int) -> int:
        self._maybe("segment", errno.ENOSPC)
        return super().make_segment(path, size)

    def copy_out(self, descriptor: int, offset: int, length: int, target: Path) -> int:
        self._maybe("file", errno.ENOSPC)
        return super().copy_out(descriptor, offset, length, target)


def _vault(root: Path, files: OsFiles | None = None, pages: int = 16, most: int = 2) -> FastVault:
    return FastVault(root, watermark=1.0, files=files, segment_bytes=pages * PAGE, most_segments=most)


@contextmanager
def _recovered(root: Path) -> Iterator[FastVault]:
    vault = _vault(root)
    vault.recover()
    yield vault
    vault.release()


def _append(vault: FastVault | SimpleVault, number: int, pixels: bytes = b"ab") -> Receipt:
    uid = f"1.2.3.{number}"
    return vault.append(data_set(sop_instance=uid, pixels=pixels), arrival(sop_instance=uid))


def _killed(vault: FastVault) -> None:
    os.close(vault._journal._lock)


def test_an_image_is_acknowledged_after_one_sync_and_is_a_file_later(tmp_path: Path) -> None:
    files = FailingFiles()
    vault = _vault(tmp_path, files)
    receipt = _append(vault, 1)
    assert files.syncs == 1
    assert not (tmp_path / receipt.path).exists()
    vault.step()
    assert (tmp_path / receipt.path).stat().st_mode & 0o777 == 0o600
    vault.release()


def test_after_a_kill_what_was_acknowledged_becomes_a_pending_file(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    receipts = [_append(vault, number) for number in range(3)]
    _killed(vault)
    with _recovered(tmp_path) as vault:
        assert {receipt.path for receipt in vault.pending()} == {receipt.path for receipt in receipts}
        assert all((tmp_path / receipt.path).is_file() for receipt in receipts)


def test_a_clean_stop_leaves_nothing_to_replay_and_the_simple_vault_can_go_on(tmp_path: Path) -> None:
    with fast_vault(_vault(tmp_path)) as vault:
        first, second = _append(vault, 1), _append(vault, 2)
        vault.settle([second])
        vault.indexed([second])
    assert {file.read_bytes()[:PAGE] for file in tmp_path.glob("journal/*.journal")} == {bytes(PAGE)}
    assert list(SimpleVault(tmp_path, watermark=1.0).pending()) == [first]


def test_a_vault_written_by_the_simple_one_is_read_and_its_duplicates_known(tmp_path: Path) -> None:
    first = _append(SimpleVault(tmp_path, watermark=1.0), 1)
    with _recovered(tmp_path) as vault:
        assert _append(vault, 1) == replace(first, duplicate=True)
        assert list(vault.pending()) == [first]


def test_the_same_image_again_before_it_is_a_file_is_a_duplicate(tmp_path: Path) -> None:
    files = FailingFiles()
    vault = _vault(tmp_path, files)
    assert [_append(vault, 1).duplicate for _ in range(2)] == [False, True]
    assert files.syncs == 1
    vault.release()


def test_an_image_larger_than_a_segment_is_a_plain_file_at_once(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    receipt = _append(vault, 1, pixels=bytes(17 * PAGE))
    assert (tmp_path / receipt.path).is_file()
    assert list(vault.pending()) == [receipt]
    vault.release()


def test_an_image_with_an_absurd_head_is_a_plain_file_at_once(tmp_path: Path) -> None:
    uid = "1.2." + "\xe9" * 65_000
    how = replace(arrival(), SOPClassUID=uid, SOPInstanceUID=uid, TransferSyntaxUID=uid)
    vault = FastVault(tmp_path, watermark=1.0, segment_bytes=8 << 20, most_segments=1)
    held = HeldDataSet(b"ab", digest(b"ab"), InstanceIds(uid, uid, "1.2", "1.3"))
    receipt = vault.keep(held, how)
    _killed(vault)
    vault = FastVault(tmp_path, watermark=1.0, segment_bytes=8 << 20, most_segments=1)
    vault.recover()
    assert vault.read(receipt.path).endswith(b"ab")
    assert [one.path for one in vault.pending()] == [receipt.path]
    vault.release()


@pytest.mark.parametrize("failing", ["write", "sync", "segment"])
def test_a_disk_that_fails_the_journal_gets_no_success_and_leaves_nothing(tmp_path: Path, failing: str) -> None:
    files = FailingFiles()
    vault = _vault(tmp_path, files)
    files.failing = failing
    with pytest.raises(VaultError, match="The disk failed"):
        _append(vault, 1)
    files.failing = ""
    kept = _append(vault, 2)
    _killed(vault)
    with _recovered(tmp_path) as vault:
        assert [receipt.path for receipt in vault.pending()] == [kept.path]


def test_what_was_acknowledged_before_a_sync_failed_becomes_a_file_and_the_segment_is_given_up(tmp_path: Path) -> None:
    files = FailingFiles()
    vault = _vault(tmp_path, files, pages=4)
    first = _append(vault, 1)
    files.failing = "sync"
    with pytest.raises(VaultError):
        _append(vault, 2)
    files.failing = ""
    vault.step()
    vault.indexed([first])
    for number in range(3, 12):
        receipt = _append(vault, number)
        vault.step()
        vault.indexed([receipt])
    assert len(list(tmp_path.glob("studies/*/*.dcm"))) == 10
    vault.release()


def test_a_disk_too_full_for_files_keeps_the_journal_until_there_is_room(tmp_path: Path) -> None:
    files = FailingFiles()
    vault = _vault(tmp_path, files)
    receipt = _append(vault, 1)
    files.failing = "file"
    with pytest.raises(OSError, match="No space left"):
        vault.step()
    assert list((tmp_path / "incoming").iterdir()) == []
    files.failing = ""
    vault.step()
    assert vault.read(receipt.path)
    vault.release()


def test_a_full_journal_answers_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ROOM_WITHIN_S", 0.01)
    vault = _vault(tmp_path, pages=4, most=1)
    for number in range(3):
        _append(vault, number)
    with pytest.raises(VaultError, match="journal is full"):
        _append(vault, 4)
    vault.step()
    assert not _append(vault, 5).duplicate
    vault.release()


def test_an_index_that_hears_nothing_for_long_does_not_fill_the_journal(tmp_path: Path) -> None:
    vault = _vault(tmp_path, pages=4)
    receipts = []
    for number in range(10):
        receipts.append(_append(vault, number))
        vault.step()
    assert {receipt.path for receipt in vault.pending()} == {receipt.path for receipt in receipts}
    vault.release()


def test_above_the_watermark_nothing_is_taken(tmp_path: Path) -> None:
    vault = FastVault(tmp_path, watermark=0.0, segment_bytes=4 * PAGE)
    with pytest.raises(VaultFull):
        _append(vault, 1)
    vault.release()


def test_a_short_write_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwritev
    monkeypatch.setattr(
        "dicom_node.vault.files.os.pwritev", lambda fd, parts, offset: write(fd, [parts[0][:100]], offset)
    )
    vault = _vault(tmp_path)
    receipt = _append(vault, 1, pixels=bytes(range(256)) * 20)
    vault.step()
    assert vault.read(receipt.path).endswith(bytes(range(256)) * 20)
    vault.release()


def test_where_the_kernel_cannot_copy_we_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr("dicom_node.vault.files.os.copy_file_range", refuse)
    vault = _vault(tmp_path)
    receipt = _append(vault, 1, pixels=bytes(range(256)) * 20)
    vault.step()
    assert vault.read(receipt.path).endswith(bytes(range(256)) * 20)
    vault.release()


def test_a_torn_record_does_not_hide_the_one_behind_it(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    receipts = [_append(vault, number, pixels=bytes(PAGE)) for number in range(3)]
    _killed(vault)
    (segment,) = tmp_path.glob("journal/*.journal")
    with segment.open("r+b") as stream:
        stream.seek(3 * PAGE + 1000)  # inside the second record, whose data set begins there
        stream.write(b"torn")
    with _recovered(tmp_path) as vault:
        assert {receipt.path for receipt in vault.pending()} == {receipts[0].path, receipts[2].path}


def test_a_file_that_cannot_be_read_back_is_made_again_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = _vault(tmp_path)
    receipt = _append(vault, 1)
    vault.step()
    _killed(vault)
    (tmp_path / receipt.path).write_bytes(b"damaged")
    monkeypatch.setattr(SimpleVault, "holds", _bad_sector)
    with _recovered(tmp_path) as vault:
        assert vault.read(receipt.path).endswith(data_set(sop_instance="1.2.3.1", pixels=b"ab"))


def _bad_sector(*_: object) -> NoReturn:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_pixels_that_look_like_a_record_are_pixels(tmp_path: Path) -> None:
    forged = Record(1, "studies/" + 32 * "0" + "/" + 24 * "0" + "-" + 24 * "0" + ".dcm", 10, 10)
    pixels = (encode_record(bytes(16), forged, bytes(10)).ljust(64, b"\0")) * 200
    vault = _vault(tmp_path)
    receipt = _append(vault, 1, pixels=pixels)
    _killed(vault)
    with _recovered(tmp_path) as vault:
        assert [one.path for one in vault.pending()] == [receipt.path]


def test_a_segment_that_was_never_opened_is_none() -> None:
    assert decode_opening(bytes(PAGE)) is None
    assert decode_opening(b"") is None
    assert decode_opening(encode_opening(b"n" * 16)) == b"n" * 16


def test_a_second_node_on_the_same_vault_is_refused(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    with pytest.raises(HomeInUse):
        _vault(tmp_path)
    vault.release()
