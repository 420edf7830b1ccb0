from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.inference.diffusion import CHANNELS, brain_median, channels
from models.synthesis.fields import Grid
from models.synthesis.mr.acquisition import acquire, draw_scan
from models.synthesis.mr.draw import Odds, draw
from models.synthesis.mr.draw_infarct import VolumeBand
from models.synthesis.mr.masks import MaskLibrary, held_out, library, placed
from models.synthesis.mr.paint import PaintedMR, paint
from models.synthesis.mr.recipe import HeadMRRecipe, MaskUse
from models.synthesis.prior import Anatomy
from models.synthesis.recipe import from_json, to_json
from pipeline.domain.errors import ConfigurationError

SHOWERS = Odds(infarct=1.0, kinds={"shower": 1.0})
LARGE = Odds(infarct=1.0, lookalike=0.0, kinds={"territory": 1.0}, volumes=(VolumeBand(1.0, 40.0, 80.0),))


def head(ball_head: Anatomy, grid: Grid, odds: Odds, seed: int) -> tuple[HeadMRRecipe, PaintedMR]:
    recipe = draw(np.random.default_rng(seed), 1, odds=odds)
    return recipe, paint(recipe, [ball_head], grid=grid)


def test_a_recipe_from_json_paints_the_same_head(
    ball_head: Anatomy, coarse_grid: Grid, ball_masks: MaskLibrary
) -> None:
    recipe = draw(np.random.default_rng(5), 1, ball_masks, Odds(infarct=1.0, kinds={"mask": 1.0}))
    again = from_json(HeadMRRecipe, to_json(recipe))
    assert again == recipe
    first, second = (paint(one, [ball_head], ball_masks, grid=coarse_grid) for one in (recipe, again))
    assert torch.equal(first.tissue, second.tissue)
    assert torch.equal(first.infarct, second.infarct)


def test_a_drawn_mask_without_its_folder_is_an_error(
    ball_head: Anatomy, coarse_grid: Grid, ball_masks: MaskLibrary
) -> None:
    recipe = draw(np.random.default_rng(5), 1, ball_masks, Odds(infarct=1.0, kinds={"mask": 1.0}))
    with pytest.raises(ConfigurationError, match="lesion-masks"):
        paint(recipe, [ball_head], grid=coarse_grid)


def test_masks_to_judge_by_are_never_among_those_to_learn_from(ball_masks: MaskLibrary) -> None:
    kept = library(ball_masks.folder, kept=True)
    assert not set(kept.names) & set(ball_masks.names)
    assert len(kept.names) + len(ball_masks.names) == 20
    assert all(held_out(name) for name in kept.names)


def test_a_folder_without_masks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="lesion"):
        library(tmp_path, kept=False)


def test_a_mask_lies_where_mni_says_and_halves_about_its_anchor(ball_masks: MaskLibrary, coarse_grid: Grid) -> None:
    mask = ball_masks.read(ball_masks.names[0])
    at = coarse_grid.coordinates()
    whole = placed(mask, MaskUse("", mirrored=False, anchor=0.5, scale=1.0), at) > 0.5
    # RAS x -30, y -10, z 20 of the ball's centre is LPS 30, 10, 20.
    assert torch.allclose(at[:, whole].mean(1), torch.tensor([30.0, 10.0, 20.0]), atol=3.0)
    half = placed(mask, MaskUse("", mirrored=False, anchor=0.5, scale=0.5), at) > 0.5
    assert 0.03 < float(half.sum() / whole.sum()) < 0.3
    mirrored = placed(mask, MaskUse("", mirrored=True, anchor=0.5, scale=1.0), at) > 0.5
    assert float(at[0][mirrored].mean()) < -25


def test_an_infarct_is_bright_on_diffusion_and_dark_on_adc(ball_head: Anatomy, coarse_grid: Grid) -> None:
    _, painted = head(ball_head, coarse_grid, LARGE, seed=2)
    assert painted.infarct_ml > 5
    scan = draw_scan(np.random.default_rng(0), tuple(np.arange(0.0, 140.0, 4.0)), 4.0, calm=True)
    seen = acquire(painted, scan)
    brain = (seen.adc > 0.5) & (seen.adc < 1.1) & ~seen.marked & (seen.dwi > 0.1)
    assert seen.marked.any()
    assert seen.dwi[seen.marked].median() > 1.1 * seen.dwi[brain].median()


def test_adc_is_that_of_the_two_images(ball_head: Anatomy, coarse_grid: Grid) -> None:
    _, painted = head(ball_head, coarse_grid, Odds(infarct=0.0, lookalike=0.0), seed=1)
    scan = draw_scan(np.random.default_rng(7), (60.0, 70.0), 5.0, calm=True)
    seen = acquire(painted, scan)
    there = (seen.adc > 0.3) & (seen.dwi > 0.2)
    if not any(scan.adc_shift_voxels) and not scan.adc_smooth_voxels:
        expected = torch.log(seen.b0 / seen.dwi) / scan.b
        assert torch.allclose(expected[there], seen.adc[there], atol=1e-3)


def test_a_shower_is_many_small_lesions() -> None:
    drawn = [draw(np.random.default_rng(n), 1, odds=SHOWERS).infarcts for n in range(20)]
    assert all(4 <= len(one) <= 30 for one in drawn)
    radii = [lesion.shape.radius_mm for one in drawn for lesion in one if lesion.shape]
    assert max(radii) < 6


def test_volumes_follow_the_bands_that_are_asked_for(ball_head: Anatomy, coarse_grid: Grid) -> None:
    small, large = (
        [head(ball_head, coarse_grid, Odds(infarct=1.0, kinds={"territory": 1.0}, volumes=(band,)), n)[1].infarct_ml
         for n in range(4)]
        for band in (VolumeBand(1.0, 1.0, 3.0), VolumeBand(1.0, 60.0, 120.0))
    )  # fmt: skip
    assert np.mean(large) > 5 * np.mean(small)


def test_a_stripped_head_is_empty_outside_the_brain(ball_head: Anatomy, coarse_grid: Grid) -> None:
    _, painted = head(ball_head, coarse_grid, Odds(infarct=0.0), seed=4)
    rng = np.random.default_rng(1)
    stripped = next(scan for scan in (draw_scan(rng, (60.0,), 5.0) for _ in range(50)) if scan.stripped_mm is not None)
    seen = acquire(painted, stripped)
    assert float((seen.dwi == 0).float().mean()) > 0.3


def test_brain_median_is_the_same_with_and_without_scalp(ball_head: Anatomy, coarse_grid: Grid) -> None:
    _, painted = head(ball_head, coarse_grid, Odds(infarct=0.0), seed=4)
    scan = draw_scan(np.random.default_rng(3), tuple(np.arange(10.0, 130.0, 10.0)), 5.0, calm=True)
    seen = acquire(painted, scan)
    inside = acquire(painted, scan).dwi * (seen.b0 > 0.4)
    whole, stripped = brain_median(seen.dwi, seen.adc), brain_median(inside, seen.adc)
    assert whole == pytest.approx(stripped, rel=0.1)


def test_channels_are_bounded_and_finite() -> None:
    dwi, adc = torch.rand(3, 8, 8) * 100, torch.rand(3, 8, 8) * 10
    seen = channels(dwi, adc, median=brain_median(torch.zeros(3, 8, 8), torch.zeros(3, 8, 8)))
    assert seen.shape == (CHANNELS, 8, 8)
    assert float(seen.min()) >= -1
    assert float(seen.max()) <= 5
