"""The worst cases of a run, drawn: the truth in green, what was marked in red."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.figures import LEAST_ML
from benchmarks.accuracy.readers import Reader
from benchmarks.accuracy.run import Entry
from benchmarks.accuracy.scoring import Case, Score
from models.gallery.sheet import SAID, TRUTH, Tile, fitted, fitted_mask, grey, outlined, save, sheet
from pipeline.domain.volume import VoxelUnit

MISSED, NORMAL = 4, 2
"""So many of the lesions that were marked worst, and of the heads without that were marked most."""

TILE_PIXELS = (208, 176)
BRAIN_HU = (0.0, 80.0)


def worst_synthetic(scores: Sequence[Score]) -> list[Score]:
    """The heads with at least 1 mL whose Dice is lowest, then the heads without in which most is marked."""
    missed = sorted((one for one in scores if one.sort == "lesion" and one.truth_ml >= LEAST_ML), key=lambda s: s.dice)
    false = sorted((one for one in scores if one.sort == "normal" and one.said_ml > 0), key=lambda s: -s.said_ml)
    return missed[:MISSED] + false[:NORMAL]


def worst_real(scores: Sequence[Score]) -> list[Score]:
    """The real cases whose Dice is lowest, then those without the finding in which most is marked."""
    missed = sorted((one for one in scores if one.sort == "real"), key=lambda s: s.dice)
    false = sorted((one for one in scores if one.sort == "real negative" and one.said_ml > 0), key=lambda s: -s.said_ml)
    return missed[: 2 * MISSED] + false[: 2 * NORMAL]


def draw(scores: Sequence[Score], entries: Sequence[Entry], reader: Reader, file: Path) -> None:
    """Read these cases once more and write them as one picture; nothing is written for none."""
    made = {entry.name: entry.make for entry in entries}
    tiles = [tile for one in scores for tile in _pair(made[one.name](), one, reader)]
    if tiles:
        save(sheet(tiles, columns=4), file)


def _pair(case: Case, one: Score, reader: Reader) -> tuple[Tile, Tile]:
    said, truth = reader.read(case).labels > 0, case.truth > 0
    k = worst_slice(said, truth)
    low, high = _window(case, k)
    bare = fitted(grey(case.volume.voxels[k], low, high), *TILE_PIXELS)
    drawn = outlined(bare, fitted_mask(truth[k], *TILE_PIXELS), TRUTH)
    drawn = outlined(drawn, fitted_mask(said[k], *TILE_PIXELS), SAID)
    sizes = f"there {one.truth_ml:.1f}, marked {one.said_ml:.1f} mL"
    dice = f"Dice {one.dice:.2f}" if one.truth_ml else "nothing to find"
    return Tile(bare, f"{case.name}: {dice}"), Tile(drawn, sizes)


def worst_slice(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> int:
    """The slice in which most pixels are missed or wrongly marked."""
    return int((said ^ truth).sum(axis=(1, 2)).argmax())


def _window(case: Case, k: int) -> tuple[float, float]:
    if case.volume.unit is VoxelUnit.HU:
        return BRAIN_HU
    values = case.volume.voxels[k]
    tissue = values[values > values.max() * 0.05]
    return 0.0, float(np.percentile(tissue, 99.5)) if tissue.size else 1.0
