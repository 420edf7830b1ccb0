from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.inference.adc import ADC_UNITS, from_b0, from_map
from models.inference.diffusion_rule import DiffusionRule
from models.inference.diffusion_scan import DiffusionReader
from models.inference.frame import frame_of
from models.inference.operating import Operating
from models.inference.segmentation import Segmentation
from models.inference.slice_network import SliceNetwork
from pipeline.domain.errors import OutsideDeclaredInputs
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

CPU = torch.device("cpu")


class BrightAndSlow(torch.nn.Module):
    """Stands for a network: bright on DWI and low on ADC, in the middle slice, is infarct."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        score = torch.minimum(inputs[:, 1] - 0.3, -0.35 - inputs[:, 4])
        return torch.stack((torch.zeros_like(score), score * 100), dim=1)


def said_by(segmenter: Any, volume: Volume, **companions: Volume) -> Segmentation:
    given = {SeriesRole(name): one for name, one in companions.items()}
    return next(one for one in segmenter.steps(volume, given) if isinstance(one, Segmentation))


def network() -> SliceNetwork:
    return SliceNetwork(BrightAndSlow(), Operating(minimum_ml=0.2), reader=DiffusionReader())


def stored(volume: Volume, order: list[int], flips: tuple[bool, ...]) -> Volume:
    """The same patient in voxels of another order: axes [k, j, i] exchanged, then reversed where ``flips`` says."""
    matrix = volume.patient_from_voxel.matrix.copy()
    voxels = np.transpose(volume.voxels, order)
    matrix[:3, :3] = matrix[:3, [2 - order[2 - column] for column in range(3)]]
    for axis in np.flatnonzero(flips):
        matrix[:3, 3] += matrix[:3, 2 - axis] * (voxels.shape[axis] - 1)
        matrix[:3, 2 - axis] *= -1
        voxels = np.flip(voxels, axis)
    return Volume(np.ascontiguousarray(voxels), PatientFromVoxel(matrix), volume.unit)


def dice(labels: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * ((labels > 0) & truth).sum() / ((labels > 0).sum() + truth.sum()))


@pytest.mark.parametrize("segmenter", [network(), DiffusionRule()], ids=["network", "rule"])
def test_an_infarct_is_found_from_dwi_and_its_map(segmenter: Any, diffusion_head: Any) -> None:
    said = said_by(segmenter, diffusion_head.volume(), adc=diffusion_head.volume("adc", 1000))
    assert dice(said.labels, diffusion_head.infarct) > 0.85
    assert said.flags == ()


def test_without_a_map_it_is_computed_from_b0_and_that_is_said(diffusion_head: Any) -> None:
    said = said_by(network(), diffusion_head.volume(), b0=diffusion_head.volume("b0"))
    assert dice(said.labels, diffusion_head.infarct) > 0.8
    assert any("computed from b0" in flag for flag in said.flags)


def test_with_neither_map_nor_b0_it_refuses(diffusion_head: Any) -> None:
    with pytest.raises(OutsideDeclaredInputs, match="needs an ADC map"):
        said_by(network(), diffusion_head.volume(), flair=diffusion_head.volume("b0"))


@given(grey=st.floats(1e-3, 1e4), unit=st.sampled_from(sorted(ADC_UNITS)), swapped=st.booleans())
@settings(max_examples=25, deadline=None)
def test_grey_scale_unit_and_order_do_not_matter(grey: float, unit: str, swapped: bool, diffusion_head: Any) -> None:
    dwi = torch.from_numpy(diffusion_head.dwi * grey).float()
    adc = torch.from_numpy(diffusion_head.adc / ADC_UNITS[unit]).float()
    found = from_map(adc, dwi) if swapped else from_map(dwi, adc)
    inside = torch.from_numpy(diffusion_head.adc) > 0
    assert torch.allclose(found.adc[inside], torch.from_numpy(diffusion_head.adc).float()[inside], rtol=1e-3)
    assert any("wrong way round" in flag for flag in found.flags) == swapped
    assert any(f"ADC is in {unit}" in flag for flag in found.flags) == (unit != "1e-6 mm2/s")


@given(
    order=st.permutations(range(3)), flips=st.tuples(*[st.booleans()] * 3), map_flips=st.tuples(*[st.booleans()] * 3)
)
@settings(max_examples=4, deadline=None)
def test_left_stays_left_however_dwi_and_map_are_stored(
    order: list[int], flips: tuple[bool, ...], map_flips: tuple[bool, ...], diffusion_head: Any
) -> None:
    dwi, adc = diffusion_head.volume(), diffusion_head.volume("adc", 1000)
    expected = said_by(network(), dwi, adc=adc).labels > 0
    found = said_by(network(), stored(dwi, order, flips), adc=stored(adc, [0, 1, 2], map_flips)).labels > 0
    back = np.transpose(found[tuple(slice(None, None, -1 if flip else None) for flip in flips)], np.argsort(order))
    assert expected.any()
    assert dice(back, expected) > 0.98


@pytest.mark.parametrize("scale", [30.0, 1e5, 1e-5])
def test_a_map_in_no_unit_of_brain_is_refused_with_its_median(scale: float, diffusion_head: Any) -> None:
    with pytest.raises(OutsideDeclaredInputs, match="no diffusivity of brain"):
        said_by(network(), diffusion_head.volume(), adc=diffusion_head.volume("adc", scale))


def test_a_wrong_b_value_or_another_sequence_as_b0_is_refused(diffusion_head: Any) -> None:
    dwi, b0 = (torch.from_numpy(one).float() for one in (diffusion_head.dwi, diffusion_head.b0))
    with pytest.raises(OutsideDeclaredInputs, match="b-value"):
        from_b0(dwi, b0, 200.0)
    with pytest.raises(OutsideDeclaredInputs, match="which no brain has"):
        from_b0(dwi, dwi * 0.9, 1000.0)


def test_a_map_of_another_place_is_refused(diffusion_head: Any) -> None:
    far = diffusion_head.affine.matrix.copy()
    far[:3, 3] += 400
    away = Volume(diffusion_head.adc.astype(np.float32), PatientFromVoxel(far), VoxelUnit.ARBITRARY)
    with pytest.raises(OutsideDeclaredInputs, match="not the same patient or place"):
        said_by(network(), diffusion_head.volume(), adc=away)


@given(
    flips=st.tuples(st.booleans(), st.booleans()),
    shift=st.tuples(*[st.floats(-6, 6)] * 3),
    step=st.sampled_from([3.0, 5.0]),
)
@settings(max_examples=8, deadline=None)
def test_a_map_on_any_other_grid_lands_on_the_dwis_voxels(
    flips: tuple[bool, ...], shift: tuple[float, ...], step: float, diffusion_head: Any
) -> None:
    """The map is a linear field, so that interpolation is exact inside the other grid."""
    matrix = np.diag([*(-step if flip else step for flip in flips), step, 1.0])
    matrix[:3, 3] = [(90 if flip else -90) + d for flip, d in zip((*flips, False), shift, strict=True)]
    other, count = PatientFromVoxel(matrix), int(180 / step)
    values = placed(other, (count, count, count)) @ [0.01, 0.02, 0.03] + 10
    companion = Volume(values.astype(np.float32), other, VoxelUnit.ARBITRARY)
    read = frame_of(diffusion_head.volume()).companion_slices(companion, 0.0, CPU)(6, 8).numpy()
    world = placed(diffusion_head.affine, (12, 90, 80))[6:8]
    within = ((other.voxel_ijk(world) >= 0) & (other.voxel_ijk(world) <= count - 1)).all(-1)
    assert within.any()
    assert np.allclose(read[within], (world @ [0.01, 0.02, 0.03] + 10)[within], atol=0.02)


def placed(affine: PatientFromVoxel, shape: tuple[int, ...]) -> np.ndarray:
    k, j, i = np.indices(shape)
    return affine.patient_mm(np.stack([i, j, k], -1))


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda v: np.where(np.indices(v.shape)[0] == 3, np.nan, v), "NaN"),
        (np.zeros_like, "constant or empty"),
        (lambda v: v - 1000, "not negative"),
    ],
)
def test_what_is_no_diffusion_image_is_refused(spoil: Any, word: str, diffusion_head: Any) -> None:
    broken = Volume(spoil(diffusion_head.dwi), diffusion_head.affine, VoxelUnit.ARBITRARY)
    with pytest.raises(OutsideDeclaredInputs, match=word):
        said_by(network(), broken, adc=diffusion_head.volume("adc"))


def test_ct_is_refused(diffusion_head: Any) -> None:
    with pytest.raises(OutsideDeclaredInputs, match="volume is CT"):
        said_by(network(), Volume(diffusion_head.dwi, diffusion_head.affine, VoxelUnit.HU))


def test_a_single_slice_is_read(diffusion_head: Any) -> None:
    one = [
        Volume(image[5:6].astype(np.float32), diffusion_head.affine, VoxelUnit.ARBITRARY)
        for image in (diffusion_head.dwi, diffusion_head.adc)
    ]
    said = said_by(network(), one[0], adc=one[1])
    assert dice(said.labels, diffusion_head.infarct[5:6]) > 0.85
    assert any("single slice" in flag for flag in said.flags)
