"""Painted heads, made by background processes while the network trains."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor

CPU = torch.device("cpu")

LAST_SEED = 2**31


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


class Painters:
    """Background processes that paint heads of consecutive seeds into one bounded queue.

    On a CPU one beside the network is all that two cores bear; a GPU feeds several.
    """

    def __init__(
        self,
        heads_from: HeadsFrom,
        sources: Sources,
        first_seed: int,
        device: torch.device = CPU,
        count: int = 1,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.queue: Any = context.Queue(maxsize=8 * count)
        self._processes = [
            context.Process(
                target=_paint_forever,
                args=(heads_from, sources, range(first_seed + n, LAST_SEED, count), device, self.queue),
                daemon=True,
            )
            for n in range(count)
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        ended(self._processes)

    def take(self, wait_s: float) -> PooledHead | None:
        """The next head, or nothing after ``wait_s`` seconds."""
        head = Received(self.queue).take(wait_s)
        if head is None and not all(process.is_alive() for process in self._processes):
            raise RuntimeError("a painting process ended; run one head by hand to see why")
        return head


@dataclass(frozen=True, slots=True)
class Received:
    """Heads from a painters' queue, in another process than theirs."""

    queue: Any

    def take(self, wait_s: float) -> PooledHead | None:
        """The next head, or nothing after ``wait_s`` seconds."""
        try:
            fields, slices = self.queue.get(timeout=wait_s) if wait_s else self.queue.get_nowait()
        except queue.Empty:
            return None
        return PooledHead({name: torch.from_numpy(values) for name, values in fields.items()}, slices)


def ended(processes: Sequence[BaseProcess]) -> None:
    """Stop background processes and wait for them."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(timeout=10)


def _paint_forever(heads_from: HeadsFrom, sources: Sources, seeds: range, device: torch.device, out: Any) -> None:
    torch.set_num_threads(1)
    head_of_seed = heads_from(sources, device)
    for seed in seeds:
        head = head_of_seed(seed)
        fields = {name: values.cpu().numpy() for name, values in head.fields.items()}
        if not handed_over((fields, head.lesion_slices), out):
            return


def handed_over(item: object, out: Any) -> bool:
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
