"""Slabs of heads, and the smooth fields they are painted from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from models.synthesis.draw import Odds, draw
from models.synthesis.fields import Grid, Noise, blur
from models.synthesis.paint import HEAD_GRID
from models.training.slab import SLICES, lesions_z_mm, slab

SMALL = Grid(shape=(5, 12, 9), spacing_mm=(4.0, 3.0, 3.0), first_mm=(0.0, 0.0, 0.0))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_a_slab_is_a_part_of_the_heads_own_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    part = slab(HEAD_GRID, draw(rng, 4), rng)
    above = (part.first_mm[2] - HEAD_GRID.first_mm[2]) / HEAD_GRID.spacing_mm[0]
    assert above == pytest.approx(round(above))
    assert 0 <= round(above) <= HEAD_GRID.shape[0] - SLICES
    assert part.shape == (SLICES, *HEAD_GRID.shape[1:])


def test_most_slabs_lie_about_a_lesion() -> None:
    rng = np.random.default_rng(0)
    recipe = draw(rng, 1, Odds(haemorrhage=1.0, kinds={"haematoma": 1.0}))
    height = SLICES * HEAD_GRID.spacing_mm[0]
    places = lesions_z_mm(recipe)
    lowest = [slab(HEAD_GRID, recipe, rng).first_mm[2] for _ in range(100)]
    assert sum(any(low < z < low + height for z in places) for low in lowest) > 60


def test_smooth_noise_is_linear_between_its_values() -> None:
    noise = Noise(seed=3, scale_mm=11.0)
    field = noise.field(SMALL, torch.empty(0))
    sizes = (4, 5, 4)
    coarse = torch.randn(1, 1, *sizes, generator=torch.Generator().manual_seed(3))
    expected = functional.interpolate(coarse, size=SMALL.shape, mode="trilinear", align_corners=True)[0]
    torch.testing.assert_close(field, expected, atol=1e-5, rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 4.0), st.integers(0, 2))
def test_a_blur_keeps_the_mean_of_an_impulse_and_a_flat_picture_flat(sigma: float, axis: int) -> None:
    sigmas = [sigma if axis == n else 0.0 for n in range(3)]
    impulse = torch.zeros(31, 31, 31)
    impulse[15, 15, 15] = 1.0
    spread = blur(impulse, sigmas)
    assert float(spread.sum()) == pytest.approx(1.0, abs=1e-4)
    torch.testing.assert_close(spread, spread.flip(axis))
    torch.testing.assert_close(blur(torch.full((4, 5, 6), 7.0), (sigma, sigma, sigma)), torch.full((4, 5, 6), 7.0))
