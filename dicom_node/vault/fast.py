"""The fast vault: an image is durable in a journal first, and a plain file a moment later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from dicom_node.outermost import outcome_of
from dicom_node.vault.files import JournalFiles, OsFiles
from dicom_node.vault.held import HeldDataSet, examine
from dicom_node.vault.journal import open_journal
from dicom_node.vault.naming import instance_path, slot
from dicom_node.vault.part10 import encode_head
from dicom_node.vault.plain import Piece, PlainFiles
from dicom_node.vault.records import MOST_HEAD, RECORD_HEAD, Record
from dicom_node.vault.recovery import recover
from dicom_node.vault.segment import Entry
from dicom_node.vault.simple import SimpleVault
from pipeline import logs
from pipeline.domain.errors import VaultError
from pipeline.domain.receipt import Arrival, Receipt

SEGMENT_BYTES = 64 << 20
MOST_SEGMENTS = 4
AT_ONCE = 64
"""Files made in one go: one folder sync for all of them, and none waits long for the others."""

QUIET_S = 0.02
TOGETHER_S = 0.3
"""Files are made when no image came for the first time or one has waited for the second: disk and processor
belong to those who wait for an answer. Whoever asks for a file (`settle`) has it made at once."""

SETTLE_WITHIN_S = 5.0
AGAIN_AFTER_S = 1.0
"""How long a disk that made no files is left alone."""

_LOCKS = 1024


class FastVault:
    """Implements `pipeline.domain.ports.Vault`; safe for many threads. `recover` it, then `run` it in a thread.

    One sync of the journal makes the images of many associations durable. A `SimpleVault` keeps what the journal does
    not take: images larger than a segment, with an absurd head, and duplicates. Raises `HomeInUse`.
    """

    def __init__(
        self,
        root: Path,
        *,
        watermark: float,
        files: JournalFiles | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        most_segments: int = MOST_SEGMENTS,
    ) -> None:
        self._files = files or OsFiles()
        self._plain = SimpleVault(root, watermark=watermark, files=self._files)
        self._journal = open_journal(root, self._files, segment_bytes, most_segments)
        self._maker = PlainFiles(root, self._files, self._plain.folders)
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._changed = threading.Condition()
        self._queue: deque[Entry] = deque()
        self._failed: dict[str, Entry] = {}
        self._unfiled: dict[str, Entry] = {}
        self._unnoted: dict[str, Entry] = {}
        self._unfiled_bytes = 0
        self._hurry = threading.Event()
        self._closing = False

    def append(self, part10_body: bytes, arrival: Arrival) -> Receipt:
        """See `pipeline.domain.ports.Vault.append`."""
        return self.keep(examine(part10_body, arrival.TransferSyntaxUID), arrival)

    def keep(self, held: HeldDataSet, arrival: Arrival) -> Receipt:
        """Append a data set that is already examined; it is ``held.sha256`` that is believed."""
        path = instance_path(arrival.site_id, held.ids, held.sha256)
        receipt = Receipt(arrival, path, held.sha256, len(held.body))
        head = encode_head(arrival, held.sha256)
        record = Record(0, path, len(head), len(held.body))
        with self._locks[slot(path, _LOCKS)]:
            if path in self._unfiled:
                return Receipt(arrival, path, held.sha256, len(held.body), duplicate=True)
            try:
                if not self._fits(record) or self._plain.file(path).exists():
                    return self._plain.keep(held, arrival)
                self._plain.refuse_when_full(self._unfiled_bytes + record.length)
                entry = self._journal.append(receipt, head, held.body)
            except OSError as exc:
                raise VaultError(f"The disk failed: {exc.strerror or 'unknown error'}.") from exc
            self._took(entry)
        return receipt

    def pending(self) -> Iterator[Receipt]:
        """See `pipeline.domain.ports.Vault.pending`."""
        with self._changed:
            journalled = [entry.receipt for entry in self._unnoted.values()]
        yield from self._plain.pending()
        yield from journalled

    def settle(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Vault.settle`."""
        paths = {receipt.path for receipt in receipts}
        with self._changed:
            unfiled, failed = self._unfiled.keys(), self._failed.keys()
            self._hurry.set()
            self._changed.wait_for(lambda: unfiled.isdisjoint(paths) or not failed.isdisjoint(paths), SETTLE_WITHIN_S)
            if not unfiled.isdisjoint(paths):
                raise VaultError("The images are not plain files yet.")

    def indexed(self, receipts: Iterable[Receipt]) -> None:
        """See `pipeline.domain.ports.Vault.indexed`."""
        known = list(receipts)
        with self._changed:
            found = [self._unnoted.pop(receipt.path, None) for receipt in known]
        self._journal.noted([entry for entry in found if entry is not None])
        self._plain.indexed(known)

    def read(self, path: str) -> bytes:
        """See `pipeline.domain.ports.Vault.read`. Raises `VaultError` when there is no such file."""
        entry = self._unfiled.get(path)
        if entry is not None:
            self.settle([entry.receipt])
        return self._plain.read(path)

    def remove(self, path: str, needed: Callable[[], bool]) -> bool:
        """Take a file away unless it is needed, or came again and the index has not heard of it; whether it is gone.

        ``needed`` is asked when the file has no name any more, and may take long: it holds no sender up.
        `SimpleVault.sweep` makes it durable. Raises `OSError`, and what ``needed`` raises; then it is to be done again.
        """
        lock = self._locks[slot(path, _LOCKS)]
        with lock:
            if self._is_news(path):
                return False
            if not self._plain.put_aside(path):
                return True
        # In this order: what was pending and is not any more has its row by then.
        kept = self._is_news(path) or needed()
        with lock:
            kept = kept or self._is_news(path)
            (self._plain.put_back if kept else self._plain.take_away)(path)
        return not kept

    def forget(self, path: str) -> bool:
        """Leave nothing to replay of an image that the index knows; false when it is news to it. Raises `OSError`."""
        with self._locks[slot(path, _LOCKS)]:
            if self._is_news(path):
                return False
            self._journal.erase(path)
            return True

    def sweep(self, study: str) -> None:
        """See `SimpleVault.sweep`."""
        self._plain.sweep(study)

    def recover(self) -> None:
        """Make plain, pending files of what an earlier process left in the journal. Raises `VaultError`."""
        self._plain.recover()
        recover(self._journal, self._plain, self._maker, self._files)

    def run(self) -> None:
        """Make plain files of what comes in, until `close`; the loop of a thread."""
        self._journal.prepare()
        while self._wait_for_work():
            failed = outcome_of(self.step)
            if failed is not None:
                logs.get().error("files_not_made", count=len(self._unfiled), error=type(failed).__name__)
                with self._changed:
                    if self._closing:
                        return
                    self._changed.wait(AGAIN_AFTER_S)

    def step(self) -> None:
        """Make plain files of some that wait. Raises `OSError` when one cannot be made.

        It is tried again, alone, when no other waits; when it can be made, the others that failed may be too.
        """
        with self._changed:
            batch = list(islice(self._queue, AT_ONCE)) or list(islice(self._failed.values(), 1))
        made, why = self._make(batch)
        with self._changed:
            self._made(batch, made)
            if not self._queue:
                self._hurry.clear()
            self._changed.notify_all()
        self._journal.prepare()
        if self._journal.is_short():
            self._note(self._journal.oldest())
        if why is not None:
            raise why

    def close(self) -> None:
        """End `run` when everything is a plain file; images are not taken any more."""
        with self._changed:
            self._closing = True
            self._hurry.set()
            self._changed.notify_all()

    def release(self) -> None:
        """Give the journal up, after `run` has ended: an empty one where the disk allows."""
        try:
            self._note(list(self._unnoted.values()))
        except OSError as exc:
            logs.get().warning("pending_not_marked", error=type(exc).__name__)
        self._journal.close()

    def _is_news(self, path: str) -> bool:
        return path in self._unfiled or path in self._unnoted or self._plain.is_pending(path)

    def _fits(self, record: Record) -> bool:
        return record.length <= self._journal.largest and record.head <= MOST_HEAD

    def _took(self, entry: Entry) -> None:
        with self._changed:
            self._unfiled[entry.record.path] = entry
            self._unnoted[entry.record.path] = entry
            self._unfiled_bytes += entry.record.length
            self._queue.append(entry)
            if len(self._queue) == 1:
                self._changed.notify_all()

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._failed or self._closing)
        self._gather()
        return bool(self._queue or self._failed)

    def _gather(self) -> None:
        """Let images come before files are made of them."""
        gathers_until = time.monotonic() + TOGETHER_S
        before = -1
        while before != len(self._queue) and time.monotonic() < gathers_until:
            before = len(self._queue)
            if self._hurry.wait(QUIET_S):
                return

    def _make(self, batch: Sequence[Entry]) -> tuple[Sequence[Entry], OSError | None]:
        """Make files at once or, when that fails, one by one: those made, and why others were not."""
        try:
            self._maker.make([_piece(entry) for entry in batch])
        except OSError:
            return self._make_singly(batch)
        return batch, None

    def _make_singly(self, batch: Sequence[Entry]) -> tuple[Sequence[Entry], OSError | None]:
        made = []
        why = None
        for entry in batch:
            try:
                self._maker.make([_piece(entry)])
                made.append(entry)
            except OSError as exc:
                why = exc
        return made, why

    def _made(self, batch: Sequence[Entry], made: Sequence[Entry]) -> None:
        """Take note of what became of a batch."""
        for entry in batch:
            if self._failed.pop(entry.record.path, None) is None:
                self._queue.popleft()
            elif made:
                self._queue.extend(self._failed.values())
                self._failed.clear()
        for entry in made:
            del self._unfiled[entry.record.path]
            self._unfiled_bytes -= entry.record.length
        self._failed.update({entry.record.path: entry for entry in batch if entry not in made})
        self._journal.filed(made)

    def _note(self, entries: Sequence[Entry]) -> None:
        """Let the list of pending files, instead of the journal, remember what the index has not heard of."""
        filed = [entry for entry in entries if entry.filed]
        self._plain.mark_pending([entry.record.path for entry in filed])
        with self._changed:
            for entry in filed:
                self._unnoted.pop(entry.record.path, None)
        self._journal.noted(filed)


@contextmanager
def fast_vault(vault: FastVault) -> Iterator[FastVault]:
    """Recover a vault and run it in a thread of its own until the end."""
    vault.recover()
    thread = threading.Thread(target=vault.run, name="vault", daemon=True)
    thread.start()
    try:
        yield vault
    finally:
        vault.close()
        thread.join()
        vault.release()


def _piece(entry: Entry) -> Piece:
    return Piece(entry.record.path, entry.segment.descriptor, entry.offset + RECORD_HEAD, entry.record.file_length)
