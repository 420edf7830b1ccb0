"""The inference child seen from its parent: requests in, answers out, killed when it hangs, restarted when it dies."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from pipeline import logs
from pipeline.domain.errors import BadInput, InferenceCrashed, InferenceTimedOut, NeuroVigieError
from pipeline.inference import confinement, wire
from pipeline.inference.arguments import Arguments
from pipeline.inference.requests import Answer, Request

GRACE_S = 10.0
"""Longest a killed child may take to be gone."""

START_LIMIT_S = 180.0
"""Longest the child may take to import torch and load its models."""

_LOOK_AGAIN_S = 0.5
_LONGEST_PAUSE_S = 30.0


class InferenceChild:
    """One child process with warm models, and the thread that owns it.

    The thread that starts the child lives as long as this object, because the kernel ends the child with
    that thread. A child that died is started again at once, with growing pauses if it never gets ready.
    Torch is never imported here.
    """

    def __init__(
        self,
        bundle_folders: Sequence[Path] = (),
        *,
        device: str = "auto",
        limit_s: float = 120.0,
        also: Sequence[str] = (),
    ) -> None:
        """``also`` names bundles that are not run by themselves."""
        given = Arguments(device, tuple(bundle_folders), tuple(also))
        self._command = [sys.executable, "-P", "-m", "pipeline.inference.child_main", *given.words()]
        self._limit_s = limit_s
        self._numbers = itertools.count(1)
        self._inboxes: dict[int, _Inbox] = {}
        self._news = threading.Condition()
        self._sending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: wire.Ready | None = None
        self._failed_starts = 0
        self._closing = threading.Event()
        self._owner = threading.Thread(target=self._own, name="inference-child", daemon=True)
        self._owner.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def wait_ready(self, limit_s: float = START_LIMIT_S) -> wire.Ready:
        """What the child has loaded; raises `InferenceCrashed` when it does not start, `InferenceTimedOut`."""
        with self._news:
            before = self._failed_starts
            self._news.wait_for(
                lambda: self._ready is not None or self._closing.is_set() or self._failed_starts > before, limit_s
            )
            if self._ready is not None:
                return self._ready
            if self._closing.is_set() or self._failed_starts > before:
                raise InferenceCrashed("the model's process does not start")
        self._kill()
        raise InferenceTimedOut("the model's process took too long to start")

    def run(self, request: Request, *, urgency: int = 0) -> Iterator[Answer]:
        """Send a request and yield its answers; a higher ``urgency`` goes first between two steps.

        The time limit counts only while nothing more urgent runs. Raises `InferenceTimedOut` (the child
        was killed), `InferenceCrashed` (it died), `BadInput` (the request cannot be answered, ever).
        Closing the iterator cancels the request.
        """
        self.wait_ready()
        inbox = _Inbox(next(self._numbers), urgency)
        with self._news:
            self._inboxes[inbox.number] = inbox
        try:
            self._send(wire.Frame(inbox.number, request, urgency))
            yield from self._answers(inbox)
        finally:
            with self._news:
                unfinished = self._inboxes.pop(inbox.number, None) is not None and not inbox.ended
            if unfinished:
                with contextlib.suppress(InferenceCrashed):
                    self._send(wire.Frame(inbox.number, wire.Cancel()))

    def close(self) -> None:
        """End the child, and any request still under way."""
        self._closing.set()
        self._kill()
        with self._news:
            self._news.notify_all()
        self._owner.join(timeout=10)

    def _answers(self, inbox: _Inbox) -> Iterator[Answer]:
        left_s = self._limit_s
        while not inbox.ended:
            waited_from = time.monotonic()
            message = inbox.next(min(left_s, _LOOK_AGAIN_S))
            if not self._overtaken(inbox):
                left_s -= time.monotonic() - waited_from
            if message is not None:
                yield from _said(message)
            elif left_s <= 0:
                inbox.ended = True
                logs.get().error("inference_timed_out", pid=self.pid, seconds=self._limit_s)
                self._kill_and_wait()
                raise InferenceTimedOut(f"the model did not answer within {self._limit_s:.0f} s and was stopped")

    def _overtaken(self, inbox: _Inbox) -> bool:
        with self._news:
            return any(other.rank > inbox.rank for other in self._inboxes.values())

    def _send(self, frame: wire.Frame) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise InferenceCrashed
        try:
            with self._sending:
                wire.write(process.stdin, frame)  # type: ignore[arg-type]  # a pipe is a BinaryIO
        except (OSError, ValueError) as error:
            raise InferenceCrashed from error

    def _kill(self) -> None:
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # its own group: helpers of a bundle go too

    def _kill_and_wait(self) -> None:
        """Kill, and return once that is known: the next request must not go to the dead."""
        with self._news:
            killed = self._ready
        self._kill()
        with self._news:
            self._news.wait_for(lambda: self._ready is not killed, GRACE_S)

    def _own(self) -> None:
        while not self._closing.is_set():
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=confinement.scrubbed(os.environ),
                start_new_session=True,
            )
            with self._news:
                self._process = process
            if self._closing.is_set():
                self._kill()
            with process:
                self._route(process)
                self._kill()
            self._mourn(process)

    def _route(self, process: subprocess.Popen[bytes]) -> None:
        """Hand each answer to the request that waits for it, until the child is gone or talks nonsense."""
        with contextlib.suppress(OSError, ValueError):
            while (frame := wire.read(process.stdout)) is not None:  # type: ignore[arg-type]
                with self._news:
                    inbox = self._inboxes.get(frame.request)
                    if inbox is not None:
                        inbox.put(frame.message)
                    elif isinstance(frame.message, wire.Ready):
                        self._ready, self._failed_starts = frame.message, 0
                        self._news.notify_all()

    def _mourn(self, process: subprocess.Popen[bytes]) -> None:
        """Tell everyone who waits, then pause if the child never got ready."""
        with self._news:
            never_ready = self._ready is None
            self._ready = None
            self._failed_starts += never_ready
            for inbox in self._inboxes.values():
                inbox.put(InferenceCrashed())
            self._news.notify_all()
        if not self._closing.is_set():
            logs.get().error("inference_child_died", exit_code=process.returncode)
        if never_ready:
            self._closing.wait(min(2.0**self._failed_starts, _LONGEST_PAUSE_S))


class _Inbox:
    """The answers to one request, as they come."""

    def __init__(self, number: int, urgency: int) -> None:
        self.number = number
        self.rank = (urgency, -number)
        self.ended = False
        self._messages: queue.SimpleQueue[wire.Message | NeuroVigieError] = queue.SimpleQueue()

    def put(self, message: wire.Message | NeuroVigieError) -> None:
        self._messages.put(message)

    def next(self, timeout_s: float) -> wire.Message | NeuroVigieError | None:
        """The next message, None when none came in time."""
        try:
            message = self._messages.get(timeout=max(timeout_s, 0.0))
        except queue.Empty:
            return None
        self.ended = isinstance(message, wire.Ended | wire.Failed | NeuroVigieError)
        return message


def _said(message: wire.Message | NeuroVigieError) -> Iterator[Answer]:
    """An answer is passed on, the end is silent, a failure is raised."""
    if isinstance(message, NeuroVigieError):
        raise message
    if isinstance(message, wire.Failed):
        raise BadInput(message.why) if message.bad_input else InferenceCrashed(message.why)
    if not isinstance(message, wire.Ended | wire.Ready | wire.Cancel | Request):
        yield message
