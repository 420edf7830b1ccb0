from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from models import segment
from models.nifti import read_volume
from pipeline.domain.volume import VoxelUnit

RAS = np.diag([-1.25, -1.25, 5.0, 1.0])


def slice_hu() -> NDArray[np.float32]:
    """One slice (x, y) of a skull with a dense square in it."""
    x, y = np.indices((140, 160))
    radius = np.hypot((x - 70) / 62, (y - 80) / 74)
    hu = np.where(radius < 1, 30.0, -1000.0).astype(np.float32)
    hu[(radius > 0.9) & (radius < 1)] = 1200
    hu[90:106, 70:90] = 68
    return hu


def saved(file: Path, values: NDArray[np.generic], affine: NDArray[np.float64] = RAS) -> Path:
    nibabel.save(nibabel.Nifti1Image(values, affine), file)
    return file


def run(image: Path, mask: Path, *more: str, bundle: str = "ich-ct-threshold") -> int:
    return segment.main([str(image), "--bundle", bundle, "--out", str(mask), *more])


@pytest.mark.parametrize("shape", [(140, 160), (140, 160, 1)])
def test_a_single_slice_gives_a_mask_of_its_shape(
    shape: tuple[int, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = saved(tmp_path / "in.nii.gz", slice_hu().reshape(shape))
    assert run(image, tmp_path / "out.nii.gz", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    mask = nibabel.load(tmp_path / "out.nii.gz")
    assert mask.shape == shape
    assert np.allclose(mask.affine, RAS)
    marked = np.argwhere(np.asarray(mask.dataobj).reshape(140, 160) > 0)
    assert marked.mean(0) == pytest.approx([97.5, 79.5], abs=1.5)
    assert report["bundle"] == "ich-ct-threshold"
    assert report["lesions"][0]["kind"] == "haemorrhage"
    assert report["research_use_only"] is True


def test_without_json_it_says_one_sentence_and_its_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = saved(tmp_path / "in.nii.gz", slice_hu())
    assert run(image, tmp_path / "out.nii.gz") == 0
    assert "Research use only" in capsys.readouterr().out


def test_voxels_are_read_in_patient_space(tmp_path: Path) -> None:
    values = np.zeros((3, 4, 5), np.int16)
    values[2, 1, 0] = 50
    volume = read_volume(saved(tmp_path / "in.nii.gz", values, np.diag([2.0, 3.0, 4.0, 1.0])), VoxelUnit.HU)
    assert volume.shape_kji == (5, 4, 3)
    assert volume.voxels[0, 1, 2] == 50
    assert volume.patient_from_voxel.patient_mm([2, 1, 0]).tolist() == [-4.0, -3.0, 0.0]


def broken(folder: Path, what: str) -> Path:
    file = folder / f"{what}.nii.gz"
    if what == "missing":
        return file
    if what == "text":
        file.write_text("no image")
    elif what == "short":
        whole = saved(folder / "whole.nii.gz", np.random.default_rng(0).normal(0, 500, (40, 40, 9)).astype(np.int16))
        file.write_bytes(whole.read_bytes()[:4000])
    elif what == "nan":
        saved(file, np.where(slice_hu() == 68, np.nan, slice_hu()))
    elif what == "fraction":
        saved(file, (slice_hu() + 1000) / 2200)
    elif what == "movie":
        saved(file, np.zeros((8, 8, 4, 6), np.int16))
    return file


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("missing", "There is no file"),
        ("text", "is not a NIfTI file"),
        ("short", "cut short"),
        ("nan", "holds NaN"),
        ("fraction", "not Hounsfield"),
        ("movie", "one CT volume"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(
    what: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(broken(tmp_path, what), tmp_path / "out.nii.gz") == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.nii.gz").exists()


def test_an_unknown_bundle_and_a_bad_output_are_answered_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "in.nii.gz", tmp_path / "out.nii.gz", bundle="ich-mr") == 2
    assert "installed: ich-ct" in capsys.readouterr().err
    assert run(tmp_path / "in.nii.gz", tmp_path / "out.png") == 2
    assert run(tmp_path / "in.nii.gz", tmp_path / "none" / "out.nii.gz") == 2
    assert "make it first" in capsys.readouterr().err
