"""A whole run: pool, steps, checkpoints, curves, validation."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np
import torch

from models.training.curves import write_curves
from models.training.group import Group
from models.training.plan import Plan
from models.training.pool import HeadsFrom, HeadSource, PaintedHere, Painter, PooledHead, Sources
from models.training.samples import Sample, batch_of, fixed_batches
from models.training.tasks import TASKS, Task
from models.training.trainer import Trainer, read_weights, timed_steps, validate

CHECKPOINT = "checkpoint.pt"
VALIDATION_HEADS = 16

PainterOf = Callable[[HeadsFrom, Sources, int], AbstractContextManager[HeadSource]]
"""Something that paints heads of consecutive seeds."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and beside what a run goes on.

    It begins at the checkpoint (``resume``, where there is one) or at another network's ``weights``.
    Heads are painted in a process beside this one, or here where there is a GPU, unless another
    ``painter`` is given.
    """

    device: torch.device
    resume: bool = False
    weights: Path | None = None
    group: Group = field(default_factory=Group)
    painter: PainterOf | None = None


def train(
    plan: Plan,
    sources: tuple[Sources, Sources],
    out: Path,
    setting: Setting,
    log: TextIO = sys.stderr,
) -> Trainer:
    """Run to the end of the plan's minutes; writes ``out/checkpoint.pt`` and ``out/curves.svg`` as it goes.

    ``sources`` are those to learn from and those to judge by.
    """
    out.mkdir(parents=True, exist_ok=True)
    task, trainer = TASKS[plan.task], _begun(plan, out, setting)
    leads, rank = setting.group.leads, setting.group.rank
    validation = _validation(task, sources[1], plan, setting.device) if leads else []
    first_seed = 1_000_000 * (plan.seed + 1) + trainer.progress.step + 100_000 * rank
    with (setting.painter or painter_for(setting.device))(task.heads, sources[0], first_seed) as heads:
        rng = np.random.default_rng((plan.seed, trainer.progress.step, rank))
        for _ in _marked_steps(trainer, _batches(task, heads, plan, rng), validation, out, log):
            pass
    if leads:
        _mark(trainer, validation, out, log)
    return trainer


def _begun(plan: Plan, out: Path, setting: Setting) -> Trainer:
    trainer = Trainer(plan, setting.device, setting.group)
    if setting.resume and (out / CHECKPOINT).exists():
        trainer.restore(out / CHECKPOINT)
    elif setting.weights is not None:
        trainer.start_from(read_weights(setting.weights))
    return trainer


def _marked_steps(
    trainer: Trainer, batches: Iterator[Sample], validation: list[Sample], out: Path, log: TextIO
) -> Iterator[float]:
    """Steps with reports and checkpoints between; one more checkpoint when interrupted."""
    every_s = trainer.plan.checkpoint_minutes * 60
    next_mark = trainer.progress.seconds + every_s
    clock = time.process_time if trainer.device.type == "cpu" else time.monotonic
    try:
        for loss in timed_steps(trainer, batches, clock):
            if trainer.group.leads:
                _report(trainer, log)
                if trainer.progress.seconds >= next_mark:
                    _mark(trainer, validation, out, log)
                    next_mark += every_s
            yield loss
    except KeyboardInterrupt:
        if trainer.group.leads:
            trainer.save(out / CHECKPOINT)
        raise


def painter_for(device: torch.device) -> PainterOf:
    """A process beside this one, or the device itself where it is a GPU: there a head takes less than a step."""
    if device.type != "cuda":
        return Painter
    return lambda heads_from, sources, seed: nullcontext(PaintedHere(heads_from(sources, device), seed))


def split(prior: Path, lesion_masks: Path | None, plan: Plan) -> tuple[Sources, Sources]:
    """What to learn from and what to judge by: the last anatomies, and the masks that are held out."""
    names = sorted(file.stem for file in prior.glob("*.npz"))
    learn = len(names) - plan.kept(len(names))
    judge = Sources(prior, tuple(names[learn:]), lesion_masks, kept=True)
    return Sources(prior, tuple(names[:learn]), lesion_masks), judge


def _validation(task: Task, sources: Sources, plan: Plan, device: torch.device) -> list[Sample]:
    if not sources.anatomies:
        return []
    head_of_seed = task.heads(sources, device)
    heads = [head_of_seed(900_000 + n) for n in range(VALIDATION_HEADS)]
    return fixed_batches(task.sample, heads, plan.batch, seed=7)


def _batches(task: Task, heads: HeadSource, plan: Plan, rng: np.random.Generator) -> Iterator[Sample]:
    ring: list[PooledHead] = []
    taken = 0
    for step in itertools.count():
        while len(ring) < plan.first_pool:
            head = heads.take(wait_s=300.0)
            if head is not None:
                ring.append(head)
        head = heads.take(wait_s=0.0) if step % plan.steps_per_head == 0 else None
        if head is not None and len(ring) < plan.pool:
            ring.append(head)
        elif head is not None:
            ring[taken % plan.pool] = head
            taken += 1
        yield batch_of(task.sample, ring, plan.batch, rng)


def _report(trainer: Trainer, log: TextIO) -> None:
    progress = trainer.progress
    if progress.step % 25 == 0:
        spent = progress.seconds / 60
        log.write(f"{spent:6.1f} of {trainer.plan.minutes:g} min  step {progress.step:6d}  loss {progress.loss:.3f}\n")
        log.flush()


def _mark(trainer: Trainer, validation: list[Sample], out: Path, log: TextIO) -> None:
    figures = validate(trainer.averaged(), validation, trainer.device)
    trainer.progress.history.append(
        {
            "minutes": trainer.progress.seconds / 60,
            "step": trainer.progress.step,
            "loss": trainer.progress.loss,
            **figures,
        }
    )
    trainer.save(out / CHECKPOINT)
    write_curves(trainer.progress.history, out / "curves.svg")
    log.write(f"checkpoint: Dice {figures['dice']:.3f}, false positive pixels {figures['false_pixels']:.1f}\n")
    log.flush()
