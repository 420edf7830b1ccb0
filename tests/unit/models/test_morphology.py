from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from models.inference.morphology import Mask, closed, filled, grown, opened, shrunk

MASKS = arrays(bool, st.tuples(st.integers(1, 3), st.integers(1, 14), st.integers(1, 14)))
RADII = st.integers(0, 5)


def octagon(radius: int) -> np.ndarray:
    """What `grown` makes of one pixel."""
    point = np.zeros((1, 2 * radius + 1, 2 * radius + 1), bool)
    point[0, radius, radius] = True
    return grown(point, radius)[0]


@given(mask=MASKS, radius=RADII)
@settings(max_examples=40, deadline=None)
def test_growing_and_shrinking_are_scipys_with_an_octagon(mask: Mask, radius: int) -> None:
    shape = octagon(radius)
    for k, one in enumerate(mask):
        assert np.array_equal(grown(mask, radius)[k], ndimage.binary_dilation(one, shape))
        assert np.array_equal(shrunk(mask, radius)[k], ndimage.binary_erosion(one, shape))


@given(mask=MASKS)
@settings(max_examples=40, deadline=None)
def test_filling_is_scipys_slice_by_slice(mask: Mask) -> None:
    assert np.array_equal(filled(mask), np.stack([ndimage.binary_fill_holes(one) for one in mask]))


@given(mask=MASKS, radius=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_opening_takes_away_closing_adds_and_twice_is_once(mask: Mask, radius: int) -> None:
    assert not (opened(mask, radius) & ~mask).any()
    assert not (mask & ~closed(mask, radius)).any()
    assert np.array_equal(opened(opened(mask, radius), radius), opened(mask, radius))


@pytest.mark.parametrize("radius", [2, 4, 8])
def test_the_octagon_is_nearly_a_disc(radius: int) -> None:
    assert octagon(radius).sum() == pytest.approx(np.pi * (radius + 0.5) ** 2, rel=0.12)
