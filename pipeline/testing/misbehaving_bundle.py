"""A bundle for tests that does what the first voxel tells it: segment, hang in C code, die, or eat memory."""

from __future__ import annotations

import json
from enum import IntEnum
from pathlib import Path

import numpy as np
import pydicom

from pipeline.testing.head_series import HeadSeries, write_head_series

MODULE = "neurovigie_test_segmenter"

_SOURCE = """
import os, re
import numpy as np
from models.inference.components import Component
from models.inference.segmentation import Segmentation
from pipeline.domain.ports import Step


class ByFirstVoxel:
    def steps(self, volume, companions=None):
        yield Step("looked", 0.5)
        told = int(volume.voxels[0, 0, 0])
        if told == 2001:
            re.match("(a+)+b", "a" * 64)  # for ever, in C, without letting go of the interpreter
        if told == 2002:
            os._exit(9)
        if told == 2003:
            np.ones((2**40,))
        labels = ((volume.voxels > 60) & (volume.voxels < 90)).astype(np.uint8)
        found = (Component(1, float(labels.sum()) * volume.patient_from_voxel.voxel_volume_ml, 0.9),)
        yield Segmentation(labels, found if labels.any() else (), 0.9 if labels.any() else 0.1)
"""


class Behaviour(IntEnum):
    """What the first voxel says, in HU."""

    SEGMENT = -1000
    HANG = 2001
    DIE = 2002
    EAT_MEMORY = 2003


def write_bundle(folder: Path) -> Path:
    """Write the bundle and its module below ``folder``; returns the folder of bundles.

    ``folder`` must be on PYTHONPATH when the child is started.
    """
    (folder / f"{MODULE}.py").write_text(_SOURCE)
    configs = folder / "bundles" / "test-bundle" / "configs"
    configs.mkdir(parents=True)
    (configs / "inference.json").write_text(json.dumps({"segmenter": {"_target_": f"{MODULE}.ByFirstVoxel"}}))
    (configs / "metadata.json").write_text(json.dumps(_METADATA))
    return folder / "bundles"


def write_head(folder: Path, behaviour: Behaviour = Behaviour.SEGMENT, number: int = 1) -> list[Path]:
    """A head with a bleeding on the left, 19 slices, that makes the bundle behave so."""

    def tell(header: pydicom.Dataset, k: int) -> None:
        if k == 0:
            pixels = np.frombuffer(header.PixelData, np.int16).copy()
            pixels[0] = int(behaviour)
            header.PixelData = pixels.tobytes()

    series = HeadSeries(blood_mm=(40.0, 10.0, 0.0), uid_root=f"1.2.826.0.1.3680043.10.1338.{number}")
    return write_head_series(folder, series, tell)


_METADATA = {
    "name": "test-bundle",
    "version": "0.0.1",
    "description": "A test bundle that can misbehave",
    "neurovigie": {
        "role": "ncct",
        "kinds": ["haemorrhage"],
        "inputs": {
            "modality": "CT",
            "unit": "HU",
            "values": [-1024, 3071],
            "slice_thickness_mm": [0.4, 10.0],
            "pixel_mm": [0.2, 8.0],
            "body_part": "head",
        },
        "limits": "Made for tests.",
        "baseline": False,
        "for_triage": True,
        "sha256": None,
    },
}
