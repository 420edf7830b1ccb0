"""The 200 heads that judge `infarct-dwi`: 100 with infarcts, 60 without, 40 with showers of small emboli.

`python -m benchmarks.frozen.infarct_dwi --lesion-masks DIR` froze them on 2026-11-22: twice, since the first
training run was stopped after two minutes and thrown away when infarcts were made brighter in the generator.
A later change of how the scanner clips piled-up signal altered pixels of the same recipes; no network had been
scored on the set by then. Anatomies are the four last label maps, masks those that `models.synthesis.mr.masks.held_out`
keeps of OpenNeuro ds004889, sorted by name: neither is ever trained on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.frozen import FOLDER, FrozenHead, read, sha256_of, unchanged, write
from models.synthesis import prior as priors
from models.synthesis.mr.acquisition import Acquired, DiffusionScan, acquire, draw_scan
from models.synthesis.mr.draw import Odds, draw
from models.synthesis.mr.draw_infarct import VolumeBand
from models.synthesis.mr.masks import MaskLibrary, library
from models.synthesis.mr.paint import MR_GRID, paint
from models.synthesis.mr.recipe import HeadMRRecipe

TASK = "infarct_dwi"
ANATOMIES = 4
FIRST_SEED = 32_000_000
"""Training draws from 1,000,000 times (seed + 1) up, validation from 900,000: none reaches here by chance."""

THICKNESS_MM = (2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 6.5)
SINGLE = {"mask": 0.6, "territory": 0.4}


@dataclass(frozen=True, slots=True)
class Group:
    """So many heads of one sort."""

    name: str
    count: int
    odds: Odds


def _infarcts(least_ml: float, most_ml: float, kinds: dict[str, float]) -> Odds:
    return Odds(infarct=1.0, kinds=kinds, volumes=(VolumeBand(1.0, least_ml, most_ml),), natural=0.0)


WITHOUT, SHOWER = "without infarct", "embolic shower"
GROUPS = (
    Group("infarct of 1 to 5 mL", 45, _infarcts(1.0, 5.0, SINGLE)),
    Group("infarct of 5 to 40 mL", 25, _infarcts(5.0, 40.0, SINGLE | {"watershed": 0.15})),
    Group("infarct over 40 mL", 15, _infarcts(40.0, 250.0, SINGLE)),
    Group("lacune or under 1 mL", 15, _infarcts(0.3, 1.0, SINGLE | {"lacune": 0.6})),
    Group(WITHOUT, 60, Odds(infarct=0.0)),
    Group(SHOWER, 40, Odds(infarct=1.0, kinds={"shower": 1.0})),
)


@dataclass(frozen=True, slots=True, eq=False)
class FrozenScan:
    """A scan of one head: arrays [k, j, i], slices ``thickness_mm`` apart, pixels as in `MR_GRID`."""

    head: FrozenHead
    recipe: HeadMRRecipe
    scan: DiffusionScan
    acquired: Acquired

    @property
    def spacing_kji_mm(self) -> tuple[float, float, float]:
        """Distance between slices, rows and columns."""
        return (self.scan.thickness_mm, MR_GRID.spacing_mm[1], MR_GRID.spacing_mm[2])


def redraw(head: FrozenHead, masks: MaskLibrary) -> tuple[HeadMRRecipe, DiffusionScan]:
    """The head's recipe and its scan: whole head, slices of 2 to 6.5 mm."""
    rng = np.random.default_rng(head.seed)
    odds = next(group.odds for group in GROUPS if group.name == head.group)
    recipe = draw(rng, ANATOMIES, masks, odds)
    thickness = float(rng.choice(THICKNESS_MM))
    centres = tuple(np.arange(thickness / 2, 140.0, thickness).tolist())
    return recipe, draw_scan(rng, centres, thickness)


def listed(masks: MaskLibrary, first_seed: int = FIRST_SEED) -> list[FrozenHead]:
    """Every group's heads with their hashes."""
    groups = [group.name for group in GROUPS for _ in range(group.count)]
    unhashed = [FrozenHead(group, first_seed + n, "") for n, group in enumerate(groups)]
    return [FrozenHead(h.group, h.seed, sha256_of(*redraw(h, masks))) for h in unhashed]


def scans(prior_folder: Path, masks_folder: Path, heads: Sequence[FrozenHead] | None = None) -> Iterator[FrozenScan]:
    """Rebuild the frozen heads, or those given; raises `BadInput` for one that is drawn differently now."""
    names = sorted(file.stem for file in prior_folder.glob("*.npz"))[-ANATOMIES:]
    anatomies, masks = priors.load(prior_folder, names), library(masks_folder, kept=True)
    for head in heads if heads is not None else read(TASK):
        recipe, scan = unchanged(head, lambda one: redraw(one, masks))
        yield FrozenScan(head, recipe, scan, acquire(paint(recipe, anatomies, masks), scan))


def main(arguments: list[str] | None = None) -> int:
    """Freeze the set; one that is frozen stays."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--lesion-masks", type=Path, required=True)
    chosen = cli.parse_args(arguments)
    if (FOLDER / f"{TASK}.json").exists():
        sys.stderr.write(f"{TASK} is frozen already\n")
        return 2
    write(TASK, listed(library(chosen.lesion_masks, kept=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
