"""Processes that cut batches, for a GPU that eats them faster than one process cuts."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import torch
from torch import multiprocessing

from models.training.pool import Received, ended, handed_over
from models.training.ring import Cut, batches
from models.training.samples import Sample

BATCH_S = 300.0


class Samplers:
    """``count`` processes that each keep a ring of their own and cut batches from it.

    ``heads`` is the queue that painters fill. Batches come through shared memory: inputs in half
    precision, labels as bytes.
    """

    def __init__(self, cut: Cut, heads: Any, seed: tuple[int, ...], count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: Any = context.Queue(maxsize=2 * count)
        self._processes = [
            context.Process(target=_cut_forever, args=(cut, heads, (*seed, n), self._queue), daemon=True)
            for n in range(count)
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        ended(self._processes)

    def batches(self) -> Iterator[Sample]:
        """Batches without end, in the order in which they are ready."""
        while True:
            try:
                inputs, labels = self._queue.get(timeout=BATCH_S)
            except queue.Empty:
                raise RuntimeError("no batch came; run without --samplers to see why") from None
            yield inputs, labels


def _cut_forever(cut: Cut, heads: Any, seed: tuple[int, ...], out: Any) -> None:
    torch.set_num_threads(1)
    for inputs, labels in batches(cut, Received(heads), np.random.default_rng(seed)):
        if not handed_over((inputs.half(), labels.to(torch.uint8)), out):
            return
