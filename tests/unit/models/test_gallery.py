from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.gallery import real, synthetic
from models.gallery.__main__ import compared, in_numbers, tiles
from models.gallery.figures import distance, intensities, noise_spectrum
from models.gallery.sheet import TRUTH, Tile, fitted, fitted_mask, grey, outlined, save, sheet
from models.gallery.slices import Sample
from models.synthesis.prior import Anatomy
from pipeline.domain.errors import BadInput


def flat(*, mean: float, sd: float, blur: int = 1, name: str = "flat") -> Sample:
    """Nothing but tissue and noise; ``blur`` repeats each noise value so many times along the rows."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, sd, (64, 64 // blur)).repeat(blur, axis=1)
    everything = np.ones((64, 64), bool)
    return Sample(name, "CT", (mean + noise).astype(np.float32), everything, ~everything)


def test_the_histogram_finds_the_mean_and_its_distance() -> None:
    dark, bright = (intensities([flat(mean=mean, sd=3)], "HU") for mean in (30, 36))
    assert dark.mean == pytest.approx(30, abs=0.3)
    assert dark.spread == pytest.approx(3, abs=0.3)
    assert distance(dark, bright) == pytest.approx(6, abs=0.3)
    assert distance(dark, dark) == 0


def test_lesions_are_not_compared() -> None:
    one = flat(mean=30, sd=0)
    one.image[:32] = 70
    one.lesion[:32] = True
    assert intensities([one], "HU").mean == pytest.approx(30)


def test_correlated_noise_has_a_lower_spectrum_than_white_noise() -> None:
    white, smooth = noise_spectrum([flat(mean=30, sd=4)]), noise_spectrum([flat(mean=30, sd=4, blur=4)])
    assert smooth.mean < 0.8 * white.mean
    assert white.y.sum() == pytest.approx(1)
    assert noise_spectrum([]).y.sum() == 0


def test_a_slice_without_enough_tissue_gives_an_empty_figure() -> None:
    nothing = np.zeros((20, 20), bool)
    empty = Sample("empty", "CT", np.zeros((20, 20), np.float32), nothing, nothing)
    assert intensities([empty], "HU").y.sum() == 0
    assert noise_spectrum([empty]).y.sum() == 0
    assert tiles(empty)[0].picture.shape == tiles(empty)[1].picture.shape


def test_an_outline_keeps_its_place_and_colour_on_a_small_page(tmp_path: Path) -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:20, 10:20] = True
    picture = outlined(fitted(grey(mask * 60.0, 0, 80), 80, 80), fitted_mask(mask, 80, 80), TRUTH)
    save(sheet([Tile(picture, "one"), Tile(picture)], columns=2), tmp_path / "page.png")
    page = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"))
    rows, columns = np.nonzero((page == TRUTH).all(-1))
    assert (rows.min(), rows.max()) == (20, 39)
    assert columns.min() == 20
    assert page[30, 30].tolist() != list(TRUTH)


def test_slices_saved_as_pictures_are_read_as_hounsfield_units(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    rows, columns = np.indices((400, 400))
    radius = np.hypot(rows - 200, columns - 200)
    hu = np.where(radius < 150, 34, np.where(radius < 170, 255, 0)).astype(np.uint8)
    for n in range(3):
        Image.fromarray(hu).save(tmp_path / f"images/{n}.png")
    first, second = real.ct(tmp_path, 2)
    assert (first.name, second.name) == ("0", "1")
    assert first.image.shape == (144, 144)
    assert np.median(first.image[first.compared]) == pytest.approx(34, abs=0.5)
    assert not first.lesion.any()


def test_an_empty_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither PNG"):
        real.ct(tmp_path, 2)
    with pytest.raises(BadInput, match="_dwi"):
        real.mr(tmp_path, 2)


def test_a_painted_slice_is_compared_with_itself_at_no_distance(ball_head: Anatomy) -> None:
    painted = synthetic.ct([ball_head], 1, seed=4)
    assert painted[0].tissue.any()
    for name, curves in compared(painted, painted).items():
        assert in_numbers(*curves)["distance"] == 0, name


def test_a_painted_diffusion_slice_shows_brain_about_its_median(ball_head: Anatomy) -> None:
    (one,) = synthetic.mr([ball_head], None, 1, seed=4)
    assert one.adc is not None
    assert np.median(one.image[one.compared]) == pytest.approx(1, abs=0.25)
