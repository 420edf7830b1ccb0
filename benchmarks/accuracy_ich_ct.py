"""Accuracy of the haemorrhage bundles: `python -m benchmarks.accuracy_ich_ct --cases BHSD [--prior DIR]`.

Real slices come from a folder with images/ and masks/ of PNG files as in BHSD (MIT licence,
github.com/White65534/BHSD): grey is HU clipped to 0..255, any colour in the mask is blood. Spacing
is not in the files: 0.45 mm in the plane and 5 mm slices are assumed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.predict import BundlePredictor, load, predict
from models.registry import find
from models.synthesis import prior as priors
from models.synthesis.acquisition import acquire, draw_scan
from models.synthesis.draw import Odds, draw
from models.synthesis.paint import HEAD_GRID, paint
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import Prediction
from pipeline.domain.volume import Volume, VoxelUnit

PIXEL_MM = 0.45
SLICE_MM = 5.0
LARGE_CM2 = 2.0
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SliceScore:
    """One real slice: overlap, sizes in cm2, and the scan probability."""

    name: str
    dice: float
    truth_cm2: float
    said_cm2: float
    overlaps: bool
    probability: float


def read_slice(image: Path, mask: Path | None) -> tuple[Volume, Mask]:
    """One PNG slice as a one-slice volume, and its truth [j, i]."""
    grey = np.asarray(Image.open(image).convert("L")).astype(np.int16)
    truth = np.zeros(grey.shape, bool) if mask is None else _coloured(mask)
    affine = PatientFromVoxel(np.diag([PIXEL_MM, PIXEL_MM, SLICE_MM, 1.0]))
    return Volume(grey[None], affine, VoxelUnit.HU), truth


def _coloured(mask: Path) -> Mask:
    colours = np.asarray(Image.open(mask).convert("RGB")).astype(int)
    return colours.max(-1) > 100


def score(name: str, prediction: Prediction, truth: Mask) -> SliceScore:
    """Dice of one slice; 1 when both are empty."""
    said = prediction.labels[0] > 0
    both, total = int((said & truth).sum()), int(said.sum() + truth.sum())
    area = PIXEL_MM**2 / 100
    dice = 2 * both / total if total else 1.0
    return SliceScore(name, dice, truth.sum() * area, said.sum() * area, both > 0, prediction.scan_probability)


def score_folder(predictor: BundlePredictor, cases: Path) -> list[SliceScore]:
    """Every slice of a folder."""
    scores = []
    for image in sorted((cases / "images").glob("*.png")):
        volume, truth = read_slice(image, cases / "masks" / image.name)
        scores.append(score(image.stem, predict(predictor, volume), truth))
    return scores


def normal_heads(predictor: BundlePredictor, folder: Path, count: int) -> list[tuple[float, float]]:
    """(marked mL, scan probability) of synthetic heads without blood, from the anatomies kept to judge by."""
    names = sorted(file.stem for file in folder.glob("*.npz"))[-4:]
    anatomies = priors.load(folder, names)
    found = []
    for seed in range(count):
        rng = np.random.default_rng((20261121, seed))
        painted = paint(draw(rng, len(anatomies), Odds(haemorrhage=0.0)), anatomies)
        thickness = float(rng.choice([1.25, 2.5, 5.0, 5.0, 5.0, 8.0]))
        centres = tuple(np.arange(2.0, 140.0, thickness))
        hu, _ = acquire(painted, draw_scan(rng, centres, thickness, calm=True))
        _, dy, dx = HEAD_GRID.spacing_mm
        affine = PatientFromVoxel(np.diag([dx, dy, thickness, 1.0]))
        volume = Volume(np.clip(hu.numpy(), -1024, 3071).round().astype(np.int16), affine, VoxelUnit.HU)
        said = predict(predictor, volume)
        found.append((float((said.labels > 0).sum()) * affine.voxel_volume_ml, said.scan_probability))
    return found


def table(
    bundle_id: str, scores: list[SliceScore], normals: list[tuple[float, float]], seconds: float
) -> dict[str, object]:
    """The figures of one bundle."""
    dice = np.array([s.dice for s in scores])
    large = [s for s in scores if s.truth_cm2 > LARGE_CM2]
    row: dict[str, object] = {
        "bundle": bundle_id,
        "slices": len(scores),
        "dice_mean": round(float(dice.mean()), 3),
        "dice_median": round(float(np.median(dice)), 3),
        "dice_mean_over_2_cm2": round(float(np.mean([s.dice for s in large])), 3),
        "slices_over_2_cm2": len(large),
        "detected": sum(s.overlaps for s in scores),
        "detected_over_2_cm2": sum(s.overlaps for s in large),
        "seconds_per_slice": round(seconds / len(scores), 2),
    }
    if normals:
        volumes = np.array([volume for volume, _ in normals])
        row["normal_heads"] = len(normals)
        row["normal_false_ml_mean"] = round(float(volumes.mean()), 2)
        row["normal_false_ml_median"] = round(float(np.median(volumes)), 2)
        row["normal_below_half_ml"] = round(float((volumes <= 0.5).mean()), 2)
    return row


def sentence(one: SliceScore) -> str:
    """One slice in one line."""
    sizes = f"truth {one.truth_cm2:.1f} said {one.said_cm2:.1f} cm2"
    return f"{one.name} Dice {one.dice:.2f} {sizes} probability {one.probability:.2f}"


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON line a bundle, and with --slices one a slice."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--cases", type=Path, required=True, help="folder with images/ and masks/")
    cli.add_argument("--prior", type=Path, help="folder of built anatomies: adds synthetic normal heads")
    cli.add_argument("--normals", type=int, default=40)
    cli.add_argument("--bundle", action="append", help="default: ich-ct and ich-ct-threshold")
    cli.add_argument("--slices", action="store_true", help="print every slice too")
    chosen = cli.parse_args(arguments)
    torch.set_num_threads(1)
    for bundle_id in chosen.bundle or ["ich-ct", "ich-ct-threshold"]:
        predictor = load(find(bundle_id), "cpu")
        started = time.monotonic()
        scores = score_folder(predictor, chosen.cases)
        seconds = time.monotonic() - started
        normals = normal_heads(predictor, chosen.prior, chosen.normals) if chosen.prior else []
        if chosen.slices:
            for one in scores:
                print(sentence(one))
        print(json.dumps(table(bundle_id, scores, normals, seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
