from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.inference.calibration import Calibration
from models.inference.frame import Frame, frame_of
from models.inference.lesions import Field, find_lesions, uncertainty_map
from models.inference.operating import Operating
from models.inference.scan import neighbours
from models.inference.segmentation import Segmentation
from models.inference.slice_network import SliceNetwork
from pipeline.domain.finding import HaemorrhageSite
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit

IPH, IVH, SAH, SDH, EDH = range(5)


def frame(shape: tuple[int, int, int] = (6, 40, 40), spacing: tuple[float, float, float] = (1.25, 1.25, 5.0)) -> Frame:
    """A grid that is the network's own."""
    affine = PatientFromVoxel(np.diag([*spacing, 1.0]))
    return frame_of(Volume(np.zeros(shape, np.int16), affine, VoxelUnit.HU))


def field(*boxes: tuple[int, tuple[slice, slice, slice], float]) -> Field:
    """Probability of a class in each box."""
    sites = torch.zeros(5, 6, 40, 40)
    for site, box, probability in boxes:
        sites[(site, *box)] = probability
    return Field(sites.sum(0), sites)


def block(first: int, last: int) -> tuple[slice, slice, slice]:
    return (slice(1, 5), slice(10, 20), slice(first, last))


def test_a_lesion_is_of_the_site_that_most_of_it_is() -> None:
    _, found = find_lesions(field((SDH, block(5, 20), 0.9), (SAH, block(20, 22), 0.9)), frame(), Operating())
    assert [one.site for one in found] == [HaemorrhageSite.SUBDURAL]


def test_blood_that_fills_two_compartments_is_two_lesions() -> None:
    labels, found = find_lesions(field((IPH, block(5, 25), 0.9), (IVH, block(25, 37), 0.8)), frame(), Operating())
    assert [one.site for one in found] == [HaemorrhageSite.INTRAPARENCHYMAL, HaemorrhageSite.INTRAVENTRICULAR]
    assert [int((labels == one.label).sum()) for one in found] == [4 * 10 * 20, 4 * 10 * 12]
    assert found[0].volume_ml == pytest.approx(800 * 1.25 * 1.25 * 5 / 1000)


def test_a_network_of_two_classes_names_no_site() -> None:
    whole = field((IPH, block(5, 25), 0.9))
    _, found = find_lesions(Field(whole.lesion), frame(), Operating())
    assert [one.site for one in found] == [None]


