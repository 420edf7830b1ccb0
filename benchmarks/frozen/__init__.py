"""Synthetic test sets, frozen by seed and hash before the first training run that they judge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.synthesis.recipe import to_json
from pipeline.domain.errors import BadInput

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class FrozenHead:
    """One head of a set: what group it belongs to, its seed, and the hash of what that seed drew."""

    group: str
    seed: int
    sha256: str


def sha256_of(*recipes: Any) -> str:
    """Hash of the drawn values, as JSON: it changes when a generator draws another head from the seed."""
    return hashlib.sha256("\n".join(to_json(recipe) for recipe in recipes).encode()).hexdigest()


def write(task: str, heads: list[FrozenHead]) -> None:
    """Freeze a set."""
    rows = [[head.group, head.seed, head.sha256] for head in heads]
    lines = ",\n".join(json.dumps(row) for row in rows)
    (FOLDER / f"{task}.json").write_text(f"[\n{lines}\n]\n")


def read(task: str) -> tuple[FrozenHead, ...]:
    """The frozen heads of a task."""
    return tuple(FrozenHead(*row) for row in json.loads((FOLDER / f"{task}.json").read_text()))


def unchanged(head: FrozenHead, redraw: Callable[[FrozenHead], tuple[Any, ...]]) -> tuple[Any, ...]:
    """The recipes of a head, drawn again; raises `BadInput` when they are not what was frozen."""
    recipes = redraw(head)
    if sha256_of(*recipes) != head.sha256:
        raise BadInput(f"Head {head.seed} is drawn differently than when the set was frozen: compare nothing with it.")
    return recipes
