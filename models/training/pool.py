"""A ring of painted heads, refilled by a background process while the network trains."""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from models.synthesis import prior as priors
from models.synthesis.draw import Odds, draw
from models.synthesis.paint import HEAD_GRID, Painted, paint
from models.synthesis.prior import Anatomy


@dataclass(frozen=True, slots=True, eq=False)
class PooledHead:
    """A painted head kept small: HU int16, lesion uint8 (255 is all lesion), its kind, and where blood is."""

    hu: Tensor
    fraction: Tensor
    kind: Tensor
    bloody_slices: tuple[int, ...]

    def painted(self) -> Painted:
        """The head back in floating point."""
        return Painted(HEAD_GRID, self.hu, self.fraction.float() / 255, self.kind, torch.empty(0))


def pooled(painted: Painted) -> PooledHead:
    """Shrink a painted head for the pool."""
    area = (painted.blood > 0.5).sum((1, 2))
    slices = tuple(torch.nonzero(area > 6)[:, 0].tolist())
    hu = painted.hu.clamp(-1024, 2500).round().to(torch.int16).cpu()
    return PooledHead(hu, (painted.fraction * 255).round().to(torch.uint8).cpu(), painted.kind.cpu(), slices)


def head_of_seed(seed: int, prior: Sequence[Anatomy], odds: Odds, device: str = "cpu") -> PooledHead:
    """The head that a seed draws and paints."""
    recipe = draw(np.random.default_rng(seed), len(prior), odds)
    return pooled(paint(recipe, prior, device))


class Painter:
    """A background process that paints heads of consecutive seeds into a bounded queue."""

    def __init__(self, folder: Path, names: Sequence[str], first_seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: Any = context.Queue(maxsize=8)
        arguments = (folder, tuple(names), first_seed, self._queue)
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
            hu, fraction, kind, slices = self._queue.get(timeout=wait_s) if wait_s else self._queue.get_nowait()
        except queue.Empty:
            if not self._process.is_alive():
                raise RuntimeError("the painting process ended; run one head by hand to see why") from None
            return None
        return PooledHead(torch.from_numpy(hu), torch.from_numpy(fraction), torch.from_numpy(kind), slices)


def _paint_forever(folder: Path, names: tuple[str, ...], seed: int, out: Any) -> None:
    torch.set_num_threads(1)
    # A head painted later matters less than a step of the network trained now.
    os.nice(3)
    prior = priors.load(folder, names)
    odds = Odds()
    while True:
        head = head_of_seed(seed, prior, odds)
        if not _handed_over((head.hu.numpy(), head.fraction.numpy(), head.kind.numpy(), head.bloody_slices), out):
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
