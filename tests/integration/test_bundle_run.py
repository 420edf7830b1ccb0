"""The bundles as they are installed: loaded by NeuroVigie and by MONAI's own command."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from models.predict import load, predict
from models.registry import BundleInfo, find, installed
from models.segment import main
from pipeline.domain.finding import FindingKind
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import Prediction, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A round head with a lesion on the patient's left; LPS, 5 mm slices."""

    volume: Volume
    companions: dict[SeriesRole, Volume]
    truth: NDArray[np.bool_]


def phantom(role: SeriesRole = SeriesRole.NCCT, slices: int = 6) -> Phantom:
    return head_ct(slices) if role is SeriesRole.NCCT else head_mr(slices)


def head_ct(slices: int) -> Phantom:
    """1 mm pixels, a haematoma of 70 HU."""
    k, j, i = np.indices((slices, 180, 150), dtype=np.float32)
    radius = np.hypot((i - 75) / 68, (j - 90) / 84)
    hu = np.where(radius < 1, 34.0, -1000.0) + np.random.default_rng(0).normal(0, 3, k.shape)
    hu[(radius >= 0.9) & (radius < 1)] = 1100
    blood = (((i - 100) / 16) ** 2 + ((j - 80) / 20) ** 2 < 1) & (k > 0) & (k < slices - 1)
    hu[blood] += 36
    affine = np.diag([1.0, 1.0, 5.0, 1.0])
    affine[:3, 3] = (-75, -90, 0)
    return Phantom(Volume(hu.astype(np.int16), PatientFromVoxel(affine), VoxelUnit.HU), {}, blood)


def head_mr(slices: int) -> Phantom:
    """2 mm pixels; b = 1000 s/mm2 and its ADC map in 1e-6 mm2/s, with an infarct."""
    k, j, i = np.indices((slices, 90, 75), dtype=np.float32)
    radius, ventricle = np.hypot((i - 37) / 32, (j - 45) / 39), np.hypot((i - 37) / 6, (j - 45) / 15) < 1
    infarct = (np.hypot((i - 52) / 8, (j - 42) / 10) < 1) & (k > 0) & (k < slices - 1)
    adc = np.where(ventricle, 3.0, np.where(infarct, 0.45, 0.8)) * (radius < 1)
    dwi = 600 * np.where(ventricle, 2.5, np.where(infarct, 1.2, 1.0)) * np.exp(-adc) * (radius < 1)
    dwi = np.abs(dwi + np.random.default_rng(0).normal(0, 6, k.shape))
    affine = PatientFromVoxel(np.diag([2.0, 2.0, 5.0, 1.0]))
    volume, companion = (Volume(one.astype(np.float32), affine, VoxelUnit.ARBITRARY) for one in (dwi, 1000 * adc))
    return Phantom(volume, {SeriesRole.ADC: companion}, infarct)


def saved(volume: Volume, file: Path) -> Path:
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.patient_from_voxel.matrix
    nibabel.save(nibabel.Nifti1Image(volume.voxels.transpose(2, 1, 0), ras), file)
    return file


def saved_all(given: Phantom, folder: Path) -> dict[str, str]:
    """Files by the name that configurations and command line give them."""
    files = {"image": str(saved(given.volume, folder / "in.nii.gz"))}
    for role, companion in given.companions.items():
        files[role.value] = str(saved(companion, folder / f"{role}.nii.gz"))
    return files


@pytest.mark.parametrize("bundle", installed(), ids=lambda bundle: bundle.id)
def test_an_installed_bundle_sees_the_lesion_and_signs_what_it_says(bundle: BundleInfo) -> None:
    given = phantom(bundle.role)
    said = list(load(bundle, "cpu").steps(given.volume, given.companions))
    assert all(isinstance(step, Step) for step in said[:-1])
    fractions = [step.fraction for step in said[:-1] if isinstance(step, Step)]
    assert fractions == sorted(fractions)
    prediction = said[-1]
    assert isinstance(prediction, Prediction)
    assert (prediction.bundle_id, prediction.bundle_version) == (bundle.id, bundle.version)
    assert prediction.labels.shape == given.volume.shape_kji
    assert 0 <= prediction.scan_probability <= 1
    assert "total" in prediction.seconds
    if FindingKind.EARLY_ISCHAEMIA in bundle.kinds:
        return
    marked = prediction.labels > 0
    assert 2 * (marked & given.truth).sum() / (marked.sum() + given.truth.sum()) > 0.6
    assert prediction.scan_probability > 0.2


@pytest.mark.parametrize("bundle", installed(), ids=lambda bundle: bundle.id)
def test_monais_own_command_gives_the_mask_that_segment_gives(
    bundle: BundleInfo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = saved_all(phantom(bundle.role), tmp_path)
    asked = {
        "config_file": str(bundle.folder / "configs/inference.json"),
        "bundle_root": str(bundle.folder),
        "mask": str(tmp_path / "monai.nii.gz"),
        "device": "cpu",
        **files,
    }
    options = [word for name, value in asked.items() for word in (f"--{name}", value)]
    subprocess.run([sys.executable, "-m", "monai.bundle", "run", *options], check=True, capture_output=True)
    image, out = files.pop("image"), tmp_path / "ours.nii.gz"
    companions = [word for name, value in files.items() for word in (f"--{name}", value)]
    asked_of_us = ["--bundle", bundle.id, "--out", str(out), "--json", "--device", "cpu"]
    assert main([image, *companions, *asked_of_us]) == 0
    assert json.loads(capsys.readouterr().out)["bundle_version"] == bundle.version
    masks = [np.asarray(nibabel.load(tmp_path / name).dataobj) for name in ("monai.nii.gz", "ours.nii.gz")]
    assert np.array_equal(*masks)
    assert masks[0].any() or FindingKind.EARLY_ISCHAEMIA in bundle.kinds


def test_a_mask_is_read_by_simpleitk_in_the_place_of_the_image(tmp_path: Path) -> None:
    """What 3D Slicer reads NIfTI with (ITK): same grid as the image, integer labels."""
    files = saved_all(phantom(), tmp_path)
    out = tmp_path / "mask.nii.gz"
    assert main([files["image"], "--bundle", "ich-ct-threshold", "--out", str(out)]) == 0
    image, mask = SimpleITK.ReadImage(files["image"]), SimpleITK.ReadImage(str(out))
    assert mask.GetPixelID() == SimpleITK.sitkUInt8
    assert mask.GetSize() == image.GetSize()
    assert mask.GetOrigin() == pytest.approx(image.GetOrigin())
    assert mask.GetDirection() == pytest.approx(image.GetDirection())
    found = SimpleITK.LabelShapeStatisticsImageFilter()
    found.Execute(mask)
    assert found.GetCentroid(1)[0] == pytest.approx(25, abs=2), "the patient's left is +x in LPS"


def test_a_mirrored_patient_gets_a_mirrored_mask() -> None:
    volume = phantom().volume
    mirrored = Volume(np.flip(volume.voxels, 2).copy(), volume.patient_from_voxel, VoxelUnit.HU)
    predictor = load(find("ich-ct"), "cpu")
    straight, turned = (predict(predictor, one).labels > 0 for one in (volume, mirrored))
    both = (np.flip(turned, 2) & straight).sum()
    assert 2 * both / (straight.sum() + turned.sum()) > 0.95
