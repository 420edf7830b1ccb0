from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from models.inference.ct_look import look
from models.inference.ct_scan import CTReader
from models.inference.diffusion_scan import DiffusionReader
from models.inference.familiarity import FLAGGED, SENTENCES, Familiar
from models.inference.scan import Scan
from models.inference.texture import noise, texture
from models.registry import BUNDLES
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

RANGES = {
    "noise_hu": {"least": 1.0, "below": 0.5, "most": 4.0, "above": 2.0},
    "head_cm2": {"most": 300.0, "above": 50.0},
}


def shipped(bundle: str = "ich-ct") -> Familiar:
    known = json.loads((BUNDLES / bundle / "configs/inference.json").read_text())["familiar"]
    return Familiar(known["ranges"], tuple(known["needed"]))


def head(slices: int = 5, *, noise_hu: float = 3.0, folds_hu: float = 5.0) -> np.ndarray:
    """A skull round a brain of two tissues in folds with a ventricle; 1.25 mm pixels, float32 HU."""
    k, j, i = np.indices((slices, 150, 130), dtype=np.float32)
    radius = np.hypot((i - 65) / 58, (j - 75) / 66)
    grain = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=k.shape), (0, 3, 3))
    hu = np.where(radius < 1, 31 + folds_hu * grain / grain.std(), -1000.0)
    hu[np.hypot((i - 65) / 6, (j - 75) / 15) < 1] = 8
    hu[(radius >= 0.88) & (radius < 0.97)] = 1100
    hu[(radius >= 0.97) & (radius < 1)] = 20
    return (hu + np.random.default_rng(0).normal(0, noise_hu, hu.shape)).astype(np.float32)


def scan(hu: np.ndarray) -> Scan:
    volume = Volume(hu, PatientFromVoxel(np.diag([1.25, 1.25, 5.0, 1.0])), VoxelUnit.HU)
    return CTReader(shipped()).read(volume, {}, torch.device("cpu"))


def said(hu: np.ndarray) -> str:
    found = scan(hu)
    assert found.out_of_distribution is not None
    assert found.out_of_distribution >= FLAGGED
    return " ".join(found.flags)


def test_a_head_as_taught_raises_no_flag() -> None:
    found = scan(head())
    assert found.out_of_distribution is not None
    assert found.out_of_distribution < FLAGGED
    assert not any("unlike" in flag for flag in found.flags)


@pytest.mark.parametrize("part", [slice(2, 3), slice(0, 3)])
def test_one_slice_or_a_few_are_not_strange(part: slice) -> None:
    score = scan(head()[part]).out_of_distribution
    assert score is not None
    assert score < FLAGGED


def test_values_cut_to_a_display_range_are_not_strange() -> None:
    score = scan(head().clip(0, 255)).out_of_distribution
    assert score is not None
    assert score < FLAGGED


def vessels(hu: np.ndarray) -> np.ndarray:
    for row, column in ((50, 50), (60, 85), (90, 45), (100, 80)):
        hu[:, row : row + 3, column : column + 3] = 260
    return hu


def bolt(hu: np.ndarray) -> np.ndarray:
    hu[1:4, 60:68, 40:48] = 3071
    return hu


def stripped(hu: np.ndarray) -> np.ndarray:
    j, i = np.indices(hu.shape[1:])
    return np.where(np.hypot((i - 65) / 58, (j - 75) / 66) < 0.87, hu, -1000)


@pytest.mark.parametrize(
    ("hu", "word"),
    [
        (head(noise_hu=0.0), "hardly any image noise"),
        (ndimage.gaussian_filter(head(), (0.5, 1.5, 1.5)), "hardly any image noise"),
        (head(noise_hu=40.0), "very much image noise"),
        (head(folds_hu=0.0), "no texture"),
        (vessels(head()), "contrast medium"),
        (bolt(head()), "metal"),
        (stripped(head()), "no skull"),
        (np.where(head() > -500, head() + 35, head()), "denser than brain"),
    ],
    ids=["drawing", "average", "noise", "phantom", "contrast", "metal", "no skull", "other tissue"],
)
def test_what_the_model_has_not_seen_is_flagged_with_the_reason(hu: np.ndarray, word: str) -> None:
    assert word in said(hu)


