from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.inference.diffusion_rule import DiffusionRule
from models.inference.diffusion_scan import DiffusionReader
from models.inference.inputs import check_ct
from models.inference.operating import Operating
from models.inference.slice_network import SliceNetwork
from models.inference.threshold import ThresholdSegmenter
from pipeline.domain.errors import OutsideDeclaredInputs
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

RNG = np.random.default_rng(0)


def ct(voxels: NDArray[np.generic], unit: VoxelUnit = VoxelUnit.HU, dz: float = 5.0) -> Volume:
    return Volume(voxels, PatientFromVoxel(np.diag([2.9, 2.9, dz, 1.0])), unit)


def plausible() -> NDArray[np.float32]:
    hu = np.full((20, 50, 40), -1000, np.float32)
    hu[:, 10:40, 8:32] = 30 + RNG.normal(0, 4, (20, 30, 24))
    hu[:, 10:12, 8:32] = 1200
    return hu


def test_a_head_ct_in_hu_raises_no_flag() -> None:
    assert check_ct(ct(plausible())) == ()


@pytest.mark.parametrize(
    ("voxels", "word"),
    [
        (np.where(np.indices((2, 9, 9))[0] > 0, np.nan, plausible()[:2, :9, :9]), "NaN"),
        (plausible() / 2500, "between 0 and 1"),
        (np.zeros((4, 9, 9), np.int16), "constant"),
        (plausible() * 100, "cannot be Hounsfield"),
        (np.clip((plausible() + 10) * 3.2 + 20, 0, 255), "8-bit display"),
        (plausible() + 1024, "before rescale"),
    ],
)
def test_what_cannot_be_hu_is_refused_with_the_reason(voxels: NDArray[np.generic], word: str) -> None:
    with pytest.raises(OutsideDeclaredInputs, match=word):
        check_ct(ct(voxels))


def test_mr_is_refused() -> None:
    with pytest.raises(OutsideDeclaredInputs, match="not CT"):
        check_ct(ct(plausible(), VoxelUnit.ARBITRARY))


def test_hu_cut_to_a_display_range_is_read_with_a_flag() -> None:
    assert any("cut to a display range" in flag for flag in check_ct(ct(plausible().clip(0, 255))))


@pytest.mark.parametrize(
    ("volume", "word"),
    [
        (ct(plausible()[:1]), "single slice"),
        (ct(plausible(), dz=9.5), "thicker"),
        (ct(plausible()[:, :12, :12]), "field of view"),
        (ct(np.where(plausible() > 0, 2900, -1000).astype(np.int16)), "metal"),
    ],
)
def test_what_is_unusual_is_flagged_not_refused(volume: Volume, word: str) -> None:
    assert any(word in flag for flag in check_ct(volume))


SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20))
FINITE = [-1000.0, -80.0, 0.0, 0.3, 30.0, 70.0, 255.0, 1000.0, 3071.0]
SIGNAL = [0.0, 0.4, 0.8, 1.0, 3.0, 200.0, 500.0, 800.0]
IMAGES = st.sampled_from([FINITE, SIGNAL, [*FINITE, 65535.0, np.nan, np.inf]]).flatmap(
    lambda values: arrays(np.float32, SHAPES, elements=st.sampled_from(values))
)
STEPS = st.tuples(st.floats(0.2, 9), st.floats(0.2, 9), st.floats(0.2, 9))


@given(voxels=IMAGES, steps=STEPS, data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_ct_is_refused_with_a_reason_or_answered(voxels: Any, steps: Any, data: Any) -> None:
    segmenter = data.draw(st.sampled_from([ThresholdSegmenter(), TINY]))
    answered(segmenter, Volume(voxels, PatientFromVoxel(np.diag([*steps, 1.0])), VoxelUnit.HU), {})


@given(voxels=IMAGES, other=IMAGES, steps=STEPS)
@settings(max_examples=30, deadline=None)
def test_any_diffusion_is_refused_with_a_reason_or_answered(voxels: Any, other: Any, steps: Any) -> None:
    affine = PatientFromVoxel(np.diag([*steps, 1.0]))
    companions = {SeriesRole.ADC: Volume(other, affine, VoxelUnit.ARBITRARY)}
    for segmenter in (DiffusionRule(), TINY_MR):
        answered(segmenter, Volume(voxels, affine, VoxelUnit.ARBITRARY), companions)


def answered(segmenter: Any, volume: Volume, companions: Any) -> None:
    with suppress(OutsideDeclaredInputs):
        said = list(segmenter.steps(volume, companions))[-1]
        assert said.labels.shape == volume.shape_kji
        assert 0 <= said.scan_probability <= 1


class OneLayer(torch.nn.Module):
    """A network that says something of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(6, 2, 3, padding=1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = self.layer(inputs)
        return said


TINY = SliceNetwork(OneLayer(), Operating(), uncertainty=True)
TINY_MR = SliceNetwork(OneLayer(), Operating(), reader=DiffusionReader(), uncertainty=True)
