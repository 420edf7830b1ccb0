"""``python -m benchmarks.inference [--device cuda] [--json FILE]``: our path beside the stock MONAI one, same weights.

Both start from a decoded CT volume in Hounsfield units and end with lesions in mL on the scan's own voxels:

- ours: the step-wise path of the service, as the worker's child runs it
- ours fp32: the same without reduced precision; the reference that ours must agree with
- MONAI: its dictionary transforms (channel first, spacing, windows), ``SliceInferer`` with overlap in fp32, inversion
  of the spacing, thresholding; what a bundle does when nobody has looked at its time

Medians of ``--runs`` runs in turns after a warm-up. Agreement: Dice pooled over all cases, components of at least
1 mL that appear or vanish, and whether the case's tier changes. What this machine has no device for is not measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle.config_parser import ConfigParser
from monai.data import MetaTensor
from monai.inferers import SliceInferer
from monai.transforms import (
    Compose,
    ConcatItemsd,
    CopyItemsd,
    EnsureChannelFirstd,
    Lambdad,
    ScaleIntensityRanged,
    Spacingd,
)
from scipy import ndimage

from models import registry
from models.predict import BundlePredictor, load, predict
from pipeline.domain.analysis import AnalysisState, SeriesOutcome
from pipeline.domain.finding import Finding, Side
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.priority import prioritise
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.phantom import Haemorrhage, PhantomSeries, PhantomStudy
from pipeline.phantom.geometry import places
from pipeline.phantom.render import slices
from pipeline.stages.measure import measure

LEAST_DICE = 0.999
LARGE_ML = 1.0
_PIXEL_MM, _SLICE_MM = 1.25, 5.0
_WINDOWS = ((0.0, 80.0, -2.0, 2.0), (-100.0, 220.0, -100 / 60 - 0.6, 220 / 60 - 0.6))
"""HU from and to, and what they become: `models.inference.windows` as ranges of `ScaleIntensityRanged`."""


@dataclass(frozen=True)
class Answer:
    """What one path made of a volume."""

    labels: np.ndarray
    findings: tuple[Finding, ...]
    seconds: float


def phantom_volume(count: int, blood_ml: float, seed: int) -> Volume:
    """A head CT of so many slices with blood on the left, from the phantom's own geometry."""
    series = PhantomSeries(images=count, spacing_mm=round(160.0 / count, 3))
    blood = Haemorrhage(blood_ml, Side.LEFT) if blood_ml else None
    hu = np.stack(list(slices(PhantomStudy(seed=seed, series=(series,), haemorrhage=blood), series, "ncct")))
    first = places(series)[0]
    steps = (first.pixel_mm, 0, 0), (0, first.pixel_mm, 0), (0, 0, series.spacing_mm)
    return Volume(hu, PatientFromVoxel.from_columns(*steps, first.ImagePositionPatient), VoxelUnit.HU)


def ours(predictor: BundlePredictor, volume: Volume, device: str) -> Answer:
    """The service's path, measured lesions included."""
    _finish(device)
    began = time.perf_counter()
    prediction = predict(predictor, volume)
    _finish(device)
    seconds = time.perf_counter() - began
    return Answer(prediction.labels, measure(prediction, volume), seconds)


class StockMonai:
    """The same network behind MONAI's own transforms and sliding window, in fp32."""

    def __init__(self, bundle: registry.BundleInfo, device: str) -> None:
        parser = ConfigParser()
        parser.read_config(str(bundle.folder / "configs" / "inference.json"))
        parser["bundle_root"], parser["device"] = str(bundle.folder), device
        self._network = parser.get_parsed_content("network").eval()
        self._threshold = float(parser.get("operating")["threshold"])
        self._device = device
        keys = [f"window{n}" for n in range(len(_WINDOWS))]
        self._before = Compose([
            EnsureChannelFirstd("image", channel_dim="no_channel"),
            Spacingd("image", pixdim=(_PIXEL_MM, _PIXEL_MM, _SLICE_MM), mode="bilinear"),
            CopyItemsd("image", times=len(_WINDOWS), names=keys),
            *(ScaleIntensityRanged(key, *window, clip=True) for key, window in zip(keys, _WINDOWS, strict=True)),
            Lambdad(keys, _with_neighbours),
            ConcatItemsd(keys, name="input"),
        ])  # fmt: skip
        self._inferer = SliceInferer(roi_size=(192, 192), sw_batch_size=4, spatial_dim=2, overlap=0.25)

    @torch.no_grad()
    def run(self, volume: Volume) -> tuple[np.ndarray, float]:
        """The mask on the volume's voxels, and the seconds it took."""
        _finish(self._device)
        began = time.perf_counter()
        affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.patient_from_voxel.matrix
        # [row, column, slice], as the network was taught to see them
        image = MetaTensor(
            torch.from_numpy(volume.voxels.transpose(1, 2, 0).astype(np.float32)), affine=affine[:, [1, 0, 2, 3]]
        )
        inputs = self._before({"image": image})["input"]
        logits = self._inferer(inputs[None].as_tensor().to(self._device), self._network)
        probability = logits.softmax(1)[:, 1:].sum(1, keepdim=True)
        shape = volume.voxels.shape[1:] + volume.voxels.shape[:1]
        back = torch.nn.functional.interpolate(probability, size=shape, mode="trilinear", align_corners=False)
        mask = (back[0, 0] >= self._threshold).cpu().numpy().transpose(2, 0, 1)
        ndimage.label(mask, structure=np.ones((3, 3, 3)))
        return mask, time.perf_counter() - began


