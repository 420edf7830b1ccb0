"""Slabs of heads, and the smooth fields they are painted from."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from models.synthesis.draw import Odds, draw
from models.synthesis.fields import Grid, Noise, blur
from models.synthesis.mr.draw import Odds as Odds_mr
from models.synthesis.mr.draw import draw as draw_mr
from models.synthesis.mr.masks import MaskLibrary
from models.synthesis.mr.paint import MR_GRID
from models.synthesis.mr.paint import paint as paint_mr
from models.synthesis.paint import HEAD_GRID
from models.synthesis.prior import Anatomy
from models.training.slab import SLICES, infarcts_z_mm, lesions_z_mm, slab

SMALL = Grid(shape=(5, 12, 9), spacing_mm=(4.0, 3.0, 3.0), first_mm=(0.0, 0.0, 0.0))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_a_slab_is_a_part_of_the_heads_own_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    part = slab(HEAD_GRID, lesions_z_mm(draw(rng, 4)), "top", rng)
    above = (part.first_mm[2] - HEAD_GRID.first_mm[2]) / HEAD_GRID.spacing_mm[0]
    assert above == pytest.approx(round(above))
    assert 0 <= round(above) <= HEAD_GRID.shape[0] - SLICES
    assert part.shape == (SLICES, *HEAD_GRID.shape[1:])


def test_most_slabs_lie_about_a_lesion() -> None:
    rng = np.random.default_rng(0)
    recipe = draw(rng, 1, Odds(haemorrhage=1.0, kinds={"haematoma": 1.0}))
    height = SLICES * HEAD_GRID.spacing_mm[0]
    places = lesions_z_mm(recipe)
    lowest = [slab(HEAD_GRID, places, "top", rng).first_mm[2] for _ in range(100)]
    assert sum(any(low < z < low + height for z in places) for low in lowest) > 60


def test_slabs_of_a_head_without_lesion_are_more_often_at_the_end_that_misleads() -> None:
    rng = np.random.default_rng(1)
    low = [slab(MR_GRID, [], "bottom", rng).first_mm[2] < 0 - SLICES for _ in range(200)]
    high = [slab(MR_GRID, [], "top", rng).first_mm[2] < 0 - SLICES for _ in range(200)]
    assert sum(low) > sum(high) + 20


def test_a_slab_looks_only_at_the_slices_it_reaches_and_sees_the_same(ball_head: Anatomy, coarse_grid: Grid) -> None:
    whole, part = (grid.coordinates() for grid in (coarse_grid, coarse_grid.slab(8, 10)))
    for name in ("depth", "grey", "soft"):
        expected = ball_head.sample(whole, [name])[name][8:18]
        assert float(expected.std()) > 0
        torch.testing.assert_close(ball_head.sample(part, [name])[name], expected, atol=1e-3, rtol=1e-3)
    outside = part.clone()
    outside[2] -= 500
    assert torch.isfinite(ball_head.sample(outside, ["depth"])["depth"]).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.floats(5, 80))
def test_noise_in_a_slab_is_that_of_the_whole_head(first: int, scale_mm: float) -> None:
    whole = Grid(shape=(64, 9, 8), spacing_mm=(2.0, 1.5, 1.5), first_mm=(0.0, 0.0, -66.0))
    part = whole.slab(first, 4)
    noise = Noise(5, scale_mm)
    assert torch.equal(noise.field(part, torch.empty(0)), noise.field(whole, torch.empty(0))[:, first : first + 4])
    assert part.coordinates()[2, 0, 0, 0] == whole.coordinates()[2, first, 0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_a_slab_of_diffusion_holds_what_the_whole_head_does(
    ball_head: Anatomy, coarse_grid: Grid, ball_masks: MaskLibrary, seed: int
) -> None:
    kinds = {"mask": 1.0} if seed % 2 else {"shower": 1.0}
    recipe = draw_mr(np.random.default_rng(seed), 1, ball_masks, Odds_mr(infarct=1.0, kinds=kinds, pileup=1.0))
    # Texture inside a painted infarct, and the haze of old age, reach over the slab's end.
    even = tuple(dataclasses.replace(one, mottle=0.0) for one in recipe.infarcts)
    tissue = dataclasses.replace(recipe.tissue, leukoaraiosis=0.0)
    recipe = dataclasses.replace(recipe, infarcts=even, tissue=tissue)
    whole, part = (
        paint_mr(recipe, [ball_head], ball_masks, grid=grid) for grid in (coarse_grid, coarse_grid.slab(8, 20))
    )
    for name in ("tissue", "adc", "fluid", "infarct", "shift_mm", "depth_mm", "flair"):
        expected, found = getattr(whole, name)[12:24], getattr(part, name)[4:16]
        assert float(expected.abs().max()) > 0
        torch.testing.assert_close(found, expected, atol=5e-3, rtol=5e-3, msg=lambda text, name=name: f"{name}: {text}")


def test_an_infarct_is_sought_where_the_turned_head_has_it(
    ball_head: Anatomy, coarse_grid: Grid, ball_masks: MaskLibrary
) -> None:
    for seed in range(6):
        recipe = draw_mr(np.random.default_rng(seed), 1, ball_masks, Odds_mr(infarct=1.0, kinds={"mask": 1.0}))
        recipe = dataclasses.replace(recipe, infarcts=recipe.infarcts[:1])
        infarct = paint_mr(recipe, [ball_head], ball_masks, grid=coarse_grid).infarct > 0.5
        if int(infarct.sum()) > 20:
            height = float(coarse_grid.coordinates()[2][infarct].mean())
            assert infarcts_z_mm(recipe, ball_masks) == [pytest.approx(height, abs=16)]


def test_a_head_without_infarct_is_cut_about_what_could_be_taken_for_one() -> None:
    recipe = draw_mr(np.random.default_rng(3), 1, odds=Odds_mr(infarct=0.0, lookalike=1.0))
    assert len(infarcts_z_mm(recipe, None)) == len(recipe.lookalikes) > 0


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
