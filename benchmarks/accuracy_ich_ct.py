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

from benchmarks.synthetic_heads import scans
from models.predict import BundlePredictor, load, predict
from models.registry import find
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
    blood: Mask = colours.max(-1) > 100
    return blood


def score(name: str, prediction: Prediction, truth: Mask) -> SliceScore:
    """Dice of one slice; 1 when both are empty."""
    said = prediction.labels[0] > 0
    both, total = int((said & truth).sum()), int(said.sum() + truth.sum())
    area = PIXEL_MM**2 / 100
    dice = 2 * both / total if total else 1.0
    return SliceScore(name, dice, truth.sum() * area, said.sum() * area, both > 0, prediction.scan_probability)


def score_folder(predictor: BundlePredictor, cases: Path, *, bloody: bool = True) -> list[SliceScore]:
    """Every slice of a folder; without ``bloody`` the masks are of something else and the truth is nothing."""
    scores = []
    for image in sorted((cases / "images").glob("*.png")):
        volume, truth = read_slice(image, cases / "masks" / image.name if bloody else None)
        scores.append(score(image.stem, predict(predictor, volume), truth))
    return scores


def area_under_curve(with_blood: list[float], without: list[float]) -> float:
    """Chance that a slice with blood is given a higher probability than one without (Mann-Whitney)."""
    pairs = [(a > b) + (a == b) / 2 for a in with_blood for b in without]
    return sum(pairs) / len(pairs)


def normal_heads(predictor: BundlePredictor, prior: Path, count: int) -> list[float]:
    """Marked mL in synthetic heads without blood, from the anatomies kept to judge by."""
    found = []
    for scan in scans(prior, count, haemorrhage=0.0):
        said = predict(predictor, scan.volume)
        found.append(float((said.labels > 0).sum()) * scan.volume.patient_from_voxel.voxel_volume_ml)
    return found


def bleeding_heads(predictor: BundlePredictor, prior: Path, count: int) -> list[float]:
    """Dice of synthetic heads that hold at least 1 mL of blood."""
    found = []
    for scan in scans(prior, count, haemorrhage=1.0):
        said = predict(predictor, scan.volume).labels > 0
        if scan.blood_ml >= 1:
            found.append(2 * float((said & scan.blood).sum()) / float(said.sum() + scan.blood.sum()))
    return found


def table(
    bundle_id: str,
    scores: list[SliceScore],
    negatives: list[SliceScore],
    synthetic: tuple[list[float], list[float]],
    seconds: float,
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
    if negatives:
        row["ischaemic_slices"] = len(negatives)
        row["ischaemic_false_cm2_mean"] = round(float(np.mean([s.said_cm2 for s in negatives])), 2)
        row["ischaemic_slices_marked"] = int(sum(s.said_cm2 > 0 for s in negatives))
        bloody = [s.probability for s in scores if s.truth_cm2 > 0]
        row["slice_auc"] = round(area_under_curve(bloody, [s.probability for s in negatives]), 3)
    normals, bleeding = synthetic
    if normals:
        volumes = np.array(normals)
        row["normal_heads"] = len(normals)
        row["normal_false_ml_mean"] = round(float(volumes.mean()), 2)
        row["normal_false_ml_median"] = round(float(np.median(volumes)), 2)
        row["normal_below_half_ml"] = round(float((volumes <= 0.5).mean()), 2)
    if bleeding:
        row["bleeding_heads"] = len(bleeding)
        row["bleeding_dice_mean"] = round(float(np.mean(bleeding)), 3)
    return row


def sentence(one: SliceScore) -> str:
    """One slice in one line."""
    sizes = f"truth {one.truth_cm2:.1f} said {one.said_cm2:.1f} cm2"
    return f"{one.name} Dice {one.dice:.2f} {sizes} probability {one.probability:.2f}"


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON line a bundle, and with --slices one a slice."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--cases", type=Path, required=True, help="folder with images/ and masks/")
    cli.add_argument("--negatives", type=Path, help="folder with images/ of slices without blood, as in CPAISD")
    cli.add_argument("--prior", type=Path, help="folder of built anatomies: adds synthetic heads")
    cli.add_argument("--synthetic", type=int, default=40, help="how many synthetic heads of each sort (default: 40)")
    cli.add_argument("--bundle", action="append", help="default: ich-ct and ich-ct-threshold")
    cli.add_argument("--slices", action="store_true", help="print every slice too")
    chosen = cli.parse_args(arguments)
    torch.set_num_threads(1)
    for bundle_id in chosen.bundle or ["ich-ct", "ich-ct-threshold"]:
        predictor = load(find(bundle_id), "cpu")
        started = time.monotonic()
        scores = score_folder(predictor, chosen.cases)
        seconds = time.monotonic() - started
        negatives = score_folder(predictor, chosen.negatives, bloody=False) if chosen.negatives else []
        synthetic: tuple[list[float], list[float]] = ([], [])
        if chosen.prior:
            count = chosen.synthetic
            synthetic = normal_heads(predictor, chosen.prior, count), bleeding_heads(predictor, chosen.prior, count)
        if chosen.slices:
            for one in (*scores, *negatives):
                print(sentence(one))
        print(json.dumps(table(bundle_id, scores, negatives, synthetic, seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
