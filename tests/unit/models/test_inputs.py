from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.inference.inputs import check_ct
from pipeline.domain.errors import OutsideDeclaredInputs
from pipeline.domain.geometry import PatientFromVoxel
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