def test_a_volume_without_a_brain_is_flagged() -> None:
    air = np.random.default_rng(0).normal(-1000, 8, (6, 90, 90)).astype(np.float32)
    assert "too little brain" in said(air)


@given(value=st.floats(0, 50), further=st.floats(0, 50))
def test_further_out_is_never_less_strange(value: float, further: float) -> None:
    familiar = Familiar(RANGES)
    for sign in (1, -1):
        near, far = (familiar.judge({"noise_hu": 2.5 + sign * one}).score for one in (value, value + further))
        assert 0 <= near <= far <= 1


def test_inside_its_ranges_a_scan_scores_nothing_and_a_missing_figure_counts() -> None:
    assert Familiar(RANGES).judge({"noise_hu": 2.0, "head_cm2": 250.0, "other": 9.0}).score == 0
    assert Familiar(RANGES, ("noise_hu",)).judge({}).flags == (
        "unlike what the model was taught: too little brain in view to judge",
    )


@pytest.mark.parametrize("bundle", ["ich-ct", "ischaemia-ct"])
def test_every_figure_of_a_bundle_is_measured_and_has_its_sentence(bundle: str) -> None:
    ranges: Mapping[str, Mapping[str, float]] = shipped(bundle).ranges
    hu = torch.from_numpy(bolt(vessels(head())))
    measured = look(hu, hu > 0, 1.25)
    for name, known in ranges.items():
        assert name in measured
        for side, edge, step in (("low", "least", "below"), ("high", "most", "above")):
            assert (edge in known) == (step in known)
            assert edge not in known or (name, side) in SENTENCES


def test_noise_is_measured_as_its_deviation_and_texture_not_fooled_by_it() -> None:
    white = torch.from_numpy(np.random.default_rng(2).normal(0, 3, (2, 200, 200)).astype(np.float32))
    everywhere, ramp = torch.ones(white.shape, dtype=torch.bool), torch.arange(200.0)
    assert noise(white, everywhere) == pytest.approx(3, rel=0.03)
    assert noise(white * 0 + ramp, everywhere) == pytest.approx(0, abs=1e-4)
    assert texture(ramp + white, everywhere) == pytest.approx(1, rel=0.1)


def diffusion(head: Any, dwi: np.ndarray, adc: np.ndarray) -> Scan:
    volume, companion = (Volume(one.astype(np.float32), head.affine, VoxelUnit.ARBITRARY) for one in (dwi, adc))
    reader = DiffusionReader(familiar=shipped("infarct-dwi"))
    return reader.read(volume, {SeriesRole.ADC: companion}, torch.device("cpu"))


def grainy(head: Any) -> np.ndarray:
    """The test head's DWI with the folds that real brains have."""
    grain = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=head.dwi.shape), (0, 3, 3))
    grainy: np.ndarray = head.dwi * (1 + 0.12 * grain / grain.std())
    return grainy


def test_a_diffusion_head_as_taught_raises_no_flag(diffusion_head: Any) -> None:
    found = diffusion(diffusion_head, grainy(diffusion_head), diffusion_head.adc * 1000)
    assert found.out_of_distribution is not None
    assert found.out_of_distribution < FLAGGED
    assert found.flags == ()


@pytest.mark.parametrize("what", ["b0", "average", "water"])
def test_strange_diffusion_is_flagged_with_the_reason(what: str, diffusion_head: Any) -> None:
    dwi, adc = grainy(diffusion_head), diffusion_head.adc * 1000
    strange, word = {
        "b0": ((dwi * np.exp(diffusion_head.adc), adc), "b0 or T2"),
        "average": ((ndimage.gaussian_filter(dwi, (0, 2, 2)), adc), "hardly any noise in the DWI"),
        "water": ((dwi, np.where(adc > 0, 2200.0, 0)), "diffuses more than brain"),
    }[what]
    found = diffusion(diffusion_head, *strange)
    assert found.out_of_distribution is not None
    assert found.out_of_distribution >= FLAGGED
    assert word in " ".join(found.flags)
