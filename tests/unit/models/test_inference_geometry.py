from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.inference.components import numbered, voxel_ml
from models.inference.operating import Operating
from models.inference.orientation import tilt_degrees, upright
from models.inference.segmentation import Segmentation
from models.inference.skull import intracranial
from models.inference.slice_network import SliceNetwork
from models.inference.slices import SlicePlan, network_slices, plan_slices
from models.inference.stored import stored, uploaded
from models.inference.straighten import Grid, interpolated, slices_on, straight_grid
from models.inference.threshold import ThresholdSegmenter
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit


class DenseIsBlood(torch.nn.Module):
    """Stands for a network: what is denser than 50 HU in the middle slice is blood."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        narrow = (inputs[:, 1] + 2) * 20
        return torch.stack((torch.zeros_like(narrow), (narrow - 50) * 10), dim=1)


def head(
    shape: tuple[int, int, int] = (10, 60, 50),
    spacing: tuple[float, float, float] = (3.5, 3.5, 5.0),
    shell_hu: float = 30.0,
) -> Volume:
    """A dense block left of, behind and above the middle of a shell; LPS, upright."""
    k, j, i = np.indices(shape, dtype=np.float32)
    centre = [(n - 1) / 2 for n in shape]
    radius = np.sqrt(sum(((a - c) / (0.45 * n)) ** 2 for a, c, n in zip((k, j, i), centre, shape, strict=True)))
    hu = np.where(radius < 1, 30.0, -1000.0)
    hu[(radius >= 0.85) & (radius < 1)] = shell_hu
    hu[(abs(k - centre[0] - 1) < 1.6) & (abs(j - centre[1] - 9) < 4) & (abs(i - centre[2] - 8) < 4)] = 70
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = (-80, -100, -30)
    return Volume(hu.astype(np.int16), PatientFromVoxel(affine), VoxelUnit.HU)


def rearranged(volume: Volume, order: tuple[int, ...], flips: tuple[bool, ...]) -> Volume:
    """The same patient, voxels stored along other axes and directions; ``order`` and ``flips`` in array order."""
    voxels = np.flip(np.transpose(volume.voxels, order), tuple(a for a in range(3) if flips[a]))
    matrix = volume.patient_from_voxel.matrix[:, [2 - order[2], 2 - order[1], 2 - order[0], 3]].copy()
    for axis in range(3):
        if flips[axis]:
            column = 2 - axis
            matrix[:3, 3] += matrix[:3, column] * (voxels.shape[axis] - 1)
            matrix[:3, column] *= -1
    return Volume(voxels, PatientFromVoxel(matrix), VoxelUnit.HU)


def segmented(volume: Volume) -> Segmentation:
    network = SliceNetwork(DenseIsBlood(), Operating(minimum_ml=0.0, inside_skull=False), mirror=True)
    return next(said for said in network.steps(volume) if isinstance(said, Segmentation))


def world_places(volume: Volume, labels: NDArray[np.uint8]) -> set[tuple[float, ...]]:
    marked = np.argwhere(labels > 0)[:, ::-1]
    return {tuple(point) for point in volume.patient_from_voxel.patient_mm(marked).round(2)}


def on_source(values: torch.Tensor, plan: SlicePlan) -> torch.Tensor:
    k, j, i = plan.source_kji
    box = (slice(0, k), slice(0, j), slice(0, i))
    return interpolated(values, plan.source_from_network, np.eye(4), box)


CPU = torch.device("cpu")
WHOLE = (slice(0, 20), slice(0, 24), slice(0, 24))
ORDERS = st.sampled_from(list(permutations(range(3))))
FLIPS = st.tuples(st.booleans(), st.booleans(), st.booleans())


@given(order=ORDERS, flips=FLIPS)
@settings(max_examples=12, deadline=None)
def test_left_stays_left_however_the_voxels_are_stored(order: tuple[int, ...], flips: tuple[bool, ...]) -> None:
    volume = head()
    expected = world_places(volume, segmented(volume).labels)
    assert expected
    assert all(x > 0 for x, _, _ in expected), "the block lies on the patient's left"
    other = rearranged(volume, order, flips)
    found = segmented(other)
    assert found.labels.shape == other.voxels.shape
    assert world_places(other, found.labels) == expected


@given(order=ORDERS, flips=FLIPS)
def test_an_upright_volume_goes_back_exactly(order: tuple[int, ...], flips: tuple[bool, ...]) -> None:
    volume = rearranged(head(), order, flips)
    turned = upright(volume)
    assert tilt_degrees(turned.patient_from_voxel.matrix) < 1e-3
    mask = (np.asarray(turned.voxels) == 70).astype(np.uint8)
    assert np.array_equal(turned.back(mask) > 0, np.asarray(volume.voxels) == 70)


@pytest.mark.parametrize("angle", [20.0, 50.0])
def test_an_oblique_volume_gets_its_mask_in_the_right_place(angle: float) -> None:
    volume = head(shape=(30, 60, 50), spacing=(3.0, 3.0, 3.0))
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.eye(4)
    turn[1:3, 1:3] = [[c, -s], [s, c]]
    oblique = Volume(volume.voxels, PatientFromVoxel(turn @ volume.patient_from_voxel.matrix), VoxelUnit.HU)
    said = segmented(oblique).labels > 0
    inner = np.asarray(volume.voxels) == 70
    assert (said & inner).sum() > 0.6 * inner.sum()


def test_a_single_slice_is_read_and_its_lesion_sized_as_five_millimetres() -> None:
    volume = head()
    lone = Volume(volume.voxels[6:7], PatientFromVoxel(np.diag([3.5, 3.5, 1.0, 1.0])), VoxelUnit.HU)
    found = segmented(lone)
    pixels = int((found.labels > 0).sum())
    assert pixels > 0
    assert found.components[0].volume_ml == pytest.approx(pixels * 3.5 * 3.5 * 5 / 1000)
    assert any("single slice" in flag for flag in found.flags)
    assert voxel_ml(0.01, 4, 5.0) == 0.01


@given(k=st.integers(1, 40), dz=st.floats(0.4, 9), dx=st.floats(0.3, 2))
@settings(max_examples=25, deadline=None)
def test_the_networks_grid_covers_the_same_box(k: int, dz: float, dx: float) -> None:
    plan = plan_slices((k, 20, 30), (dx, dx, dz))
    for axis, step in enumerate((dz, dx, dx)):
        box = plan.source_kji[axis] * step
        assert plan.network_kji[axis] * plan.spacing_kji_mm[axis] == pytest.approx(box, rel=1e-6)
    constant = network_slices(stored(np.full((k, 20, 30), 40, np.int16), CPU), plan)
    assert constant.shape == plan.network_kji
    assert torch.allclose(constant, torch.full_like(constant, 40.0), atol=1e-3)
    back = on_source(torch.full(plan.network_kji, 0.7), plan)
    assert back.shape == (k, 20, 30)
    assert torch.allclose(back, torch.full_like(back, 0.7), atol=1e-5)


@given(order=ORDERS, flips=FLIPS, kind=st.sampled_from([np.int16, np.uint8, np.uint16, np.float32, np.float64]))
@settings(max_examples=20, deadline=None)
def test_voxels_arrive_on_a_device_as_they_are(
    order: tuple[int, ...], flips: tuple[bool, ...], kind: type[np.number[Any]]
) -> None:
    voxels = np.random.default_rng(0).integers(0, 200, (20, 5, 33)).astype(kind)
    turned = np.flip(np.transpose(voxels, order), tuple(a for a in range(3) if flips[a]))
    turned.setflags(write=False)
    there = uploaded(turned, CPU)
    assert np.array_equal(there.numpy(), turned)
    assert torch.equal(there[1:3].float(), stored(turned, CPU)(1, 3))
    assert there.element_size() <= 4


@given(order=ORDERS, flips=FLIPS)
@settings(max_examples=12, deadline=None)
def test_a_blank_mask_goes_back_without_a_copy(order: tuple[int, ...], flips: tuple[bool, ...]) -> None:
    volume = rearranged(head((3, 4, 5)), order, flips)
    turned = upright(volume)
    blank = turned.blank()
    assert blank.shape == turned.voxels.shape
    blank[1, 2, 3] = 7
    own = turned.back(blank)
    assert own.shape == volume.shape_kji
    assert np.shares_memory(own, blank)
    assert turned.voxels[1, 2, 3] == np.asarray(volume.voxels)[own == 7][0]


def test_thin_slices_average_into_slabs_in_order() -> None:
    ramp = np.repeat(np.arange(20, dtype=np.int16), 16 * 16).reshape(20, 16, 16)
    plan = plan_slices((20, 16, 16), (1.25, 1.25, 1.25))
    slabs = network_slices(stored(ramp, CPU), plan)
    assert plan.network_kji[0] == 5
    assert slabs.mean((1, 2)).tolist() == pytest.approx([1.5, 5.5, 9.5, 13.5, 17.5])
    back = on_source(slabs, plan)
    assert back[8:12].mean().item() == pytest.approx(9.5, abs=0.2)


def test_straightening_there_and_back_keeps_a_smooth_field() -> None:
    points = np.indices((20, 24, 24)).sum(0).astype(np.float32)
    source = torch.from_numpy(points)
    turn = np.eye(4)
    c, s = np.cos(0.7), np.sin(0.7)
    turn[:2, :2] = [[3 * c, -3 * s], [3 * s, 3 * c]]
    turn[2, 2] = 3
    oblique = Grid(turn, (20, 24, 24))
    straight = straight_grid(oblique)
    there = slices_on(straight, stored(source.numpy(), CPU), oblique, -1000.0)(0, straight.shape_kji[0])
    back = interpolated(there, straight.matrix, turn, WHOLE)
    assert torch.allclose(back[3:-3, 3:-3, 3:-3], source[3:-3, 3:-3, 3:-3], atol=0.5)


def test_lesions_are_numbered_from_the_largest_and_small_ones_left_out() -> None:
    mask = torch.zeros((3, 20, 20), dtype=torch.bool)
    mask[1, 1:3, 1:3] = True
    mask[1, 8:16, 8:16] = True
    mask[2, 18, 18] = True
    labels, found = numbered(mask, mask * 0.8, each_ml=0.1, minimum_ml=0.3)
    assert [(c.label, round(c.volume_ml, 1)) for c in found] == [(1, 6.4), (2, 0.4)]
    assert labels[1, 10, 10] == 1
    assert labels[2, 18, 18] == 0
    assert found[0].confidence == pytest.approx(0.8)


def test_nothing_found_is_an_empty_mask() -> None:
    labels, found = numbered(torch.zeros((2, 4, 4), dtype=torch.bool), torch.zeros((2, 4, 4)), 0.1, 0.3)
    assert not labels.any()
    assert found == ()


def test_the_rule_finds_dense_tissue_only_inside_the_skull() -> None:
    volume = head(shape=(8, 160, 140), spacing=(1.25, 1.25, 5.0), shell_hu=1200.0)
    outside = np.asarray(volume.voxels).copy()
    outside[:, :8, :8] = 70
    said = list(ThresholdSegmenter().steps(Volume(outside, volume.patient_from_voxel, VoxelUnit.HU)))[-1]
    assert isinstance(said, Segmentation)
    assert not said.labels[:, :8, :8].any()
    inside = intracranial(torch.from_numpy(volume.voxels.astype(np.float32)), 1.25)
    assert inside[4, 80, 70]
    assert not inside[4, 0, 0]
