"""After a crash: what stands in the journal becomes plain, pending files again."""

from __future__ import annotations

from itertools import islice

from dicom_node.vault.files import JournalFiles
from dicom_node.vault.journal import Journal
from dicom_node.vault.plain import Piece, PlainFiles
from dicom_node.vault.replay import replay
from dicom_node.vault.simple import SimpleVault
from pipeline import logs
from pipeline.domain.errors import VaultError
from pipeline.domain.receipt import Receipt

_AT_ONCE = 64


def recover(journal: Journal, plain: SimpleVault, maker: PlainFiles, files: JournalFiles) -> None:
    """Make files of what an earlier process left in the journal, then have it ready for more. Raises `VaultError`."""
    try:
        for path, descriptor in journal.segments_on_disk():
            damaged = _restore(descriptor, plain, maker, files)
            if damaged:
                logs.get().error("journal_damaged", count=len(damaged))
                journal.set_aside(path, descriptor)
            else:
                journal.reuse(path, descriptor)
        journal.prepare()
    except OSError as exc:
        raise VaultError(f"The journal cannot be read back: {exc.strerror or 'unknown error'}.") from exc


def _restore(descriptor: int, plain: SimpleVault, maker: PlainFiles, files: JournalFiles) -> list[int]:
    """Make files of what stands in a segment; the offsets where it could not be read."""
    damaged: list[int] = []
    found = replay(files, descriptor, damaged.append)
    while batch := list(islice(found, _AT_ONCE)):
        lost = [one for one in batch if not _is_held(plain, one.receipt)]
        maker.make([Piece(one.receipt.path, descriptor, one.offset, one.length) for one in lost])
        paths = [one.receipt.path for one in batch]
        maker.confirm(paths)
        plain.mark_pending(paths)
        logs.get().info("journal_replayed", count=len(batch))
    return damaged


def _is_held(plain: SimpleVault, receipt: Receipt) -> bool:
    """Whether the file is there, and can be read: the journal's copy has proved itself, and can replace it."""
    try:
        return plain.holds(receipt.path, receipt.sha256)
    except OSError:
        return False
