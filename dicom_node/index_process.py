"""The index in a process of its own: what it reads and computes never holds up an image.

``python -m dicom_node.index_process`` is that process; `IndexProcess` starts it and talks to it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

from dicom_node.indexing import objection
from pipeline import logs
from pipeline.assembly.charsets import read_chinese_escapes
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.domain.errors import DatabaseUnavailable, NeuroVigieError
from pipeline.domain.ports import Index
from pipeline.settings import Settings

COMMAND = (sys.executable, "-m", "dicom_node.index_process")
_NICENESS = 5
_DONE, _UNAVAILABLE, _REFUSED = "done", "unavailable", "refused"
_BROKEN = (OSError, EOFError, pickle.UnpicklingError, ValueError)


class IndexRefused(NeuroVigieError):
    """The index could not take something in."""


class IndexProcess:
    """Implements `pipeline.domain.ports.Index` by asking a child; one thread at a time. A dead child is replaced."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the child; it is ready a moment later."""
        self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def record(self, receipts: Iterable[Any]) -> None:
        """See `Index`. Raises `DatabaseUnavailable` also when the child died, and `IndexRefused`."""
        self._ask(("record", list(receipts)))

    def association_closed(self, association_id: str) -> None:
        """See `Index`; raises as `record` does."""
        self._ask(("association_closed", association_id))

    def close(self) -> None:
        """Let the child end."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()

    def _ask(self, question: tuple[str, Any]) -> None:
        try:
            answer, detail = self._exchange(question)
        except _BROKEN as exc:
            self.close()
            logs.get().warning("index_process_died")
            raise DatabaseUnavailable from exc
        if answer == _UNAVAILABLE:
            raise DatabaseUnavailable
        if answer == _REFUSED:
            raise IndexRefused(detail)

    def _exchange(self, question: tuple[str, Any]) -> tuple[str, str]:
        if self._child is None:
            self.start()
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise EOFError
        pickle.dump(question, child.stdin)
        child.stdin.flush()
        answer, detail = pickle.load(child.stdout)  # noqa: S301 -- our own child
        return str(answer), str(detail)


def answer_all(index: Index, questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until there are no more questions, which is when the node is gone."""
    while True:
        try:
            name, argument = pickle.load(questions)  # noqa: S301 -- our own parent
        except EOFError:
            return
        pickle.dump(_answer(index, name, argument), answers)
        answers.flush()


def _answer(index: Index, name: str, argument: Any) -> tuple[str, str]:
    work = index.record if name == "record" else index.association_closed
    try:
        against = objection(lambda: work(argument))
    except DatabaseUnavailable:
        return _UNAVAILABLE, ""
    return (_DONE, "") if against is None else (_REFUSED, type(against).__name__)


def main() -> None:
    """Index what the node says, until it is gone; signals are for the node."""
    logs.configure("node")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    read_chinese_escapes()
    settings = Settings()
    engine = connect(settings.database_url)
    index = PostgresIndex(engine, settings.folders.vault, settings.quiet_time_s)
    answer_all(index, sys.stdin.buffer, sys.stdout.buffer)
    engine.dispose()


if __name__ == "__main__":
    main()
