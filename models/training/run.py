"""A whole run: pool, steps, checkpoints, curves, validation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from torch import Tensor

from models.training.curves import write_curves
from models.training.group import Group
from models.training.plan import Plan
from models.training.pool import HeadsFrom, HeadSource, Painters, Sources
from models.training.ring import Cut, batches
from models.training.samplers import Samplers
from models.training.samples import Sample, fixed_batches
from models.training.tasks import TASKS, Task
from models.training.trainer import Trainer, read_weights, timed_steps, validate

CHECKPOINT = "checkpoint.pt"
VALIDATION_HEADS = 16
VALIDATION_SLICES = 8
"""Of each of those heads."""
FIRST_OF_EACH = 4
"""Heads in each sampling process's ring before its first batch."""

PainterOf = Callable[[HeadsFrom, Sources, int], AbstractContextManager[HeadSource]]
"""Something that paints heads of consecutive seeds."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and beside what a run goes on.

    It begins at the checkpoint (``resume``, where there is one) or at another network's ``weights``.
    Heads are painted in a process beside this one, unless another ``painter`` is given, and batches
    cut in this one. With ``samplers`` that many processes cut them, and ``painters`` paint on the device.
    """

    device: torch.device
    resume: bool = False
    weights: Path | None = None
    group: Group = field(default_factory=Group)
    painter: PainterOf | None = None
    samplers: int = 0
    painters: int = 1


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where a run's chance begins: other heads and other places in them after each resumption."""

    heads: int
    samples: tuple[int, ...]

    @staticmethod
    def of(plan: Plan, step: int, rank: int) -> Seeds:
        """Of the run's seed, the step it goes on from, and its place among several processes."""
        return Seeds(1_000_000 * (plan.seed + 1) + step + 100_000 * rank, (plan.seed, step, rank))


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
    validation = _validation(task, sources[1], setting.device) if leads else []
    seeds = Seeds.of(plan, trainer.progress.step, rank)
    with _supply(task, sources[0], plan, setting, seeds) as supply:
        for _ in _marked_steps(trainer, supply, validation, out, log):
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
) -> Iterator[Tensor]:
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


@contextmanager
def _supply(task: Task, sources: Sources, plan: Plan, setting: Setting, seeds: Seeds) -> Iterator[Iterator[Sample]]:
    """Batches without end, cut here or, with ``samplers``, in processes beside this one."""
    cut = Cut(task.sample, plan.batch, plan.pool, plan.first_pool, plan.steps_per_head)
    if not setting.samplers:
        painter = setting.painter or Painters
        with painter(task.heads, sources, seeds.heads) as heads:
            yield batches(cut, heads, np.random.default_rng(seeds.samples))
        return
    each = replace(cut, pool=max(1, plan.pool // setting.samplers), first=FIRST_OF_EACH)
    with (
        Painters(task.heads, sources, seeds.heads, setting.device, setting.painters) as painters,
        Samplers(each, painters.queue, seeds.samples, setting.samplers) as samplers,
    ):
        yield samplers.batches()


def split(prior: Path, lesion_masks: Path | None, plan: Plan) -> tuple[Sources, Sources]:
    """What to learn from and what to judge by: the last anatomies, and the masks that are held out."""
    names = sorted(file.stem for file in prior.glob("*.npz"))
    learn = len(names) - plan.kept(len(names))
    judge = Sources(prior, tuple(names[learn:]), lesion_masks, kept=True)
    return Sources(prior, tuple(names[:learn]), lesion_masks), judge


def _validation(task: Task, sources: Sources, device: torch.device) -> list[Sample]:
    if not sources.anatomies:
        return []
    head_of_seed = task.heads(sources, device)
    heads = [head_of_seed(900_000 + n) for n in range(VALIDATION_HEADS)]
    drawn = fixed_batches(task.sample, heads, VALIDATION_SLICES, seed=7)
    return [(inputs.cpu(), labels.cpu()) for inputs, labels in drawn]


def _report(trainer: Trainer, log: TextIO) -> None:
    progress = trainer.progress
    if progress.step % (25 if trainer.device.type == "cpu" else 250) == 0:
        trainer.settle()
        spent = progress.seconds / 60
        log.write(f"{spent:6.1f} of {trainer.plan.minutes:g} min  step {progress.step:6d}  loss {progress.loss:.3f}\n")
        log.flush()


def _mark(trainer: Trainer, validation: list[Sample], out: Path, log: TextIO) -> None:
    trainer.settle()
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
