from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from models.gallery import real, synthetic
from models.gallery.__main__ import compared, in_numbers, tiles
from models.gallery.figures import distance, intensities, noise_spectrum
from models.gallery.sheet import TRUTH, Tile, fitted, fitted_mask, grey, outlined, save, sheet
from models.gallery.slices import Sample
from models.synthesis.fields import Grid
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


def ball(shape: tuple[int, int, int]) -> np.ndarray:
    """Distance from the middle over the radius, (x, y, z)."""
    places = [(index - (n - 1) / 2) / (n / 2) for index, n in zip(np.indices(shape), shape, strict=True)]
    return np.sqrt(sum(place**2 for place in places))


def saved(file: Path, values: np.ndarray, spacing_mm: tuple[float, float, float]) -> None:
    nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), np.diag([*spacing_mm, 1.0])), file)


def test_a_whole_ct_gives_slices_through_its_brain(tmp_path: Path) -> None:
    radius = ball((96, 112, 30))
    saved(tmp_path / "head.nii.gz", np.where(radius < 0.85, 34, np.where(radius < 1, 1000, -1000)), (1.8, 1.8, 5.0))
    found = real.ct(tmp_path, 4)
    assert [one.name for one in found] == ["head 0", "head 1", "head 2", "head 3"]
    assert found[1].image.shape == (161, 138)
    assert np.median(found[1].image[found[1].compared]) == pytest.approx(34, abs=0.5)


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e3])
def test_diffusion_is_read_in_any_unit_of_adc(unit: float, tmp_path: Path) -> None:
    radius = ball((60, 70, 20))
    brain, fluid = radius < 0.9, radius < 0.3
    dwi, adc = np.where(fluid, 60, 200) * brain, np.where(fluid, 2.9, 0.8) * brain
    saved(tmp_path / "a_dwi.nii.gz", dwi, (2.5, 2.5, 5.0))
    saved(tmp_path / "a_adc.nii.gz", adc * unit, (2.5, 2.5, 5.0))
    saved(tmp_path / "a_msk.nii.gz", radius < 0.1, (2.5, 2.5, 5.0))
    found = real.mr(tmp_path, 3)
    assert len(found) == 3
    assert found[1].adc is not None
    assert np.median(found[1].adc[found[1].compared]) == pytest.approx(0.8, abs=0.05)
    assert np.median(found[1].image[found[1].compared]) == pytest.approx(1, abs=0.05)


def test_an_empty_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither PNG"):
        real.ct(tmp_path, 2)
    with pytest.raises(BadInput, match="_dwi"):
        real.mr(tmp_path, 2)


def test_a_painted_slice_is_compared_with_itself_at_no_distance(ball_head: Anatomy, coarse_grid: Grid) -> None:
    painted = synthetic.ct([ball_head], 1, seed=4, grid=coarse_grid)
    assert painted[0].tissue.any()
    for name, curves in compared(painted, painted).items():
        assert in_numbers(*curves)["distance"] == 0, name


def test_a_painted_diffusion_slice_shows_brain_about_its_median(ball_head: Anatomy, coarse_grid: Grid) -> None:
    (one,) = synthetic.mr([ball_head], None, 1, seed=4, grid=coarse_grid)
    assert one.adc is not None
    assert np.median(one.image[one.compared]) == pytest.approx(1, abs=0.25)
