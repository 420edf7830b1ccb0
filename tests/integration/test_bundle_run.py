"""The bundles as they are installed: loaded by NeuroVigie and by MONAI's own command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from models.predict import load, predict
from models.registry import BundleInfo, installed
from models.segment import main
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import Prediction, Step
from pipeline.domain.volume import Volume, VoxelUnit


def phantom(slices: int = 6) -> Volume:
    """A round head with a 70 HU haematoma on the patient's left; LPS, 1 mm pixels, 5 mm slices."""
    k, j, i = np.indices((slices, 180, 150), dtype=np.float32)
    radius = np.hypot((i - 75) / 68, (j - 90) / 84)
    hu = np.where(radius < 1, 34.0, -1000.0) + np.random.default_rng(0).normal(0, 3, k.shape)
    hu[(radius >= 0.9) & (radius < 1)] = 1100
    blood = ((i - 100) / 16) ** 2 + ((j - 80) / 20) ** 2 < 1
    hu[blood & (k > 0) & (k < slices - 1)] += 36
    affine = np.diag([1.0, 1.0, 5.0, 1.0])
    affine[:3, 3] = (-75, -90, 0)
    return Volume(hu.astype(np.int16), PatientFromVoxel(affine), VoxelUnit.HU)


def saved(volume: Volume, file: Path) -> Path:
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.patient_from_voxel.matrix
    nibabel.save(nibabel.Nifti1Image(volume.voxels.transpose(2, 1, 0), ras), file)
    return file


@pytest.mark.parametrize("bundle", installed(), ids=lambda bundle: bundle.id)
def test_an_installed_bundle_sees_the_haematoma_and_signs_what_it_says(bundle: BundleInfo) -> None:
    volume = phantom()
    said = list(load(bundle, "cpu").steps(volume))
    assert all(isinstance(step, Step) for step in said[:-1])
    fractions = [step.fraction for step in said[:-1] if isinstance(step, Step)]
    assert fractions == sorted(fractions)
    prediction = said[-1]
    assert isinstance(prediction, Prediction)
    assert (prediction.bundle_id, prediction.bundle_version) == (bundle.id, bundle.version)
    truth = (np.asarray(volume.voxels) > 55) & (np.asarray(volume.voxels) < 100)
    marked = prediction.labels > 0
    assert 2 * (marked & truth).sum() / (marked.sum() + truth.sum()) > 0.6
    assert prediction.scan_probability > 0.2
    assert "total" in prediction.seconds


@pytest.mark.parametrize("bundle", installed(), ids=lambda bundle: bundle.id)
def test_monais_own_command_gives_the_mask_that_segment_gives(
    bundle: BundleInfo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = saved(phantom(), tmp_path / "in.nii.gz")
    asked = {
        "config_file": str(bundle.folder / "configs/inference.json"),
        "bundle_root": str(bundle.folder),
        "image": str(image),
        "mask": str(tmp_path / "monai.nii.gz"),
        "device": "cpu",
    }
    # What `python -m monai.bundle run` calls; that command line itself wants the package "fire".
    program = "import json, sys, monai.bundle; monai.bundle.run(**json.loads(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, json.dumps(asked)], check=True, capture_output=True)
    out = tmp_path / "ours.nii.gz"
    assert main([str(image), "--bundle", bundle.id, "--out", str(out), "--json", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out)["bundle_version"] == bundle.version
    masks = [np.asarray(nibabel.load(tmp_path / name).dataobj) for name in ("monai.nii.gz", "ours.nii.gz")]
    assert np.array_equal(*masks)
    assert masks[0].any()


def test_a_mirrored_patient_gets_a_mirrored_mask() -> None:
    volume = phantom()
    mirrored = Volume(np.flip(volume.voxels, 2).copy(), volume.patient_from_voxel, VoxelUnit.HU)
    predictor = load(installed()[0], "cpu")
    straight, turned = (predict(predictor, one).labels > 0 for one in (volume, mirrored))
    both = (np.flip(turned, 2) & straight).sum()
    assert 2 * both / (straight.sum() + turned.sum()) > 0.95
