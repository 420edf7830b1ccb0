from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from pipeline.results.outlines import outlines

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The outlines of a mask filled by the even-odd rule: a pixel is inside after an odd number of upright edges."""
    crossings = np.zeros((mask.shape[0], mask.shape[1] + 1), dtype=int)
    for line in outlines(mask):
        for (x0, y0), (x1, y1) in itertools.pairwise(line):
            if x0 == x1:
                crossings[min(y0, y1) : max(y0, y1), x0] += 1
    inside: NDArray[np.bool_] = (np.cumsum(crossings, axis=1)[:, :-1] % 2).astype(bool)
    return inside


@given(MASKS)
def test_filling_the_outlines_gives_back_the_lesion(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(filled(mask), mask)


@given(MASKS)
def test_every_corner_of_an_outline_touches_the_lesion_and_what_is_not(mask: NDArray[np.bool_]) -> None:
    around = np.pad(mask, 1)
    for line in outlines(mask):
        assert line[0] == line[-1]
        for x, y in line:
            touching = around[y : y + 2, x : x + 2]
            assert touching.any()
            assert not touching.all()


@given(MASKS)
def test_lines_are_straight_and_turn_at_each_corner(mask: NDArray[np.bool_]) -> None:
    for line in outlines(mask):
        upright = [x0 == x1 for (x0, _), (x1, _) in itertools.pairwise(line)]
        assert all(one != other for one, other in itertools.pairwise(upright))


def test_a_hole_has_an_outline_of_its_own() -> None:
    mask = np.ones((5, 5), dtype=bool)
    mask[2, 2] = False
    assert sorted(len(line) for line in outlines(mask)) == [5, 5]
