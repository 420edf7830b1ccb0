"""The power is cut at any moment: what was acknowledged is there afterwards, whole, and the index will hear of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from dicom_node.vault.fast import FastVault
from dicom_node.vault.files import OsFiles
from dicom_node.vault.naming import digest
from dicom_node.vault.part10 import decode_head
from dicom_node.vault.records import PAGE
from pipeline.domain.errors import UnreadableInstance, VaultError
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival, data_set
from pipeline.testing.power_cut import Event, Mark, WatchedFiles, left_after

SEGMENT = 8 * PAGE
CUTS = 60


class Unsynced(OsFiles):
    """The real disk, without waiting for it."""

    def sync(self, descriptor: int) -> None:
        pass

    def sync_data(self, descriptor: int) -> None:
        pass


class Died(Exception):
    """The process, here."""


class Watched(WatchedFiles):
    """Can be killed where a study's folder would be synced, and knows when it is recovering from that."""

    dying = False
    recovering = False

    def sync_folder(self, path: Path) -> None:
        if self.dying and path.parent.name == "studies":
            raise Died
        super().sync_folder(path)


def _vault(root: Path, files: OsFiles) -> FastVault:
    return FastVault(root, watermark=1.0, files=files, segment_bytes=SEGMENT, most_segments=2)


def _kept(vault: FastVault, files: WatchedFiles, number: int) -> tuple[Receipt, bytes]:
    uid = f"1.2.3.{number}"
    body = data_set(sop_instance=uid, study=f"1.2.{number % 3}", pixels=Random(number).randbytes(3000))
    receipt = vault.append(body, arrival(sop_instance=uid))
    files.mark(("acknowledged", receipt, body))
    return receipt, body


def _index(vault: FastVault, files: WatchedFiles, receipts: Sequence[Receipt]) -> None:
    for receipt in receipts:
        files.mark(("indexed", receipt))
    vault.indexed(receipts)


def _a_day(root: Path, files: Watched) -> None:
    """Images come, become files, are indexed or not; segments are used again; the process is killed once."""
    vault = _vault(root, files)
    vault.recover()
    for number in range(0, 24, 3):
        receipts = [_kept(vault, files, number + one)[0] for one in range(3)]
        vault.step()
        _index(vault, files, receipts[: number % 2])
    _kept(vault, files, 24)
    vault.step()
    _kept(vault, files, 25)
    _killed_at_work(vault, files)
    vault = _vault(root, files)
    files.recovering = True
    vault.recover()
    files.recovering = False
    for number in range(26, 32):
        _kept(vault, files, number)
        vault.step()
    vault.release()


def _killed_at_work(vault: FastVault, files: Watched) -> None:
    """A file has its name, and nobody made that durable; then what the kernel does for a dead process."""
    files.dying = True
    with pytest.raises(Died):
        vault.step()
    files.dying = False
    os.close(vault._journal._lock)


def _lost(events: Sequence[Event], root: Path, target: Path, chance: Random) -> list[str]:
    """What is wrong after a cut behind ``events``."""
    left_after(events, root, target, chance)
    marks = [event.what for event in events if isinstance(event, Mark)]
    vault = _vault(target, Unsynced())
    vault.recover()
    pending = {receipt.path for receipt in vault.pending()}
    indexed = {what[1].path for what in marks if what[0] == "indexed"}
    wrong = [path for path in map(str, target.glob("studies/*/*.dcm")) if not _is_whole(Path(path))]
    for what in marks:
        if what[0] == "acknowledged":
            wrong += [what[1].path] * (not _reads(vault, what[1].path, what[2]))
            wrong += ["not pending"] * (what[1].path not in pending | indexed)
    vault.release()
    return wrong


def _reads(vault: FastVault, path: str, body: bytes) -> bool:
    try:
        return vault.read(path).endswith(body)
    except VaultError:
        return False


def _is_whole(file: Path) -> bool:
    content = file.read_bytes()
    try:
        meta = decode_head(content)
    except UnreadableInstance:
        return False
    return digest(content[meta.data_set_offset :]) == meta.sha256


def _cuts(tmp_path: Path, files: Watched) -> list[str]:
    root = tmp_path / "vault"
    root.mkdir()
    _a_day(root, files)
    chance = Random(7)
    for number in range(CUTS):
        moment = chance.randrange(1, len(files.events) + 1)
        wrong = _lost(files.events[:moment], root, tmp_path / str(number), chance)
        if wrong:
            return wrong
    return []


def test_a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert _cuts(tmp_path, Watched(tmp_path / "vault")) == []


SYNCS: dict[str, Callable[[Path], bool]] = {
    "the vault's own folders": lambda path: path == Path(),
    "the journal's folder": lambda path: path == Path("journal"),
    "the journal": lambda path: path.suffix == ".journal",
    "a plain file": lambda path: path.parent == Path("incoming"),
    "a study's folder": lambda path: path.parent == Path("studies"),
    "the folder of studies": lambda path: path == Path("studies"),
    "the list of pending files": lambda path: path == Path("pending"),
}


@pytest.mark.parametrize("left_out", SYNCS)
def test_without_any_one_of_the_syncs_something_is_lost(tmp_path: Path, left_out: str) -> None:
    assert _cuts(tmp_path, Watched(tmp_path / "vault", SYNCS[left_out])) != []


def test_who_recovers_does_not_believe_that_a_file_that_is_there_will_stay(tmp_path: Path) -> None:
    files = Watched(tmp_path / "vault", lambda path: files.recovering and path.parent == Path("studies"))
    assert _cuts(tmp_path, files) != []
