"""Synthetic heads as cases to read: the frozen sets, and others of the same sorts to choose on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from benchmarks import frozen
from benchmarks.accuracy.run import Entry
from benchmarks.accuracy.scoring import Case
from benchmarks.frozen import FrozenHead, ich_ct, infarct_dwi, ischaemia_ct
from models.synthesis import prior as priors
from models.synthesis.acquisition import Scan, acquire
from models.synthesis.kinds import Kind
from models.synthesis.mr import acquisition as mr_acquisition
from models.synthesis.mr.masks import MaskLibrary, library
from models.synthesis.mr.paint import MR_GRID
from models.synthesis.mr.paint import paint as paint_mr
from models.synthesis.paint import HEAD_GRID, paint
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import HeadCTRecipe
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

OTHER_SEED = 35_000_000
"""Heads to calibrate on; none of them is among the frozen."""


def frozen_ct_heads(prior: Path, count: int | None) -> list[Entry]:
    """The frozen heads of ich-ct, or so many of them, evenly chosen; each checked against its hash when made."""
    anatomies = _kept(prior)
    heads = evenly(frozen.read(ich_ct.TASK), count)
    return [Entry(f"ct {head.seed}", partial(_frozen_ct_head, anatomies, head)) for head in heads]


def frozen_dwi_heads(prior: Path, masks_folder: Path | None, count: int | None) -> list[Entry]:
    """The frozen heads of infarct-dwi, or so many of them, evenly chosen; each checked when made."""
    anatomies, masks = _kept(prior), library(_needed(masks_folder), kept=True)
    heads = evenly(frozen.read(infarct_dwi.TASK), count)
    return [Entry(f"dwi {head.seed}", partial(_frozen_dwi_head, anatomies, masks, head)) for head in heads]


def frozen_ischaemic_heads(prior: Path, count: int | None) -> list[Entry]:
    """The frozen heads of ischaemia-ct, or so many of them, evenly chosen; each checked when made."""
    anatomies = _kept(prior)
    heads = evenly(frozen.read(ischaemia_ct.TASK), count)
    return [Entry(f"ischaemic ct {head.seed}", partial(_ischaemic_head, anatomies, head)) for head in heads]


def other_heads(
    task: str, prior: Path, masks_folder: Path | None, count: int, first_seed: int = OTHER_SEED
) -> list[Entry]:
    """Heads of the same sorts as the frozen ones, of other seeds: something may be chosen on them."""
    anatomies = _kept(prior)
    if task == "ischaemia-ct":
        counts = {ischaemia_ct.LARGE: count - count * 2 // 5, ischaemia_ct.WITHOUT: count * 2 // 5}
        ischaemic = ischaemia_ct.listed(counts, first_seed)
        return [Entry(f"ischaemic ct {head.seed}", partial(_ischaemic_head, anatomies, head)) for head in ischaemic]
    if task == "ich-ct":
        groups = [ich_ct.HEALTHY if n % 5 < 2 else ich_ct.BLEEDING for n in range(count)]
        ct_heads = [FrozenHead(group, first_seed + n, "") for n, group in enumerate(groups)]
        return [Entry(f"ct {head.seed}", partial(_ct_head, anatomies, head)) for head in ct_heads]
    masks = library(_needed(masks_folder), kept=True)
    dwi_heads = evenly(infarct_dwi.listed(masks, first_seed), count)
    return [Entry(f"dwi {head.seed}", partial(_frozen_dwi_head, anatomies, masks, head)) for head in dwi_heads]


def _needed(masks_folder: Path | None) -> Path:
    if masks_folder is None:
        raise ConfigurationError("infarct-dwi needs --lesion-masks; models/README.md says where to get them.")
    return masks_folder


def evenly(heads: Sequence[FrozenHead], count: int | None) -> list[FrozenHead]:
    """So many heads, spread over the list and thereby over its groups."""
    if count is None or count >= len(heads):
        return list(heads)
    return [heads[n * len(heads) // count] for n in range(count)]


def _kept(prior: Path) -> tuple[Anatomy, ...]:
    names = sorted(file.stem for file in prior.glob("*.npz"))[-ich_ct.ANATOMIES :]
    return priors.load(prior, names)


def sort_of(group: str) -> str:
    """Which figures a group of a frozen set belongs to."""
    if group in (ich_ct.HEALTHY, infarct_dwi.WITHOUT, ischaemia_ct.WITHOUT):
        return "normal"
    return "shower" if group == infarct_dwi.SHOWER else "lesion"


def _frozen_ct_head(anatomies: Sequence[Anatomy], head: FrozenHead) -> Case:
    frozen.unchanged(head, ich_ct.redraw)
    return _ct_head(anatomies, head)


def _ct_head(anatomies: Sequence[Anatomy], head: FrozenHead) -> Case:
    recipe, scan = ich_ct.redraw(head)
    volume, kind = _ct(recipe, scan, anatomies)
    blood = np.where(kind < Kind.ISCHAEMIA, kind, 0).astype(np.uint8)
    return Case(f"ct {head.seed}", sort_of(head.group), volume, blood, knows_sites=True)


def _ischaemic_head(anatomies: Sequence[Anatomy], head: FrozenHead) -> Case:
    recipe, scan = frozen.unchanged(head, ischaemia_ct.redraw)
    volume, kind = _ct(recipe, scan, anatomies)
    truth = (kind == Kind.ISCHAEMIA).astype(np.uint8)
    return Case(f"ischaemic ct {head.seed}", sort_of(head.group), volume, truth)


def _ct(recipe: HeadCTRecipe, scan: Scan, anatomies: Sequence[Anatomy]) -> tuple[Volume, NDArray[np.uint8]]:
    seen = acquire(paint(recipe, anatomies), scan)
    hu = np.clip(seen.hu.numpy(), -1024, 3071).round().astype(np.int16)
    volume = _volume(hu, HEAD_GRID.spacing_mm, scan.thickness_mm, VoxelUnit.HU)
    return volume, seen.kind.numpy().astype(np.uint8)


def _frozen_dwi_head(anatomies: Sequence[Anatomy], masks: MaskLibrary, head: FrozenHead) -> Case:
    recipe, scan = frozen.unchanged(head, lambda one: infarct_dwi.redraw(one, masks))
    seen = mr_acquisition.acquire(paint_mr(recipe, anatomies, masks), scan)

    def volume(values: Tensor, unit: VoxelUnit) -> Volume:
        return _volume(values.numpy(), MR_GRID.spacing_mm, scan.thickness_mm, unit)

    # The generator's ADC is in 1e-3 mm2/s.
    companions = {SeriesRole.ADC: volume(seen.adc * 1000, VoxelUnit.ADC_1E6_MM2_S)}
    dwi, truth = volume(seen.dwi, VoxelUnit.ARBITRARY), seen.marked.numpy().astype(np.uint8)
    return Case(f"dwi {head.seed}", sort_of(head.group), dwi, truth, companions)


def _volume(values: NDArray[Any], spacing_kji_mm: Sequence[float], thickness_mm: float, unit: VoxelUnit) -> Volume:
    _, dy, dx = spacing_kji_mm
    return Volume(values, PatientFromVoxel(np.diag([dx, dy, thickness_mm, 1.0])), unit)
