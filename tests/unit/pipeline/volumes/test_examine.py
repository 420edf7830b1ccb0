from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.assembly.character import characterise
from pipeline.assembly.recognise import recognise
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.phantom import Haemorrhage, PhantomSeries, PhantomStudy, SeriesKind, datasets
from pipeline.volumes.build import build_volume
from pipeline.volumes.examine import Examined, examine
from pipeline.volumes.look import look
from pipeline.volumes.source import read_header

PLAIN = PhantomSeries(images=20, spacing_mm=8.0, rows=128)
INJECTED = PhantomSeries(SeriesKind.CTA, images=24, spacing_mm=6.0, rows=128)


def examined(folder: Path, series: PhantomSeries, *, blood: float = 0.0, **tags: object) -> Examined:
    """A phantom CT, its headers changed, seen with its pixels."""
    study = PhantomStudy(series=(series,), haemorrhage=Haemorrhage(blood) if blood else None)
    instances = []
    for k, image in enumerate(datasets(study)):
        for keyword, value in tags.items():
            setattr(image, keyword, value)
        image.save_as(folder / f"{k}.dcm", enforce_file_format=True)
        instances.append((folder / f"{k}.dcm", read_header(folder / f"{k}.dcm")))
    headers = [header for _, header in instances]
    recognition = recognise(headers)
    return examine(recognition, characterise(headers, recognition.role), build_volume(instances))


def test_a_plain_head_keeps_its_role_and_its_pixels_say_so(tmp_path: Path) -> None:
    seen = examined(tmp_path, PLAIN, blood=60.0)
    assert seen.recognition.role is SeriesRole.NCCT
    assert seen.recognition.reasons[-1].startswith("its vessels are not bright")
    assert (seen.character.contrast, seen.character.whole_head, seen.character.metal) == (False, True, False)
    assert seen.reservations == ()


def test_bright_vessels_tell_contrast_that_no_header_names(tmp_path: Path) -> None:
    seen = examined(tmp_path, INJECTED, ContrastBolusAgent="", SeriesDescription="")
    assert seen.recognition.role is SeriesRole.CTA
    assert "though no header says so" in seen.recognition.reason
    assert seen.character.contrast


def test_words_alone_do_not_make_an_angiography_of_a_plain_head(tmp_path: Path) -> None:
    seen = examined(tmp_path, PLAIN, SeriesDescription="ANGIO", SliceThickness=1)
    assert seen.recognition.role is SeriesRole.NCCT
    assert "against weak evidence of contrast" in seen.recognition.reason


def test_a_named_agent_without_bright_vessels_stays_enhanced_but_less_sure(tmp_path: Path) -> None:
    seen = examined(tmp_path, PLAIN, ContrastBolusAgent="IOMERON", ContrastBolusVolume=60)
    assert seen.recognition.role is SeriesRole.CTA
    assert seen.recognition.confidence < 0.6
    assert "not bright" in seen.recognition.reasons[-1]


def test_half_a_head_is_not_a_whole_one_and_its_base_is_not_taken_for_vessels(tmp_path: Path) -> None:
    seen = examined(tmp_path, PhantomSeries(images=20, spacing_mm=8.0, rows=128, received=10))
    assert seen.recognition.role is SeriesRole.NCCT
    assert seen.character.whole_head is False
    assert "the top of the head is not in the images" in seen.reservations


def ball() -> Volume:
    """A head of a ball of brain in a shell of bone, 2.5 mm voxels."""
    k, j, i = np.mgrid[:64, :80, :80].astype(float)
    radius = np.sqrt((k - 32) ** 2 * 1.4 + (j - 40) ** 2 + (i - 40) ** 2)
    values = np.where(radius > 36, -1000, np.where(radius > 33, 1200, 35)).astype(np.int16)
    affine = PatientFromVoxel.from_columns((2.5, 0, 0), (0, 2.5, 0), (0, 0, 2.5), (0, 0, 0))
    return Volume(values, affine, VoxelUnit.HU)


def test_metal_is_noticed() -> None:
    volume = ball()
    volume.voxels[20:23, 30:33, 30:33] = 3071
    seen = look(volume)
    assert seen is not None
    assert seen.metal


def test_a_head_that_moves_between_slices_is_noticed_and_a_tilted_stack_is_not() -> None:
    still, moved, leaning = ball(), ball(), ball()
    moved.voxels[30:] = np.roll(moved.voxels[30:], 4, axis=2)
    for k in range(64):
        leaning.voxels[k] = np.roll(leaning.voxels[k], k // 4 - 8, axis=1)
    seen = [look(volume) for volume in (still, moved, leaning)]
    assert [one is not None and one.motion for one in seen] == [False, True, False]


def test_voxels_without_a_head_or_without_hounsfield_units_say_nothing() -> None:
    volume = ball()
    assert look(Volume(volume.voxels, volume.patient_from_voxel, VoxelUnit.ARBITRARY)) is None
    assert look(Volume(np.full_like(volume.voxels, -1000), volume.patient_from_voxel, VoxelUnit.HU)) is None


@pytest.mark.parametrize("role", [SeriesRole.DWI, SeriesRole.OTHER])
def test_other_roles_come_back_as_they_were(tmp_path: Path, role: SeriesRole) -> None:
    study = PhantomStudy(series=(PhantomSeries(images=3, rows=64),))
    files = []
    for k, image in enumerate(datasets(study)):
        image.save_as(tmp_path / f"{k}.dcm", enforce_file_format=True)
        files.append((tmp_path / f"{k}.dcm", read_header(tmp_path / f"{k}.dcm")))
    recognition = Recognition(role, "because")
    character = characterise([header for _, header in files], role)
    assert examine(recognition, character, build_volume(files)) == Examined(recognition, character)
