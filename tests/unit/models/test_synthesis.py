from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.synthesis.acquisition import Scan, acquire, draw_scan
from models.synthesis.draw import Odds, draw
from models.synthesis.draw_lookalikes import masses
from models.synthesis.draw_shape import Draw, blob
from models.synthesis.fields import Grid
from models.synthesis.kinds import Kind
from models.synthesis.paint import paint
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import HeadCTRecipe, Tube, from_json, to_json

KINDS = ("haematoma", "contusions", "ventricle", "cistern", "sulci", "crescent", "lens", "falx", "tentorium")


def recipe_of(seed: int, **odds: object) -> HeadCTRecipe:
    return draw(np.random.default_rng(seed), 1, Odds(**odds))  # type: ignore[arg-type]


@given(seed=st.integers(0, 2**32 - 1))
def test_a_recipe_comes_back_from_json_unchanged(seed: int) -> None:
    recipe = recipe_of(seed)
    assert from_json(HeadCTRecipe, to_json(recipe)) == recipe


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_same_seed_draws_the_same_head(seed: int) -> None:
    assert recipe_of(seed) == recipe_of(seed)


def test_a_head_painted_from_json_is_the_same_head(ball_head: Anatomy, coarse_grid: Grid) -> None:
    recipe = recipe_of(3, haemorrhage=1.0)
    first = paint(recipe, [ball_head], grid=coarse_grid)
    again = paint(from_json(HeadCTRecipe, to_json(recipe)), [ball_head], grid=coarse_grid)
    assert torch.equal(first.hu, again.hu)
    assert torch.equal(first.blood, again.blood)


@pytest.mark.parametrize("kind", KINDS)
def test_blood_of_every_kind_lies_inside_the_skull(kind: str, ball_head: Anatomy, coarse_grid: Grid) -> None:
    volumes = []
    for seed in range(2):
        painted = paint(recipe_of(seed, haemorrhage=1.0, kinds={kind: 1.0}), [ball_head], grid=coarse_grid)
        assert torch.isfinite(painted.hu).all()
        assert not ((painted.blood > 0.5) & (painted.depth_mm < 0)).any()
        volumes.append(painted.blood_ml)
    assert max(volumes) > 0


def test_a_head_without_haemorrhage_has_no_blood(ball_head: Anatomy, coarse_grid: Grid) -> None:
    recipe = recipe_of(5, haemorrhage=0.0)
    assert not recipe.bleeds
    assert paint(recipe, [ball_head], grid=coarse_grid).blood_ml == 0


def test_acute_blood_is_denser_than_brain_and_bone_denser_than_both(ball_head: Anatomy, coarse_grid: Grid) -> None:
    recipe = dataclasses.replace(
        recipe_of(11, haemorrhage=1.0, kinds={"haematoma": 1.0}), scars=(), infarcts=(), calcifications=()
    )
    painted = paint(recipe, [ball_head], grid=coarse_grid)
    blood, deep = painted.blood > 0.9, (painted.depth_mm > 12) & (painted.blood < 0.01)
    assert blood.any()
    assert painted.hu[blood].mean() > painted.hu[deep].mean() + 12
    assert painted.hu.max() > 700


def test_a_scan_repeats_itself_and_its_noise_is_as_drawn(ball_head: Anatomy, coarse_grid: Grid) -> None:
    painted = paint(recipe_of(7, haemorrhage=1.0), [ball_head], grid=coarse_grid)
    scan = draw_scan(np.random.default_rng(1), (40.0, 60.0, 80.0), 5.0)
    assert from_json(Scan, to_json(scan)) == scan
    seen = acquire(painted, scan)
    hu = seen.hu
    assert hu.shape == seen.kind.shape == (3, *coarse_grid.shape[1:])
    assert torch.equal(acquire(painted, scan).hu, hu)
    other = acquire(painted, dataclasses.replace(scan, noise_seed=scan.noise_seed + 1)).hu
    expected = scan.noise_hu * scan.gain * 2**0.5
    assert float((other - hu).std()) == pytest.approx(expected, rel=0.1)


def test_a_thick_slice_is_the_mean_of_what_it_covers(ball_head: Anatomy, coarse_grid: Grid) -> None:
    painted = paint(recipe_of(9), [ball_head], grid=coarse_grid)
    calm = draw_scan(np.random.default_rng(0), (60.0,), 12.0, calm=True)
    quiet = dataclasses.replace(calm, noise_hu=0.0, blur_voxels=0.0, streaks=(), ghost_voxels=None, sharpening=0.0)
    hu = acquire(painted, quiet).hu
    expected = painted.hu.clamp(-1000, 3071)[14:17].mean(0)
    assert torch.allclose(hu[0], expected, atol=0.5)


@pytest.mark.parametrize(
    ("kind", "number"), [("haematoma", 1), ("ventricle", 2), ("cistern", 3), ("crescent", 4), ("lens", 5)]
)
def test_each_kind_of_blood_carries_its_own_number(
    kind: str, number: int, ball_head: Anatomy, coarse_grid: Grid
) -> None:
    for seed in range(6):
        recipe = dataclasses.replace(recipe_of(seed, haemorrhage=1.0, kinds={kind: 1.0}), infarcts=())
        found = set(torch.unique(paint(recipe, [ball_head], grid=coarse_grid).kind).tolist()) - {0}
        if found:
            assert number in found
            return
    pytest.fail("none of six heads shows it")


def test_an_infarct_is_labelled_and_is_no_blood(ball_head: Anatomy, coarse_grid: Grid) -> None:
    recipe = draw(np.random.default_rng(4), 1, Odds(haemorrhage=0.0, infarct=1.0, mass=0.0))
    painted = paint(recipe, [ball_head], grid=coarse_grid)
    assert (painted.kind == Kind.ISCHAEMIA).any()
    assert painted.blood_ml == 0


def test_tumours_devices_and_air_are_no_blood(ball_head: Anatomy, coarse_grid: Grid) -> None:
    rng = Draw(np.random.default_rng(2))
    clip = blob(rng, (0.0, 0.0, 0.0), 4.0, hu=3000.0)
    bubble = blob(rng, (20.0, -20.0, 20.0), 8.0, hu=-900.0)
    tube = Tube((30.0, -60.0, 50.0), (5.0, 0.0, 10.0), 1.5, 300.0)
    plain = dataclasses.replace(recipe_of(5, haemorrhage=0.0), infarcts=())
    recipe = dataclasses.replace(plain, masses=masses(rng, 1.0), tubes=(tube,), metal=(clip,), trapped_air=(bubble,))
    painted, without = (paint(r, [ball_head], grid=coarse_grid) for r in (recipe, plain))
    assert painted.hu.max() > 2000
    assert (painted.hu < without.hu - 300).any()
    assert painted.blood_ml == 0


def test_metal_throws_rays_into_the_slice_that_holds_it(ball_head: Anatomy, coarse_grid: Grid) -> None:
    clip = blob(Draw(np.random.default_rng(2)), (0.0, 10.0, 20.0), 8.0, hu=3071.0, softness_mm=0.2)
    plain = recipe_of(5, haemorrhage=0.0)
    scan = draw_scan(np.random.default_rng(1), (86.0,), 3.0, calm=True)
    with_clip = acquire(paint(dataclasses.replace(plain, metal=(clip,)), [ball_head], grid=coarse_grid), scan)
    rayless = dataclasses.replace(scan, star_hu=0.0)
    without = acquire(paint(dataclasses.replace(plain, metal=(clip,)), [ball_head], grid=coarse_grid), rayless)
    assert float((with_clip.hu - without.hu).abs().max()) > 20
