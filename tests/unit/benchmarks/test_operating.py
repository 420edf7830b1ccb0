"""Operating points: what they are judged by, and what they put into a bundle."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.scoring import Case
from benchmarks.operating import Outcome, Point, line, outcomes, put, said_of_voxels
from models.inference.frame import frame_of
from models.inference.lesions import Field
from models.inference.operating import Operating
from models.inference.slice_network import Looked
from models.registry import BUNDLES, find, read
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit

POINT = Point(0.5, 0.8, 0.1)


def bleeding() -> tuple[Looked, Case]:
    """Half a slice of blood that the network is sure of, and a weaker place where none is."""
    volume = Volume(np.zeros((6, 32, 32), np.int16), PatientFromVoxel(np.diag([1.25, 1.25, 5.0, 1.0])), VoxelUnit.HU)
    truth = np.zeros((6, 32, 32), np.uint8)
    truth[2, 4:16, 4:16] = 1
    frame = frame_of(volume)
    probability = torch.zeros(frame.plan.network_kji)
    probability[2, 4:16, 4:16] = 0.99
    probability[4, 20:30, 20:30] = 0.7
    return Looked(Field(probability), frame), Case("one", "lesion", volume, truth)


def test_a_peak_leaves_out_what_the_network_is_less_sure_of() -> None:
    looked, case = bleeding()
    points = [Point(0.5, 0.5, 0.1), POINT]
    loose, strict = (outcome for _, outcome in outcomes(looked, case, Operating(), points))
    assert strict.dice > 0.95 > loose.dice
    assert strict.said_ml < loose.said_ml


def test_a_point_is_worth_more_when_normal_heads_stay_quiet() -> None:
    seen = Outcome("lesion", 0.7, 5.0, 3.0, 5.0, True)
    quiet, loud = (Outcome("normal", 0.0, 0.0, 0.0, ml, False) for ml in (0.0, 3.0))
    assert line(POINT, [seen, quiet]).worth > line(POINT, [seen, loud]).worth
    assert math.isnan(line(POINT, [seen]).quiet)


def test_voxels_that_nobody_could_be_unsure_of_say_nothing() -> None:
    looked, case = bleeding()
    rows = said_of_voxels(looked, case, np.random.default_rng(0))
    assert len(rows) == 12 * 12 + 10 * 10
    assert rows[:, 1].sum() == 12 * 12


def test_a_chosen_point_is_what_the_bundle_then_uses(tmp_path: Path) -> None:
    shutil.copytree(BUNDLES / "ich-ct", tmp_path / "ich-ct")
    put(read(tmp_path / "ich-ct"), Point(0.4, 0.9, 0.2, 0.3, (("IVH", 1.0),)))
    operating = json.loads((tmp_path / "ich-ct/configs/inference.json").read_text())["operating"]
    numbers = ("threshold", "peak", "minimum_ml", "least_mean")
    assert tuple(operating[name] for name in numbers) == (0.4, 0.9, 0.2, 0.3)
    assert operating["site_minimum_ml"] == {"IVH": 1.0}
    assert (
        operating["scan"]
        == json.loads((find("ich-ct").folder / "configs/inference.json").read_text())["operating"]["scan"]
    )
