"""The 200 heads that judge `ich-ct`: 120 that bleed, 80 that do not.

`python -m benchmarks.frozen.ich_ct` froze them, once. Anatomies are the four that are never trained on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.frozen import FrozenHead, sha256_of, write
from models.synthesis.acquisition import draw_scan
from models.synthesis.draw import Odds, draw

TASK = "ich_ct"
ANATOMIES = 4
BLEEDING, HEALTHY = "bleeding", "no blood"
FIRST_SEED = 31_000_000
"""Training draws from 1,000,000 times (seed + 1) up, validation from 900,000: none reaches here by chance."""

KINDS = {
    "haematoma": 0.42,
    "contusions": 0.08,
    "ventricle": 0.1,
    "cistern": 0.08,
    "sulci": 0.08,
    "crescent": 0.15,
    "lens": 0.06,
    "falx": 0.015,
    "tentorium": 0.015,
}
"""Nearer to what hospitals see than training's weights, which favour the rare and the difficult."""


def redraw(head: FrozenHead) -> tuple[Any, ...]:
    """The head's recipe and its scan: whole head, slices of 1.25 to 8 mm, mostly 5."""
    rng = np.random.default_rng(head.seed)
    bleeding = head.group == BLEEDING
    recipe = draw(rng, ANATOMIES, Odds(haemorrhage=1.0 if bleeding else 0.0, kinds=KINDS))
    thickness = float(rng.choice([1.25, 2.5, 5.0, 5.0, 5.0, 8.0]))
    centres = tuple(np.arange(2.0, 140.0, thickness).tolist())
    return recipe, draw_scan(rng, centres, thickness, calm=True)


def main() -> None:
    """Freeze the set."""
    groups = [BLEEDING] * 120 + [HEALTHY] * 80
    unhashed = [FrozenHead(group, FIRST_SEED + n, "") for n, group in enumerate(groups)]
    write(TASK, [FrozenHead(h.group, h.seed, sha256_of(*redraw(h))) for h in unhashed])


if __name__ == "__main__":
    main()
