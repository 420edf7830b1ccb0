"""Write a trained network as a MONAI bundle, its configuration taken from the bundle that comes with us."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from models.inference.weights import save_half
from models.registry import BUNDLES, WEIGHTS, BundleInfo, read
from models.training.curves import write_curves
from models.training.trainer import Trainer

LARGEST_BYTES = 16_000_000


def export(trainer: Trainer, folder: Path, prior_names: list[str], template: Path | None = None) -> BundleInfo:
    """Write weights, configuration and training record to ``folder`` and read the bundle back.

    The rest comes from ``template``, by default the bundle of the same task that comes with us.
    """
    template = template or BUNDLES / trainer.plan.task
    if folder.resolve() != template.resolve():
        shutil.copytree(template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("model.safetensors"))
    weights = folder / WEIGHTS
    save_half(trainer.average, weights)
    if weights.stat().st_size > LARGEST_BYTES:
        raise ValueError(f"the weights are larger than {LARGEST_BYTES} bytes: train with fewer --filters")
    edit_section(folder / "configs" / "inference.json", "network_def", trainer.plan.network_arguments())
    edit_section(folder / "configs" / "metadata.json", "neurovigie", {"sha256": _sha256(weights)})
    (folder / "docs").mkdir(exist_ok=True)
    write_curves(trainer.progress.history, folder / "docs" / "curves.svg")
    record = folder / "docs" / "training_record.json"
    record.write_text(json.dumps(training_record(trainer, prior_names), indent=2) + "\n")
    return read(folder)


def training_record(trainer: Trainer, prior_names: list[str]) -> dict[str, Any]:
    """What made the weights: plan, anatomies, versions, curve."""
    progress = trainer.progress
    return {
        "plan": asdict(trainer.plan),
        "anatomies": prior_names,
        "torch": torch.__version__.split("+")[0],
        "device": trainer.device.type,
        "steps": progress.step,
        "minutes": round(progress.seconds / 60, 1),
        "validation": [{name: round(value, 4) for name, value in mark.items()} for mark in progress.history],
    }


def edit_section(file: Path, section: str, values: dict[str, Any]) -> None:
    """Put values into one part of a bundle's JSON file."""
    content = json.loads(file.read_text())
    content[section].update(values)
    file.write_text(json.dumps(content, indent=2) + "\n")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
