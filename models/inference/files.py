"""Let `python -m monai.bundle run` use a segmenter on a NIfTI file."""

from __future__ import annotations

from pathlib import Path

from models import nifti
from models.inference.segmentation import Segmentation, Segmenter


def segment_file(segmenter: Segmenter, image: str, mask: str) -> Segmentation:
    """Read ``image`` in HU, write the numbered lesions to ``mask``, return what was found."""
    volume = nifti.read_ct(Path(image))
    found = next(said for said in segmenter.steps(volume) if isinstance(said, Segmentation))
    nifti.write_mask(found.labels, Path(image), Path(mask))
    return found
