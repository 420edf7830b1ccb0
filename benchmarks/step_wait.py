"""How long an urgent request waits for the step that is running: measured with routine analyses without end."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.inference.child import InferenceChild
from pipeline.inference.requests import Analyse, SourceImage, TakeIn

GOALS_S = {"cpu": 2.0, "gpu": 0.3}
"""p95 of the wait for one step."""
_URGENT, _ROUTINE = 3, 1
_PAUSE_S = (0.05, 1.0)


@dataclass(frozen=True, slots=True)
class StepWaits:
    """Seconds that urgent requests waited, and how many routine analyses ended meanwhile."""

    seconds: tuple[float, ...]
    analyses: int

    @property
    def p95_s(self) -> float:
        """Nineteen of twenty waited no longer."""
        return float(np.percentile(self.seconds, 95))

    def sentence(self, device: str) -> str:
        """One line of the report."""
        p50, worst = float(np.percentile(self.seconds, 50)), max(self.seconds)
        goal = GOALS_S[device]
        return (
            f"waited for one step, {len(self.seconds)} urgent requests among {self.analyses} routine analyses: "
            f"p50 {p50:.2f} s, p95 {self.p95_s:.2f} s, longest {worst:.2f} s "
            f"(goal p95 {goal:g} s on {device}: {'met' if self.p95_s <= goal else 'missed'})"
        )


def step_waits(child: InferenceChild, files: Sequence[Path], out: Path, probes: int = 60) -> StepWaits:
    """Ask for next to nothing, urgently and at random moments, while one routine analysis follows another.

    The request names a file that is not there: what it takes is the wait for the step under way.
    """
    luck = random.Random(1)
    waits = []
    with _routine(child, files, out) as ended:
        for _ in range(probes):
            time.sleep(luck.uniform(*_PAUSE_S))
            began = time.perf_counter()
            next(iter(child.run(TakeIn((out / "not there",)), urgency=_URGENT)))
            waits.append(time.perf_counter() - began)
    return StepWaits(tuple(waits), len(ended))


@contextmanager
def _routine(child: InferenceChild, files: Sequence[Path], out: Path) -> Iterator[list[int]]:
    """Routine analyses one after another until the block ends; the list grows with each."""
    ended: list[int] = []
    stop = threading.Event()
    images = tuple(SourceImage(file) for file in files)

    def work() -> None:
        while not stop.is_set():
            for _ in child.run(Analyse(images, out / f"{len(ended)}"), urgency=_ROUTINE):
                pass
            ended.append(len(ended))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join()
