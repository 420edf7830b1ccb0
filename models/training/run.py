"""A whole run: pool, steps, checkpoints, validation, and a bundle at the end."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import torch

from models.synthesis import prior as priors
from models.synthesis.draw import Odds
from models.training.plan import Plan
from models.training.pool import Painter, PooledHead, head_of_seed
from models.training.samples import Sample, batch_of, fixed_batches
from models.training.trainer import Trainer, timed_steps, validate

VALIDATION_HEADS = 16


def train(
    plan: Plan, prior_folder: Path, out: Path, device: torch.device, *, resume: bool, log: TextIO = sys.stderr
) -> Trainer:
    """Run or resume; writes ``out/checkpoint.pt`` as it goes and returns the finished trainer."""
    out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(plan, device)
    checkpoint = out / "checkpoint.pt"
    if resume and checkpoint.exists():
        trainer.restore(checkpoint)
    learn, judge = split(prior_folder, plan)
    validation = _validation(prior_folder, judge, plan)
    first_seed = 1_000_000 * (plan.seed + 1) + trainer.progress.step
    with Painter(prior_folder, learn, first_seed) as painter:
        batches = _batches(painter, plan, np.random.default_rng((plan.seed, trainer.progress.step)))
        next_mark = trainer.progress.seconds + plan.checkpoint_minutes * 60
        clock = time.process_time if device.type == "cpu" else time.monotonic
        for _ in timed_steps(trainer, batches, clock):
            _report(trainer, log)
            if trainer.progress.seconds >= next_mark:
                _mark(trainer, validation, checkpoint, log)
                next_mark += plan.checkpoint_minutes * 60
    _mark(trainer, validation, checkpoint, log)
    return trainer


def split(prior_folder: Path, plan: Plan) -> tuple[list[str], list[str]]:
    """Names of the anatomies to learn from and of those kept to judge by: the last ones."""
    names = sorted(file.stem for file in prior_folder.glob("*.npz"))
    learn = len(names) - plan.kept(len(names))
    return names[:learn], names[learn:]


def _validation(folder: Path, names: list[str], plan: Plan) -> list[Sample]:
    prior = priors.load(folder, names)
    if not prior:
        return []
    heads = [head_of_seed(900_000 + n, prior, Odds()) for n in range(VALIDATION_HEADS)]
    return fixed_batches(heads, plan.batch, seed=7)


def _batches(painter: Painter, plan: Plan, rng: np.random.Generator) -> Iterator[Sample]:
    ring: list[PooledHead] = []
    taken = 0
    for step in itertools.count():
        while len(ring) < plan.first_pool:
            head = painter.take(wait_s=300.0)
            if head is not None:
                ring.append(head)
        head = painter.take(wait_s=0.0) if step % plan.steps_per_head == 0 else None
        if head is not None and len(ring) < plan.pool:
            ring.append(head)
        elif head is not None:
            ring[taken % plan.pool] = head
            taken += 1
        yield batch_of(ring, plan.batch, rng)


def _report(trainer: Trainer, log: TextIO) -> None:
    progress = trainer.progress
    if progress.step % 25 == 0:
        spent = progress.seconds / 60
        log.write(f"{spent:6.1f} of {trainer.plan.minutes:g} min  step {progress.step:6d}  loss {progress.loss:.3f}\n")
        log.flush()


def _mark(trainer: Trainer, validation: list[Sample], checkpoint: Path, log: TextIO) -> None:
    figures = validate(trainer.averaged(), validation, trainer.device)
    trainer.progress.history.append(
        {
            "minutes": trainer.progress.seconds / 60,
            "step": trainer.progress.step,
            "loss": trainer.progress.loss,
            **figures,
        }
    )
    trainer.save(checkpoint)
    log.write(f"checkpoint: Dice {figures['dice']:.3f}, false positive pixels {figures['false_pixels']:.1f}\n")
    log.flush()
