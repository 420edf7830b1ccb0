"""Sending files by C-STORE over one or several associations, each file with its own outcome."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import _config

from dicom_node.scu.association import Target, associate
from dicom_node.scu.outgoing import Outgoing, grouped
from dicom_node.stack import set_up_pynetdicom
from dicom_node.vault.part10 import encode_plain_head
from pipeline.domain.errors import PeerUnreachable

_TRIES = 2
_STORED = frozenset({0x0000, 0xB000, 0xB006, 0xB007})
"""Success, and warnings with which the image is stored nevertheless (PS3.4 table B.2-1)."""
_OUT_OF_RESOURCES = 0xA7
"""Statuses A7xx: a full disk may be emptied, so this is no refusal for good."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: the C-STORE status, if the peer gave one, and why it was not stored.

    ``refused`` says that the peer answered, so that trying again changes nothing by itself.
    """

    path: Path
    stored: bool
    status: int | None = None
    why: str = ""
    refused: bool = False


Told = Callable[[Outcome], None]


def set_up_sender() -> None:
    """Have pynetdicom send files as they are, undecoded; called once, by a process's composition root."""
    set_up_pynetdicom()
    _config.STORE_SEND_CHUNKED_DATASET = True


def send(
    files: Sequence[Outgoing], target: Target, *, associations: int = 1, told: Told | None = None
) -> list[Outcome]:
    """Send every file, and say of each what became of it; ``told`` hears it at once, from any thread.

    Raises `PeerUnreachable` when not even a first association can be opened.
    """
    outcomes: list[Outcome] = []
    lock = threading.Lock()

    def tell(outcome: Outcome) -> None:
        with lock:
            outcomes.append(outcome)
        if told is not None:
            told(outcome)

    with tempfile.TemporaryDirectory(prefix="neurovigie-send-") as folder:
        for group in grouped(files):
            round_ = _Round(group, target, Path(folder), tell)
            try:
                first = associate(target, round_.contexts)
            except PeerUnreachable as exc:
                if not outcomes:
                    raise
                round_.give_up(str(exc))
            else:
                _send_group(round_, first, associations)
    return outcomes


class _Round:
    """The files of one group, waiting to be taken by the associations that send them."""

    def __init__(self, group: Sequence[Outgoing], target: Target, folder: Path, tell: Told) -> None:
        self.contexts = list(dict.fromkeys(file.context for file in group))
        self.target = target
        self.folder = folder
        self.tell = tell
        self._waiting: queue.SimpleQueue[tuple[Outgoing, int]] = queue.SimpleQueue()
        for file in group:
            self._waiting.put((file, 1))

    def take(self) -> tuple[Outgoing, int] | None:
        """The next file and how often it is tried with this, or ``None``."""
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            return None

    def put_back(self, file: Outgoing, attempt: int) -> None:
        """Try a file again, or give it up."""
        if attempt < _TRIES:
            self._waiting.put((file, attempt + 1))
        else:
            self.tell(Outcome(file.path, stored=False, why="the association was lost"))

    def give_up(self, why: str) -> None:
        """Give up all that waits."""
        while (taken := self.take()) is not None:
            self.tell(Outcome(taken[0].path, stored=False, why=why))


def _send_group(files: _Round, first: Any, associations: int) -> None:
    threads = [threading.Thread(target=_work, args=(files, None), daemon=True) for _ in range(associations - 1)]
    for thread in threads:
        thread.start()
    _work(files, first)
    for thread in threads:
        thread.join()


def _work(files: _Round, association: Any) -> None:
    """Send files until none waits, over a new association whenever one is lost."""
    try:
        while (taken := files.take()) is not None:
            if association is None or not association.is_established:
                association = _open_again(files, taken)
            if association is None:
                return
            _send_one(files, association, *taken)
    finally:
        if association is not None and association.is_established:
            association.release()


def _open_again(files: _Round, taken: tuple[Outgoing, int]) -> Any:
    try:
        return associate(files.target, files.contexts)
    except PeerUnreachable as exc:
        files.tell(Outcome(taken[0].path, stored=False, why=str(exc)))
        files.give_up(str(exc))
        return None


def _send_one(files: _Round, association: Any, file: Outgoing, attempt: int) -> None:
    accepted = {(str(one.abstract_syntax), str(one.transfer_syntax[0])) for one in association.accepted_contexts}
    if file.context not in accepted:
        files.tell(Outcome(file.path, stored=False, why=_not_accepted(file), refused=True))
        return
    try:
        answer = association.send_c_store(_as_sendable(file, files.folder))
    except (OSError, ValueError, AttributeError, RuntimeError):
        # pynetdicom raises these for a file it cannot read and for an association lost under its hands.
        answer = Dataset()
    if "Status" in answer:
        files.tell(_outcome(file, answer))
    else:
        files.put_back(file, attempt)


def _as_sendable(file: Outgoing, folder: Path) -> Path:
    """The file itself, or a copy with file meta information that agrees with its data set."""
    if file.whole:
        return file.path
    copy = folder / f"{threading.get_ident()}.dcm"
    head = encode_plain_head(file.SOPClassUID, file.SOPInstanceUID, file.TransferSyntaxUID)
    copy.write_bytes(head + file.path.read_bytes()[file.data_set_offset :])
    return copy


def _outcome(file: Outgoing, answer: Dataset) -> Outcome:
    stored = answer.Status in _STORED
    comment = str(answer.get("ErrorComment", "")) or "the peer gave no reason"
    refused = not stored and answer.Status >> 8 != _OUT_OF_RESOURCES
    return Outcome(file.path, stored, int(answer.Status), "" if stored else comment, refused)


def _not_accepted(file: Outgoing) -> str:
    return f"the peer does not accept {UID(file.SOPClassUID).name} in {UID(file.TransferSyntaxUID).name}"
