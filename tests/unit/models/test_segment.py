from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def diffusion_files(head: Any, folder: Path) -> dict[str, Path]:
    """DWI, ADC in 1e-3 mm2/s, b0, and DWI with ADC in one file, as NIfTI."""
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ head.affine.matrix
    images = {name: getattr(head, name).transpose(2, 1, 0).astype(np.float32) for name in ("dwi", "adc", "b0")}
    images["both"] = np.stack((images["dwi"], images["adc"]), axis=-1)
    images["swapped"] = np.stack((images["adc"], images["dwi"]), axis=-1)
    return {name: saved(folder / f"{name}.nii.gz", values, ras) for name, values in images.items()}


@pytest.mark.parametrize(
    ("image", "more", "flag"),
    [
        ("dwi", ["adc"], "1e-3 mm2/s"),
        ("dwi", ["b0"], "b = 1000"),
        ("both", [], "1e-3 mm2/s"),
        ("swapped", [], "swapped back"),
    ],
)
def test_diffusion_comes_with_its_map_or_b0_in_one_file_or_several(
    image: str, more: list[str], flag: str, diffusion_head: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = diffusion_files(diffusion_head, tmp_path)
    companions = [word for name in more for word in (f"--{name}", str(files[name]))]
    out = tmp_path / "mask.nii.gz"
    assert run(files[image], out, *companions, "--json", bundle="infarct-dwi-threshold") == 0
    report = json.loads(capsys.readouterr().out)
    assert any(flag in said for said in report["flags"])
    assert report["lesions"][0]["kind"] == "infarct"
    assert report["lesions"][0]["site"] is None
    mask = np.asarray(nibabel.load(out).dataobj)
    truth = diffusion_head.infarct.transpose(2, 1, 0)
    assert mask.shape == truth.shape
    assert 2 * ((mask > 0) & truth).sum() / ((mask > 0).sum() + truth.sum()) > 0.85


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "add --adc or --b0"),
        (["--adc", "none.nii.gz"], "There is no file"),
        (["--adc", "both"], "holds 2 volumes"),
        (["--adc", "adc", "--bvalue", "1000"], "only for computing ADC from --b0"),
        (["--b0", "b0", "--bvalue", "10"], "not one of stroke imaging"),
        (["--adc", "adc", "--uncertainty", "u.nii.gz"], "cannot say where it is unsure"),
    ],
)
def test_what_diffusion_lacks_is_said_in_one_sentence(
    words: list[str], sentence: str, diffusion_head: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = diffusion_files(diffusion_head, tmp_path)
    placed = [str(files[word]) if word in files else word.replace("u.nii", f"{tmp_path}/u.nii") for word in words]
    assert run(files["dwi"], tmp_path / "out.nii.gz", *placed, bundle="infarct-dwi-threshold") == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.nii.gz").exists()


def test_ct_takes_no_companion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = saved(tmp_path / "in.nii.gz", slice_hu())
    assert run(image, tmp_path / "out.nii.gz", "--adc", str(image)) == 2
    assert "does not read --adc" in capsys.readouterr().err
