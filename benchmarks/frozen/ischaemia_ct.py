"""The 200 heads that judge `ischaemia-ct`: 120 with an early infarct, a third of them small, 80 with none.

`python -m benchmarks.frozen.ischaemia_ct` froze them on 2026-11-22, before the first training run whose weights are
kept (eight earlier minutes were thrown away). No head bleeds. Anatomies are the four that are never trained on.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np

from benchmarks.frozen import FOLDER, FrozenHead, sha256_of, write
from models.synthesis.acquisition import draw_scan
from models.synthesis.draw import Odds, draw
from models.synthesis.draw_ischaemia import with_early_infarct
from models.synthesis.recipe import HeadCTRecipe

TASK = "ischaemia_ct"
ANATOMIES = 4
SMALL, LARGE, WITHOUT = "small infarct", "infarct", "no infarct"
COUNTS = {SMALL: 45, LARGE: 75, WITHOUT: 80}
EARLY = 0.7
"""Share of infarcts that are hours old; the others are days old."""

SMALL_RADIUS_MM = 10.6
"""A ball of this radius holds 5 mL; the smallest drawn, 8 mm, holds 2 mL."""

FIRST_SEED = 34_000_000
"""Training draws from 1,000,000 times (seed + 1) up, validation from 900,000: none reaches here by chance."""


def redraw(head: FrozenHead) -> tuple[Any, ...]:
    """The head's recipe and its scan: whole head, slices of 1.25 to 8 mm, mostly 5."""
    rng = np.random.default_rng(head.seed)
    odds = Odds(haemorrhage=0.0, infarct=0.0 if head.group == WITHOUT else 1.0)
    recipe = with_early_infarct(draw(rng, ANATOMIES, odds), rng, share=EARLY)
    thickness = float(rng.choice([1.25, 2.5, 5.0, 5.0, 5.0, 8.0]))
    return recipe, draw_scan(rng, tuple(np.arange(2.0, 140.0, thickness).tolist()), thickness, calm=True)


def listed(counts: dict[str, int], first_seed: int) -> list[FrozenHead]:
    """So many heads of each group: a seed whose infarct is of another size is passed over."""
    heads: list[FrozenHead] = []
    for seed in itertools.count(first_seed):
        group = next((name for name, count in counts.items() if sum(h.group == name for h in heads) < count), None)
        if group is None:
            return heads
        unhashed = FrozenHead(group, seed, "")
        recipes = redraw(unhashed)
        if _belongs(recipes[0], group):
            heads.append(FrozenHead(group, seed, sha256_of(*recipes)))
    raise AssertionError


def _belongs(recipe: HeadCTRecipe, group: str) -> bool:
    if group == WITHOUT:
        return True
    return (recipe.infarcts[0].radius_mm < SMALL_RADIUS_MM) == (group == SMALL)


def main() -> int:
    """Freeze the set; one that is frozen stays."""
    if (FOLDER / f"{TASK}.json").exists():
        sys.stderr.write(f"{TASK} is frozen already\n")
        return 2
    write(TASK, listed(COUNTS, FIRST_SEED))
    return 0


if __name__ == "__main__":
    sys.exit(main())
