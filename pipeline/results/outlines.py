"""The outline of a mask along the edges of its pixels, so that it lies exactly on the lesion."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Outline: TypeAlias = tuple[tuple[int, int], ...]
"""Corners ``(column, row)`` of a closed line, the first repeated at the end; (0, 0) is the top left corner
of the first pixel, as PS3.3 C.10.5.1.1 counts (PIXEL)."""

_Corner: TypeAlias = tuple[int, int]


def outlines(mask: NDArray[np.bool_]) -> tuple[Outline, ...]:
    """The closed outlines of a mask ``[j, i]``, holes included.

    Filled by the even-odd rule they give back the mask. Each goes with the lesion on its right.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return ()
    top, left = int(rows[0]), int(columns[0])
    onward = _edges(mask[top : rows[-1] + 1, left : columns[-1] + 1])
    found = []
    while onward:
        found.append(tuple((x + left, y + top) for x, y in _walk(onward, next(iter(onward)))))
    return tuple(found)


def enclosed_pixels(outline: Outline) -> float:
    """How many pixels an outline encloses, holes included (the shoelace formula)."""
    corners = itertools.pairwise(outline)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in corners)) / 2


def _edges(mask: NDArray[np.bool_]) -> dict[_Corner, list[_Corner]]:
    """For each corner, the corners one pixel edge further on the border of the mask."""
    padded = np.pad(mask, 1)
    across = padded[1:, 1:-1].astype(np.int8) - padded[:-1, 1:-1]  # [row of the edge, column]: 1 enters downwards
    along = padded[1:-1, 1:].astype(np.int8) - padded[1:-1, :-1]  # [row, column of the edge]: 1 enters to the right
    onward: dict[_Corner, list[_Corner]] = defaultdict(list)
    for j, i in np.argwhere(across).tolist():
        begin, end = ((i, j), (i + 1, j)) if across[j, i] > 0 else ((i + 1, j), (i, j))
        onward[begin].append(end)
    for j, i in np.argwhere(along).tolist():
        begin, end = ((i, j + 1), (i, j)) if along[j, i] > 0 else ((i, j), (i, j + 1))
        onward[begin].append(end)
    return dict(onward)


def _walk(onward: dict[_Corner, list[_Corner]], start: _Corner) -> Outline:
    """Follow one outline to its start and take its edges away; corners on a straight line are left out."""
    path = [start, _next(onward, start, None)]
    while path[-1] != start:
        path.append(_next(onward, path[-1], path[-2]))
    turns = [
        path[n]
        for n in range(len(path) - 1)
        if _direction(path[n - 1 if n else -2], path[n]) != _direction(path[n], path[n + 1])
    ]
    return (*turns, turns[0])


def _next(onward: dict[_Corner, list[_Corner]], at: _Corner, before: _Corner | None) -> _Corner:
    """The next corner; where two pixels touch by a corner only, turn right: they stay two outlines."""
    choices = onward[at]
    chosen = 0
    if before is not None and len(choices) > 1:
        dx, dy = _direction(before, at)
        right = (at[0] - dy, at[1] + dx)
        chosen = choices.index(right)
    following = choices.pop(chosen)
    if not choices:
        del onward[at]
    return following


def _direction(begin: _Corner, end: _Corner) -> _Corner:
    return (end[0] - begin[0], end[1] - begin[1])
