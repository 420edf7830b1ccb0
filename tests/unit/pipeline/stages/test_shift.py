"""Midline shift and region on phantom heads, whose brain can be pushed by a known distance."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from pipeline.domain.finding import FindingKind, Region, Side
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import Lesion, Prediction
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.phantom import BleedSite, Haemorrhage, PhantomSeries, PhantomStudy
from pipeline.phantom.geometry import places
from pipeline.phantom.render import head_of, slices, tissue_map
from pipeline.phantom.tissue import Tissue
from pipeline.stages.measure import find_head, measure, shift_of

SERIES = PhantomSeries(images=32, spacing_mm=5.0, rows=192)
PUSHED_OVER_MM = 35.0


@cache
def phantom(site: BleedSite) -> tuple[Volume, np.ndarray]:
    """A head with blood on the left, and the blood's mask."""
    study = PhantomStudy(seed=7, series=(SERIES,), haemorrhage=Haemorrhage(30.0, Side.LEFT, site))
    hu = np.stack(list(slices(study, SERIES, "ncct")))
    first = places(SERIES)[0]
    steps = (first.pixel_mm, 0, 0), (0, first.pixel_mm, 0), (0, 0, SERIES.spacing_mm)
    volume = Volume(hu, PatientFromVoxel.from_columns(*steps, first.ImagePositionPatient), VoxelUnit.HU)
    tissue = np.stack([tissue_map(head_of(study), place, vessels=False) for place in places(SERIES)])
    return volume, (tissue == Tissue.BLOOD).astype(np.uint8)


def pushed(volume: Volume, blood: np.ndarray, mm: float) -> tuple[Volume, np.ndarray]:
    """The same head with the middle of its brain pushed to the right; the skull stays."""
    frame = find_head(volume).frame
    assert frame is not None
    k, j, i = np.mgrid[tuple(slice(n) for n in volume.shape_kji)]
    points_mm = volume.patient_from_voxel.patient_mm(np.stack([i, j, k], axis=-1))
    aside = frame.of(points_mm.reshape(-1, 3)).reshape(points_mm.shape)[..., 0]
    source_mm = points_mm + (mm * np.exp(-((aside / PUSHED_OVER_MM) ** 2)))[..., None] * frame.from_patient[0]
    kji = np.moveaxis(volume.patient_from_voxel.voxel_ijk(source_mm)[..., ::-1], -1, 0)
    moved = ndimage.map_coordinates(volume.voxels, kji, order=1, mode="nearest")
    hu = np.where(volume.voxels > 200, volume.voxels, moved)
    return Volume(hu, volume.patient_from_voxel, volume.unit), ndimage.map_coordinates(blood, kji, order=0)


def predicted(blood: np.ndarray) -> Prediction:
    return Prediction(blood, (Lesion(1, FindingKind.HAEMORRHAGE, 0.9),), 0.9, "test", "1.0.0")


@pytest.mark.parametrize("site", [BleedSite.BASAL_GANGLIA, BleedSite.SUBDURAL])
@pytest.mark.parametrize("mm", [0.0, 8.0])
def test_the_midline_shift_is_found_to_within_4_mm_with_its_side(site: BleedSite, mm: float) -> None:
    volume, blood = pushed(*phantom(site), mm)
    head, prediction = find_head(volume), predicted(blood)
    shift = shift_of(measure(prediction, volume, head), prediction, volume, head)
    assert shift is not None
    assert shift.mm == pytest.approx(mm, abs=4.0)
    assert shift.limits
    if mm:
        assert shift.to is Side.RIGHT


def test_without_blood_no_shift_is_claimed() -> None:
    volume, blood = phantom(BleedSite.BASAL_GANGLIA)
    nothing = Prediction(np.zeros_like(blood), (), 0.1, "test", "1.0.0")
    assert shift_of((), nothing, volume, find_head(volume)) is None


@pytest.mark.parametrize(
    ("site", "regions"),
    [
        (BleedSite.BASAL_GANGLIA, {Region.DEEP}),
        (BleedSite.CEREBELLUM, {Region.POSTERIOR_FOSSA}),
        (BleedSite.SUBDURAL, {Region.FRONTAL, Region.PARIETAL}),
    ],
)
def test_a_lesion_is_named_by_its_place_in_the_skull(site: BleedSite, regions: set[Region]) -> None:
    volume, blood = phantom(site)
    (found,) = measure(predicted(blood), volume)
    assert found.region in regions
    assert found.side is Side.LEFT
    assert found.left_share is not None
    assert found.left_share > 0.9


def test_a_scan_that_ends_below_the_vertex_names_no_region() -> None:
    volume, blood = phantom(BleedSite.BASAL_GANGLIA)
    half = Volume(volume.voxels[:20], volume.patient_from_voxel, volume.unit)
    (found,) = measure(predicted(blood[:20]), half)
    assert found.region is None


def test_size_uncertainty_and_bundle_are_on_every_finding() -> None:
    volume, blood = phantom(BleedSite.BASAL_GANGLIA)
    unsure = np.where(blood > 0, 51, 0).astype(np.uint8)
    prediction = Prediction(blood, (Lesion(1, FindingKind.HAEMORRHAGE, 0.9),), 0.9, "test", "1.0.0", uncertainty=unsure)
    (found,) = measure(prediction, volume, for_triage=False)
    assert (found.bundle, found.bundle_version, found.for_triage) == ("test", "1.0.0", False)
    assert found.uncertainty == pytest.approx(0.2)
    assert found.abc2_ml == pytest.approx(found.volume_ml, rel=0.35)
    assert found.largest_diameter_mm == pytest.approx(46, abs=6)