@pytest.mark.parametrize(("channels", "named"), [(2, False), (6, True), (4, False)])
def test_the_number_of_classes_follows_the_network(channels: int, named: bool) -> None:
    class Sure(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            logits = torch.zeros(len(inputs), channels, *inputs.shape[-2:])
            logits[:, 1] = 9
            return logits

    voxels = np.full((3, 24, 24), 40, np.int16)
    voxels[:, :2] = -1000
    head = Volume(voxels, PatientFromVoxel(np.diag([4.0, 4, 5, 1])), VoxelUnit.HU)
    said = list(SliceNetwork(Sure(), Operating(inside_skull=False)).steps(head))[-1]
    assert isinstance(said, Segmentation)
    assert said.components[0].site == (HaemorrhageSite.INTRAPARENCHYMAL if named else None)


def test_confidence_is_calibrated_with_what_size_says() -> None:
    operating = Operating(minimum_ml=0.0, lesion=Calibration(scale=0.5, shift=-1.0, per_log_ml=0.7))
    given = field((IPH, block(5, 8), 0.9), (IPH, block(20, 35), 0.9))
    _, (large, small) = find_lesions(given, frame(), operating)
    assert large.confidence > small.confidence
    assert large.confidence == pytest.approx(operating.lesion.probability(0.9, large.volume_ml), abs=0.01)


def test_what_is_hardly_seen_on_average_is_not_said() -> None:
    given = field((IPH, block(5, 8), 0.6), (IPH, block(5, 6), 0.9), (IPH, block(20, 35), 0.8))
    _, both = find_lesions(given, frame(), Operating(minimum_ml=0.0))
    labels, found = find_lesions(given, frame(), Operating(minimum_ml=0.0, least_mean=0.75))
    assert [one.volume_ml for one in found] == [max(one.volume_ml for one in both)]
    assert len(both) == 2
    assert set(np.unique(labels)) == {0, 1}
    assert not labels[:, :, 5:8].any()


def test_a_little_blood_of_a_site_that_misleads_is_not_said() -> None:
    tall = field((IPH, block(5, 8), 0.9), (IVH, block(20, 25), 0.9))
    minima = replace(Operating(minimum_ml=0.0), site_minimum_ml={"IVH": 8.0})
    whole = frame(spacing=(1.25, 1.25, 20.0))
    labels, found = find_lesions(tall, whole, minima)
    assert [(one.label, one.site) for one in found] == [(1, HaemorrhageSite.INTRAPARENCHYMAL)]
    assert set(np.unique(labels[:, :, 5:8])) == {0, 1}
    assert not labels[:, :, 20:25].any()
    _, both = find_lesions(tall, whole, replace(minima, site_minimum_ml={"IVH": 6.0}))
    assert [one.site for one in both] == [HaemorrhageSite.INTRAVENTRICULAR, HaemorrhageSite.INTRAPARENCHYMAL]


def test_of_a_part_of_a_head_less_blood_is_asked() -> None:
    seen = field((IVH, block(20, 25), 0.9))
    for least_ml, count in ((5.0, 1), (5.5, 0)):
        # 1.56 mL in 30 mm of height: as much as 5.2 mL in a head.
        assert (
            len(find_lesions(seen, frame(), Operating(minimum_ml=0.0, site_minimum_ml={"IVH": least_ml}))[1]) == count
        )


def test_a_site_that_is_mostly_wrong_lowers_its_lesions_confidence() -> None:
    doubted = Operating(minimum_ml=0.0, lesion=Calibration(per_site={"SDH": -2.0}))
    given = field((IPH, block(5, 12), 0.9), (SDH, block(20, 27), 0.9))
    _, found = find_lesions(given, frame(), doubted)
    confidence = {one.site: one.confidence for one in found}
    assert confidence[HaemorrhageSite.INTRAPARENCHYMAL] == pytest.approx(0.9, abs=0.01)
    assert confidence[HaemorrhageSite.SUBDURAL] == pytest.approx(doubted.lesion.probability(0.9, 1.0, "SDH"), abs=0.01)


@given(score=st.floats(0, 1), more=st.floats(0, 1), scale=st.floats(0.05, 5), shift=st.floats(-9, 9))
def test_calibration_keeps_order_and_stays_a_probability(score: float, more: float, scale: float, shift: float) -> None:
    curve = Calibration(scale, shift)
    low, high = sorted((score, more))
    assert 0 <= curve.probability(low) <= curve.probability(high) <= 1


def test_uncertainty_is_nothing_where_sure_and_full_at_even_odds() -> None:
    probability = torch.zeros(6, 40, 40)
    probability[:, 10:20, :] = 0.5
    probability[:, 20:30, :] = 1.0
    probability[:, 30:, :] = 0.9
    unsure = uncertainty_map(probability, frame(), Operating())
    assert unsure.dtype == np.uint8
    assert unsure[3, 5, 5] == 0
    assert unsure[3, 15, 5] == 255
    assert unsure[3, 25, 5] == 0
    assert 100 < unsure[3, 35, 5] < 150


def test_uncertainty_follows_the_calibrated_odds() -> None:
    probability = torch.full((6, 40, 40), 0.15)
    shifted = Operating(voxel=Calibration(shift=float(np.log(0.85 / 0.15))))
    assert uncertainty_map(probability, frame(), shifted).min() >= 254


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(10, 60), st.integers(10, 60)),
    spacing=st.tuples(st.floats(0.4, 3), st.floats(0.4, 3), st.floats(0.6, 9)),
    threshold=st.sampled_from([0.15, 0.5, 0.8]),
)
@settings(max_examples=25, deadline=None)
def test_looking_only_where_lesions_are_changes_nothing(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], threshold: float
) -> None:
    """The mask is that of the whole field interpolated, whatever box was looked at."""
    where = frame(shape, spacing)
    rng = np.random.default_rng(sum(shape))
    lesion = torch.zeros(where.plan.network_kji)
    k, j, i = (int(rng.integers(n)) for n in lesion.shape)
    lesion[k : k + 2, j : j + 4, i : i + 4] = torch.rand(lesion[k : k + 2, j : j + 4, i : i + 4].shape)
    labels, _ = find_lesions(Field(lesion), where, Operating(threshold, peak=0.0, minimum_ml=0.0))
    # torch's own trilinear interpolation has the same half-voxel convention.
    whole = torch.nn.functional.interpolate(lesion[None, None], size=shape, mode="trilinear")[0, 0].numpy()
    clear = np.abs(whole - threshold) > 1e-4
    assert np.array_equal((labels > 0)[clear], (whole >= threshold)[clear])


def test_two_thousand_slices_are_read_in_blocks_and_right() -> None:
    """A whole body in thin slices: the lesion is found at its place; nothing of the source's size is floating point."""
    shape = (2000, 32, 32)
    voxels = np.full(shape, -1000, np.int16)
    voxels[:, 4:28, 4:28] = 30
    voxels[1500:1530, 12:20, 14:24] = 70
    volume = Volume(voxels, PatientFromVoxel(np.diag([4.0, 4.0, 0.6, 1.0])), VoxelUnit.HU)

    class Dense(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            narrow = (inputs[:, 1] + 2) * 20
            return torch.stack((torch.zeros_like(narrow), narrow - 50), dim=1)

    network = SliceNetwork(Dense(), Operating(inside_skull=False), mirror=False, slices_at_once=16)
    *steps, said = network.steps(volume)
    assert len(steps) > 10, "a more urgent job may go first between any two"
    assert isinstance(said, Segmentation)
    assert said.labels.dtype == np.uint8
    marked, truth = said.labels > 0, voxels == 70
    assert 2 * (marked & truth).sum() / (marked.sum() + truth.sum()) > 0.85


def test_neighbours_repeat_at_the_ends() -> None:
    stack = torch.arange(4.0).view(1, 4, 1, 1)
    assert neighbours(stack, 0, 2).flatten().tolist() == [0, 0, 1, 2]
    assert neighbours(stack, 2, 4).flatten().tolist() == [1, 2, 3, 3]
