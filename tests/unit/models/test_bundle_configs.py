"""The configurations that ship, with random weights in the place of trained ones."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from monai.bundle.config_parser import ConfigParser

from models.inference.weights import save_half
from models.predict import load, predict
from models.registry import BUNDLES, WEIGHTS, BundleInfo, read
from pipeline.domain.finding import FindingKind
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit


def untaught(bundle_id: str, folder: Path) -> BundleInfo:
    """The bundle with a tiny network of random weights."""
    target = folder / bundle_id
    shutil.copytree(BUNDLES / bundle_id / "configs", target / "configs")
    inference, metadata = target / "configs/inference.json", target / "configs/metadata.json"
    content = json.loads(inference.read_text())
    content["network_def"].update(init_filters=8, blocks_down=[1, 1, 1, 1])
    inference.write_text(json.dumps(content))
    network = ConfigParser(content).get_parsed_content("network_def")
    save_half(network.state_dict(), target / WEIGHTS)
    said = json.loads(metadata.read_text())
    said["neurovigie"]["sha256"] = hashlib.sha256((target / WEIGHTS).read_bytes()).hexdigest()
    metadata.write_text(json.dumps(said))
    return read(target)


def ct() -> Volume:
    j, i = np.indices((60, 50), dtype=np.float32)
    hu = np.tile(np.where(np.hypot((i - 25) / 22, (j - 30) / 26) < 1, 30.0, -1000.0), (3, 1, 1))
    return Volume(hu.astype(np.int16), PatientFromVoxel(np.diag([3.5, 3.5, 5.0, 1.0])), VoxelUnit.HU)


@pytest.mark.parametrize("bundle_id", ["ich-ct", "ischaemia-ct", "infarct-dwi"])
def test_a_configuration_holds_everything_from_volume_to_answer(
    bundle_id: str, tmp_path: Path, diffusion_head: Any
) -> None:
    bundle = untaught(bundle_id, tmp_path)
    of_ct = bundle.role is SeriesRole.NCCT
    volume = ct() if of_ct else diffusion_head.volume()
    companions = {} if of_ct else {SeriesRole.ADC: diffusion_head.volume("adc", 1000)}
    said = predict(load(bundle, "cpu", {"uncertainty": True}), volume, companions)
    assert said.labels.shape == volume.shape_kji
    assert said.uncertainty is not None
    assert said.uncertainty.shape == volume.shape_kji
    assert said.out_of_distribution is not None
    assert {lesion.kind for lesion in said.lesions} <= set(bundle.kinds)


def test_early_ischaemia_is_declared_not_for_triage(tmp_path: Path) -> None:
    bundle = untaught("ischaemia-ct", tmp_path)
    assert not bundle.for_triage
    assert bundle.kinds == (FindingKind.EARLY_ISCHAEMIA,)


def test_settings_reach_the_reader(tmp_path: Path, diffusion_head: Any) -> None:
    bundle = untaught("infarct-dwi", tmp_path)
    given = {SeriesRole.B0: diffusion_head.volume("b0")}
    said = predict(load(bundle, "cpu", {"b_value": 900.0}), diffusion_head.volume(), given)
    assert any("b = 900" in flag for flag in said.flags)