def _with_neighbours(windowed: Any) -> Any:
    """Three channels a slice: the one below, itself, the one above (the ends repeat)."""
    last = windowed.shape[-1] - 1
    below = torch.arange(-1, last).clamp(min=0)
    above = torch.arange(1, last + 2).clamp(max=last)
    return torch.cat([windowed[..., below], windowed, windowed[..., above]], dim=0)


def dice(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Pooled over all cases; 1 when both are empty everywhere."""
    both = sum(int((a & b).sum()) for a, b in zip(one, other, strict=True))
    total = sum(int(a.sum()) + int(b.sum()) for a, b in zip(one, other, strict=True))
    return 2 * both / total if total else 1.0


def tier(findings: Sequence[Finding]) -> str:
    """The tier of a case with these findings and no request."""
    outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=tuple(findings))
    return prioritise([outcome], None, datetime.now(UTC)).tier.value


def large(findings: Sequence[Finding]) -> int:
    """How many components of at least 1 mL there are."""
    return sum(finding.volume_ml >= LARGE_ML for finding in findings)


def compared(bundle: registry.BundleInfo, device: str, counts: Sequence[int], runs: int) -> dict[str, Any]:
    """Seconds by slices and path, and how well ours agrees with its fp32 reference."""
    predictor, stock = load(bundle, device), StockMonai(bundle, device)
    exactly = load(bundle, device, {"segmenter::reduced": False})
    rows, fast, reference, monai, same_tier, same_large = [], [], [], [], True, True
    for count in counts:
        for blood_ml, seed in ((30.0, 1), (2.5, 2), (0.0, 3)):
            volume = phantom_volume(count, blood_ml, seed)
            one, exact = ours(predictor, volume, device), ours(exactly, volume, device)
            fast.append(one.labels > 0)
            reference.append(exact.labels > 0)
            monai.append(stock.run(volume)[0])
            same_tier &= tier(one.findings) == tier(exact.findings)
            same_large &= large(one.findings) == large(exact.findings)
        volume = phantom_volume(count, 30.0, 1)
        rows.append(_timed(count, runs, {
            "ours": lambda v=volume: ours(predictor, v, device).seconds,
            "ours_fp32": lambda v=volume: ours(exactly, v, device).seconds,
            "monai": lambda v=volume: stock.run(v)[1],
        }))  # fmt: skip
    return {
        "device": torch.cuda.get_device_name()
        if device.startswith("cuda")
        else f"cpu, {torch.get_num_threads()} threads",
        "bundle": f"{bundle.id} {bundle.version}",
        "rows": rows,
        "dice_with_fp32": round(dice(fast, reference), 5),
        "dice_monai_with_fp32": round(dice(monai, reference), 5),
        "same_components_from_1_ml": same_large,
        "same_tiers": same_tier,
    }


def _timed(count: int, runs: int, paths: dict[str, Callable[[], float]]) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(runs):
        for name, run in paths.items():
            seconds[name].append(run())
    medians = {f"{name}_s": round(statistics.median(some), 3) for name, some in seconds.items()}
    return {"slices": count, **medians, "times_faster": round(medians["monai_s"] / max(medians["ours_s"], 1e-6), 1)}


def _finish(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def main() -> int:
    """Measure on every device there is; 1 when ours does not agree with its reference."""
    cli = argparse.ArgumentParser(prog="benchmarks.inference")
    cli.add_argument("--bundle", default="ich-ct")
    cli.add_argument("--device", default="auto", help="auto (all there are), cpu, cuda")
    cli.add_argument("--slices", type=int, nargs="+", default=[40, 200])
    cli.add_argument("--runs", type=int, default=5)
    cli.add_argument("--json", type=Path)
    chosen = cli.parse_args()
    bundle = registry.find(chosen.bundle)
    wanted = ["cpu", "cuda"] if chosen.device == "auto" else [chosen.device]
    measured: dict[str, Any] = {}
    for device in wanted:
        if device.startswith("cuda") and not torch.cuda.is_available():
            measured[device] = "not measured: python -m benchmarks.inference --device cuda"
            continue
        measured[device] = compared(bundle, device, chosen.slices, chosen.runs)
    text = json.dumps(measured, indent=1)
    sys.stdout.write(f"{text}\n")
    if chosen.json:
        chosen.json.write_text(text)
    done = [one for one in measured.values() if isinstance(one, dict)]
    agrees = all(
        one["dice_with_fp32"] >= LEAST_DICE and one["same_components_from_1_ml"] and one["same_tiers"] for one in done
    )
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
