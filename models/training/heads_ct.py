"""Head CT for training: painted heads made small, and scans of one place in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from models.inference.windows import windowed
from models.synthesis import prior as priors
from models.synthesis.acquisition import acquire, draw_scan
from models.synthesis.draw import Odds, draw
from models.synthesis.draw_ischaemia import with_early_infarct
from models.synthesis.kinds import Kind
from models.synthesis.paint import HEAD_GRID, Painted, paint
from models.training.pool import HeadOfSeed, PooledHead, Sources
from models.training.samples import Sample
from models.training.slab import lesions_z_mm, slab

LEAST_PIXELS = 6
"""A slice with fewer lesion pixels is not sought out."""

BLEEDING = Odds(haemorrhage=0.66, kinds={**Odds().kinds, "crescent": 0.32, "sulci": 0.15})
"""More subdural and sulcal blood than heads have, since those are learned last, and more heads without any."""

ISCHAEMIC = Odds(haemorrhage=0.15, infarct=0.75)


def blood_heads(sources: Sources, device: torch.device) -> HeadOfSeed:
    """Heads of which most bleed."""
    return _heads(sources, device, BLEEDING, blood_only)


def ischaemic_heads(sources: Sources, device: torch.device) -> HeadOfSeed:
    """Heads of which most have an early infarct."""
    return _heads(sources, device, ISCHAEMIC, ischaemia_only, early=0.75)


def blood_only(kind: Tensor) -> Tensor:
    """Classes of `ich-ct`: the five kinds of blood, anything else nothing."""
    return torch.where(kind < Kind.ISCHAEMIA, kind, 0)


def ischaemia_only(kind: Tensor) -> Tensor:
    """Classes of `ischaemia-ct`: 1 where ischaemia is."""
    return (kind == Kind.ISCHAEMIA).to(kind.dtype)


def _heads(
    sources: Sources, device: torch.device, odds: Odds, classes: Callable[[Tensor], Tensor], early: float = 0.0
) -> HeadOfSeed:
    prior = priors.load(sources.prior, sources.anatomies, device)

    def head_of_seed(seed: int) -> PooledHead:
        rng = np.random.default_rng(seed)
        recipe = with_early_infarct(draw(rng, len(prior), odds), rng, early)
        part = slab(HEAD_GRID, lesions_z_mm(recipe), "top", rng)
        return pooled(paint(recipe, prior, device, part), classes)

    return head_of_seed


def pooled(painted: Painted, classes: Callable[[Tensor], Tensor]) -> PooledHead:
    """HU as int16, lesion fraction as uint8 (255 is all lesion), its kind, where it begins."""
    area = ((painted.fraction > 0.5) & (classes(painted.kind) > 0)).sum((1, 2))
    fields = {
        "hu": painted.hu.clamp(-1024, 3071).round().to(torch.int16),
        "fraction": (painted.fraction * 255).round().to(torch.uint8),
        "kind": painted.kind,
        "first_mm": torch.tensor(painted.grid.first_mm),
    }
    return PooledHead(fields, tuple(torch.nonzero(area > LEAST_PIXELS)[:, 0].tolist()))


def blood_sample(head: PooledHead, rng: Generator) -> Sample:
    """One scan of one place in the head, blood to be found."""
    return _sample(head, rng, blood_only)


def ischaemia_sample(head: PooledHead, rng: Generator) -> Sample:
    """One scan of one place in the head, early ischaemia to be found."""
    return _sample(head, rng, ischaemia_only)


def _sample(head: PooledHead, rng: Generator, classes: Callable[[Tensor], Tensor]) -> Sample:
    thickness = float(rng.uniform(1.0, 8.5) if rng.random() < 0.8 else 5.0)
    gap = max(3.5, thickness) * float(rng.uniform(0.95, 1.25))
    middle = _middle(head, rng, reach_mm=gap + thickness / 2)
    seen = acquire(_painted(head), draw_scan(rng, _neighbours(middle, gap, rng), thickness))
    hu, kind = (seen.hu.flip(-1), seen.kind.flip(-1)) if rng.random() < 0.5 else (seen.hu, seen.kind)
    return windowed(_clipped(hu, rng)), classes(kind[1]).long()


def _middle(head: PooledHead, rng: Generator, reach_mm: float) -> float:
    """A place in mm above the first painted slice, often where a lesion is, ``reach_mm`` from both ends."""
    dz = HEAD_GRID.spacing_mm[0]
    last = (len(head.fields["hu"]) - 1) * dz
    if head.lesion_slices and rng.random() < 0.65:
        middle = float(rng.choice(head.lesion_slices)) * dz + rng.uniform(-1, 1)
    else:
        middle = float(rng.uniform(0, last))
    reach = min(reach_mm, last / 2)
    return min(max(middle, reach), last - reach)


def _painted(head: PooledHead) -> Painted:
    fields = head.fields
    x, y, z = fields["first_mm"].tolist()
    slices, rows, columns = fields["hu"].shape
    grid = replace(HEAD_GRID, shape=(slices, rows, columns), first_mm=(x, y, z))
    return Painted(grid, fields["hu"], fields["fraction"].float() / 255, fields["kind"], torch.empty(0))


def _neighbours(middle: float, gap: float, rng: Generator) -> tuple[float, float, float]:
    mode = rng.random()
    if mode < 0.3:
        return (middle, middle, middle)
    if mode < 0.36:
        return (middle, middle, middle + gap)
    if mode < 0.42:
        return (middle - gap, middle, middle)
    return (middle - gap, middle, middle + gap)


def _clipped(hu: Tensor, rng: Generator) -> Tensor:
    """HU as a viewer or an export may have cut them."""
    low = float(rng.uniform(-120, 6)) if rng.random() < 0.4 else -1024.0
    high = float(rng.uniform(70, 260)) if rng.random() < 0.4 else 3000.0
    return hu.clamp(0, 255) if rng.random() < 0.2 else hu.clamp(low, high)
