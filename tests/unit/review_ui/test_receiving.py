"""Bodies that come by STOW-RS: nobody takes all the places, and nobody keeps one by dripping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dicom_node.stow.store import Sender
from review_ui.dicomweb.receiving import Bounds, Receiver
from review_ui.http.problems import Problem

EMPTY = b"--b--"


def receiver(root: Path, **bounds: Any) -> Receiver:
    return Receiver(root, 1.0, lambda: datetime.now(UTC), Bounds(**bounds))


def stow(at: Receiver, name: str, pieces: AsyncIterator[bytes]) -> Coroutine[Any, Any, Any]:
    return at.receive(pieces, b"b", Sender(name, "carhaix", "1"), None)


async def whole() -> AsyncIterator[bytes]:
    yield EMPTY


def test_one_system_leaves_places_to_others(tmp_path: Path) -> None:
    async def story() -> None:
        at, go_on = receiver(tmp_path, at_once=3, at_once_of_one=2), asyncio.Event()

        async def held() -> AsyncIterator[bytes]:
            await go_on.wait()
            yield EMPTY

        greedy = [asyncio.create_task(stow(at, "GREEDY", held())) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await stow(at, "GREEDY", whole())
        assert refused.value.status == 503
        assert await stow(at, "MODEST", whole()) == []
        go_on.set()
        assert await asyncio.gather(*greedy) == [[], []]
        assert await stow(at, "GREEDY", whole()) == []

    asyncio.run(story())


def test_a_body_that_drips_is_ended(tmp_path: Path) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b"-"
            await asyncio.sleep(0)

    with pytest.raises(Problem) as refused:
        asyncio.run(stow(receiver(tmp_path, body_s=0.0), "SLOW", dripping()))
    assert refused.value.status == 408
