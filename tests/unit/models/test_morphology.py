from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from models.inference.morphology import closed, filled, grown, opened, shrunk
from models.inference.regions import IN_PLANE, WHOLE, by_propagation, labelled

MASKS = arrays(bool, st.tuples(st.integers(1, 3), st.integers(1, 14), st.integers(1, 14))).map(torch.from_numpy)
RADII = st.integers(0, 5)


def octagon(radius: int) -> np.ndarray:
    """What `grown` makes of one pixel."""
    point = torch.zeros((1, 2 * radius + 1, 2 * radius + 1), dtype=torch.bool)
    point[0, radius, radius] = True
    return grown(point, radius)[0].numpy()


@given(mask=MASKS, radius=RADII)
@settings(max_examples=40, deadline=None)
def test_growing_and_shrinking_are_scipys_with_an_octagon(mask: torch.Tensor, radius: int) -> None:
    shape = octagon(radius)
    for k, one in enumerate(mask):
        assert np.array_equal(grown(mask, radius)[k], ndimage.binary_dilation(one, shape))
        assert np.array_equal(shrunk(mask, radius)[k], ndimage.binary_erosion(one, shape))


@given(mask=MASKS)
@settings(max_examples=40, deadline=None)
def test_filling_is_scipys_slice_by_slice(mask: torch.Tensor) -> None:
    assert np.array_equal(filled(mask), np.stack([ndimage.binary_fill_holes(one) for one in mask]))


@given(mask=MASKS, radius=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_opening_takes_away_closing_adds_and_twice_is_once(mask: torch.Tensor, radius: int) -> None:
    assert not (opened(mask, radius) & ~mask).any()
    assert not (mask & ~closed(mask, radius)).any()
    assert torch.equal(opened(opened(mask, radius), radius), opened(mask, radius))


@given(mask=MASKS, axes=st.sampled_from([WHOLE, IN_PLANE]), corners=st.booleans())
@settings(max_examples=60, deadline=None)
def test_regions_are_numbered_the_same_on_every_device(
    mask: torch.Tensor, axes: tuple[int, ...], corners: bool
) -> None:
    """Scipy numbers them on the processor, propagation everywhere else; the structure is scipy's own idea of it."""
    parts, count = labelled(mask, axes, corners=corners)
    other, other_count = by_propagation(mask, axes, corners=corners)
    assert count == other_count
    assert torch.equal(parts, other.to(parts.dtype))
    flat = ndimage.generate_binary_structure(len(axes), len(axes) if corners else 1)
    alone = mask.numpy() if axes == WHOLE else mask[0].numpy()
    expected, _ = ndimage.label(alone, flat)
    assert np.array_equal(expected, parts.numpy() if axes == WHOLE else parts[0].numpy())


def test_a_long_winding_region_is_one() -> None:
    spiral = torch.ones((1, 41, 41), dtype=torch.bool)
    spiral[0, 1::2] = False
    spiral[0, 1::4, -1] = True
    spiral[0, 3::4, 0] = True
    parts, count = by_propagation(spiral)
    assert count == 1
    assert torch.equal(parts > 0, spiral)


@pytest.mark.parametrize("radius", [2, 4, 8])
def test_the_octagon_is_nearly_a_disc(radius: int) -> None:
    assert octagon(radius).sum() == pytest.approx(np.pi * (radius + 0.5) ** 2, rel=0.12)
