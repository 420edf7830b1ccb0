"""A ring of painted heads, ever refilled, and batches cut from it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from numpy.random import Generator

from models.training.pool import HeadSource, PooledHead
from models.training.samples import Sample, Sampler, batch_of

FIRST_HEAD_S = 300.0
"""A first head that takes longer than this to paint never comes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How batches are cut: from a ring of ``pool`` heads, ``first`` of them before the first batch.

    One fresh head joins the ring, where one is there, every ``steps_per_head`` batches.
    """

    sample: Sampler
    batch: int
    pool: int
    first: int
    steps_per_head: int


def batches(cut: Cut, heads: HeadSource, rng: Generator) -> Iterator[Sample]:
    """Batches without end."""
    ring: list[PooledHead] = []
    taken = 0
    for step in itertools.count():
        while len(ring) < cut.first:
            head = heads.take(wait_s=FIRST_HEAD_S)
            if head is not None:
                ring.append(head)
        head = heads.take(wait_s=0.0) if step % cut.steps_per_head == 0 else None
        if head is not None and len(ring) < cut.pool:
            ring.append(head)
        elif head is not None:
            ring[taken % cut.pool] = head
            taken += 1
        yield batch_of(cut.sample, ring, cut.batch, rng)
