"""Taking a STOW-RS body in: within bounds of size, memory and time, object by object into the vault."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from dicom_node.stow.multipart import Parts, TooLargePart
from dicom_node.stow.store import OUT_OF_RESOURCES, Said, Sender, Store
from dicom_node.upper.incoming import Memory
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import VaultFull
from review_ui.http.problems import Problem

SILENT_S = 60.0
"""How long a sender may take over the next bytes of its body."""
SLOWEST = 64 * 1024
"""Bytes a second that are slow enough, as at the DICOM port."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What stored bodies may take: bytes of one object, of one body, of all that come in at once; bodies at once.

    A body has ``body_s`` seconds, and what its bytes take at the `SLOWEST` rate.
    """

    object_bytes: int = 512 << 20
    body_bytes: int = 16 << 30
    memory_bytes: int = 1536 << 20
    at_once: int = 8
    at_once_of_one: int = 4
    body_s: float = 900.0


class Receiver:
    """Stores what comes by STOW-RS; the vault is opened when first needed."""

    def __init__(
        self, vault_root: Path, watermark: float, now: Callable[[], datetime], bounds: Bounds | None = None
    ) -> None:
        self.bounds = bounds or Bounds()
        self._vault_root = vault_root
        self._watermark = watermark
        self._now = now
        self._memory = Memory(self.bounds.memory_bytes)
        self._open: Counter[str] = Counter()
        self._store: Store | None = None

    async def receive(
        self, pieces: AsyncIterator[bytes], boundary: bytes, sender: Sender, study_uid: str | None
    ) -> list[Said]:
        """Store every part. Raises `Problem` and `BadInput` for a body that cannot be taken apart.

        What was stored before such an error stays stored: it may be sent again.
        """
        if self._open.total() >= self.bounds.at_once or self._open[sender.name] >= self.bounds.at_once_of_one:
            raise Problem(503, "busy", "Too many are storing at this moment; send again later.", {"Retry-After": "5"})
        self._open[sender.name] += 1
        parts = Parts(boundary, self._memory, self.bounds.object_bytes)
        try:
            return await self._all(pieces, parts, sender, study_uid)
        except TooLargePart as error:
            raise Problem(413, "too_large", str(error)) from error
        except TimeoutError as error:
            raise Problem(408, "too_slow", "The rest of the body did not come.") from error
        finally:
            parts.close()
            self._open[sender.name] -= 1

    async def _all(
        self, pieces: AsyncIterator[bytes], parts: Parts, sender: Sender, study_uid: str | None
    ) -> list[Said]:
        said: list[Said] = []
        carried = 0
        began = time.monotonic()
        try:
            async for piece in _in_time(pieces):
                carried += len(piece)
                if carried > self.bounds.body_bytes:
                    raise Problem(413, "too_large", "That is more than this service takes at once.")
                if time.monotonic() - began > self.bounds.body_s + carried / SLOWEST:
                    raise TimeoutError
                for part in parts.feed(piece):
                    outcome = await run_in_threadpool(self._keep, part, sender, study_uid)
                    said.append(outcome)
        except VaultFull:  # no memory for the object that comes in: what was stored is said
            said.append(Said("", "", reason=OUT_OF_RESOURCES))
            return said
        if not parts.ended:
            raise Problem(400, "bad_request", "The body ends before its last boundary.", stored=_count(said))
        return said

    def _keep(self, part: memoryview, sender: Sender, study_uid: str | None) -> Said:
        if self._store is None:
            self._store = Store(SimpleVault(self._vault_root, watermark=self._watermark), self._now)
        return self._store.keep(part, sender, study_uid)


def _count(said: list[Said]) -> int:
    return sum(1 for one in said if not one.reason)


async def _in_time(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, each of which must come soon. Raises `TimeoutError`."""
    while True:
        async with asyncio.timeout(SILENT_S):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        yield piece
