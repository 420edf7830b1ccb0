"""A ring of painted heads, refilled by a background process while the network trains."""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class PooledHead:
    """A painted head kept small: named tensors [k, j, i], and the slices that hold what is to be found."""

    fields: Mapping[str, Tensor]
    lesion_slices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """What heads are painted from: a folder of built anatomies, which of them, and a folder of infarct masks."""

    prior: Path
    anatomies: tuple[str, ...]
    lesion_masks: Path | None = None
    kept: bool = False


HeadOfSeed = Callable[[int], PooledHead]
HeadsFrom = Callable[[Sources, torch.device], HeadOfSeed]


class HeadSource(Protocol):
    """Where freshly painted heads come from."""

    def take(self, wait_s: float) -> PooledHead | None:
        """The next head, or nothing after ``wait_s`` seconds."""
        ...


class PaintedHere:
    """Heads painted when asked for, in this process: on a GPU a head takes less time than a step."""

    def __init__(self, head_of_seed: HeadOfSeed, first_seed: int) -> None:
        self._head_of_seed, self._seed = head_of_seed, first_seed

    def take(self, wait_s: float) -> PooledHead:  # noqa: ARG002 - nothing to wait for
        """Paint the next head."""
        self._seed += 1
        return self._head_of_seed(self._seed - 1)


class Painter:
    """A background process that paints heads of consecutive seeds into a bounded queue."""

    def __init__(self, heads_from: HeadsFrom, sources: Sources, first_seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: Any = context.Queue(maxsize=8)
        arguments = (heads_from, sources, first_seed, self._queue)
        self._process: BaseProcess = context.Process(target=_paint_forever, args=arguments, daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(timeout=10)

    def take(self, wait_s: float) -> PooledHead | None:
        """The next head, or nothing after ``wait_s`` seconds."""
        try:
            fields, slices = self._queue.get(timeout=wait_s) if wait_s else self._queue.get_nowait()
        except queue.Empty:
            if not self._process.is_alive():
                raise RuntimeError("the painting process ended; run one head by hand to see why") from None
            return None
        return PooledHead({name: torch.from_numpy(values) for name, values in fields.items()}, slices)


def _paint_forever(heads_from: HeadsFrom, sources: Sources, seed: int, out: Any) -> None:
    torch.set_num_threads(1)
    # A head painted later matters less than a step of the network trained now.
    os.nice(3)
    head_of_seed = heads_from(sources, torch.device("cpu"))
    while True:
        head = head_of_seed(seed)
        fields = {name: values.numpy() for name, values in head.fields.items()}
        if not _handed_over((fields, head.lesion_slices), out):
            return
        seed += 1


def _handed_over(item: object, out: Any) -> bool:
    """Wait for room in the queue; false when the training process is gone."""
    parent = multiprocessing.parent_process()
    while True:
        try:
            out.put(item, timeout=5)
        except queue.Full:
            if parent is not None and not parent.is_alive():
                return False
        else:
            return True
