"""NIfTI files to a segmenter and back: what `neurovigie segment` and `python -m monai.bundle run` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models import nifti
from models.inference.segmentation import Segmentation, Segmenter
from pipeline.domain.errors import BadInput
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit


@dataclass(frozen=True, slots=True, eq=False)
class GivenImages:
    """A volume and its companions, and the file whose voxels the mask takes."""

    volume: Volume
    companions: Mapping[SeriesRole, Volume]


def read_images(image: Path, unit: VoxelUnit, companions: Mapping[SeriesRole, Path]) -> GivenImages:
    """Read the files of one patient.

    ``image`` may hold two volumes along its fourth axis, DWI and ADC. Raises `UnreadableImage` and
    `BadInput` with the remedy.
    """
    first, *more = nifti.read_volumes(image, unit)
    read = {role: nifti.read_volume(file, VoxelUnit.ARBITRARY) for role, file in companions.items()}
    if not more:
        return GivenImages(first, read)
    if unit is VoxelUnit.HU or len(more) > 1:
        wanted = "one CT volume" if unit is VoxelUnit.HU else "DWI, or DWI and ADC,"
        raise BadInput(f"{image} holds {len(more) + 1} volumes; {wanted} is wanted.")
    if SeriesRole.ADC in read:
        raise BadInput(f"ADC is given twice: as the second volume of {image} and by itself.")
    return GivenImages(first, {**read, SeriesRole.ADC: more[0]})


def segment_file(
    segmenter: Segmenter, image: str, mask: str, unit: str = "HU", companions: Mapping[str, str] | None = None
) -> Segmentation:
    """Read ``image`` and its companions by role, write the numbered lesions to ``mask``, return what was found.

    A companion whose file name is empty is not given.
    """
    given = {SeriesRole(role): Path(file) for role, file in (companions or {}).items() if file}
    images = read_images(Path(image), VoxelUnit(unit), given)
    said = segmenter.steps(images.volume, images.companions)
    found = next(one for one in said if isinstance(one, Segmentation))
    nifti.write_map(found.labels, Path(image), Path(mask))
    return found
