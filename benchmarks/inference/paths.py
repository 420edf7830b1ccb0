"""The paths that are compared: ours, and the stock MONAI one with the same network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
from models.predict import BundlePredictor
from pipeline.domain.finding import Finding
from pipeline.domain.ports import Prediction
from pipeline.domain.volume import Volume
from pipeline.stages.measure import measure

PIXEL_MM, SLICE_MM = 1.25, 5.0
WINDOWS = ((0.0, 80.0, -2.0, 2.0), (-100.0, 220.0, -100 / 60 - 0.6, 220 / 60 - 0.6))
"""HU from and to, and what they become: `models.inference.windows` as ranges of `ScaleIntensityRanged`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a path made of a volume, and the seconds of each of its steps in order."""

    labels: np.ndarray
    findings: tuple[Finding, ...]
    steps: tuple[tuple[str, float], ...]

    @property
    def seconds(self) -> float:
        """From decoded slices to findings."""
        return sum(seconds for _, seconds in self.steps)

    @property
    def longest_step(self) -> float:
        """What an urgent job would have to wait at most."""
        return max(seconds for _, seconds in self.steps)


def finish(device: str) -> None:
    """Wait until the device has done what it was asked."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def ours(predictor: BundlePredictor, volume: Volume, device: str) -> Answer:
    """The service's path, step by step, measured lesions included; the device is waited for after each step."""
    finish(device)
    steps: list[tuple[str, float]] = []
    began = time.perf_counter()

    def took(name: str) -> None:
        nonlocal began
        finish(device)
        steps.append((name, time.perf_counter() - began))
        began = time.perf_counter()

    for said in predictor.steps(volume):
        if isinstance(said, Prediction):
            took("lesions")
            findings = measure(said, volume)
            took("measure")
            return Answer(said.labels, findings, tuple(steps))
        took(said.name)
    raise RuntimeError("no prediction")


@contextmanager
def exact() -> Iterator[None]:
    """Convolutions in true float32: by default torch lets a GPU round their inputs to TF32."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


class StockMonai:
    """The same network behind MONAI's own transforms and sliding window, in fp32 as torch does that by default."""

    def __init__(self, bundle: registry.BundleInfo, device: str, settings: Mapping[str, Any]) -> None:
        parser = ConfigParser()
        parser.read_config(str(bundle.folder / "configs" / "inference.json"))
        parser["bundle_root"], parser["device"] = str(bundle.folder), device
        for name, value in settings.items():
            parser[name] = value
        self._network = parser.get_parsed_content("network").eval()
        self._threshold = float(parser.get("operating")["threshold"])
        self._device = device
        keys = [f"window{n}" for n in range(len(WINDOWS))]
        self._before = Compose([
            EnsureChannelFirstd("image", channel_dim="no_channel"),
            Spacingd("image", pixdim=(PIXEL_MM, PIXEL_MM, SLICE_MM), mode="bilinear"),
            CopyItemsd("image", times=len(WINDOWS), names=keys),
            *(ScaleIntensityRanged(key, *window, clip=True) for key, window in zip(keys, WINDOWS, strict=True)),
            Lambdad(keys, _with_neighbours),
            ConcatItemsd(keys, name="input"),
        ])  # fmt: skip
        self._inferer = SliceInferer(roi_size=(192, 192), sw_batch_size=4, spatial_dim=2, overlap=0.25)

    @torch.no_grad()
    def run(self, volume: Volume) -> tuple[np.ndarray, float]:
        """The mask on the volume's voxels with its components counted, and the seconds it took."""
        finish(self._device)
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
