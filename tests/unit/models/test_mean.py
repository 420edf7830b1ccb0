"""The mean of two networks' weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.registry import BUNDLES, WEIGHTS, read
from models.training.mean import main, mean
from pipeline.domain.errors import ConfigurationError


def test_a_bundle_gets_the_mean_and_a_hash_that_fits(tmp_path: Path) -> None:
    bundle = tmp_path / "ich-ct"
    shutil.copytree(BUNDLES / "ich-ct", bundle)
    learned = load_file(bundle / WEIGHTS)
    further = {name: v + 1 if v.is_floating_point() else v for name, v in learned.items()}
    save_file(learned, tmp_path / "a.safetensors")
    save_file(further, tmp_path / "b.safetensors")
    assert main([str(tmp_path / "a.safetensors"), str(tmp_path / "b.safetensors"), "--into", str(bundle)]) == 0
    for name, value in load_file(bundle / WEIGHTS).items():
        between = (learned[name].float() + further[name].float()) / 2
        torch.testing.assert_close(value, between.to(value.dtype))
    assert read(bundle).sha256 == json.loads((bundle / "configs/metadata.json").read_text())["neurovigie"]["sha256"]


def test_two_different_networks_have_no_mean() -> None:
    with pytest.raises(ConfigurationError, match="two different networks"):
        mean({"a": torch.zeros(2)}, {"a": torch.zeros(3)})
