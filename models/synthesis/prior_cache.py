"""Build the anatomies once, into a folder, from label maps or from what nilearn ships."""

from __future__ import annotations

from pathlib import Path

from models.synthesis import prior, prior_labels, prior_mni
from pipeline.domain.errors import ConfigurationError


def ensure(folder: Path, label_maps: Path | None = None) -> tuple[str, ...]:
    """Names of the anatomies in ``folder``; built there first (10 s each) when it holds none.

    ``label_maps`` is a folder of whole-head label maps as in BBillot/SynthSeg; without it the single
    default anatomy is built. Raises `ConfigurationError` when there is nothing to build from.
    """
    if not any(folder.glob("*.npz")):
        if label_maps is None:
            prior.save([prior_mni.build()], folder)
        else:
            _build_from(label_maps, folder)
    return tuple(sorted(file.stem for file in folder.glob("*.npz")))


def _build_from(label_maps: Path, folder: Path) -> None:
    files = sorted(label_maps.glob("training_seg_*.nii*"))
    if not files:
        raise ConfigurationError(f"{label_maps} holds no training_seg_*.nii.gz; the README says where to get them.")
    for file in files:
        prior.save([prior_labels.anatomy_of(file)], folder)
