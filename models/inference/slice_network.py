"""Segment haemorrhage slice by slice with a 2D network that sees each slice's neighbours."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.inference.components import numbered, voxel_ml
from models.inference.inputs import check_ct
from models.inference.orientation import tilt_degrees, upright
from models.inference.segmentation import Segmentation
from models.inference.skull import intracranial
from models.inference.slices import SlicePlan, network_slices, plan_slices, source_probability
from models.inference.straighten import LARGEST_TILT_DEGREES, resampled, straight_grid
from models.inference.windows import triples, windowed
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.ports import NO_COMPANIONS, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, Voxels

AIR_HU = -1000.0
HEAD_MARGIN_PIXELS = 6
MULTIPLE = 8
"""The network halves rows and columns three times."""

SCORED_MM2 = 100.0
"""The scan's probability is the mean over its most suspicious square centimetre of slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Operating:
    """The operating point: probability threshold, least lesion, and scan calibration.

    A lesion reaches out to ``threshold`` but must somewhere reach ``peak``.
    ``inside_skull`` leaves out what lies outside the skull. ``scan_scale`` and ``scan_shift`` turn the
    logit of the scan score into that of its probability.
    """

    threshold: float = 0.5
    peak: float = 0.5
    minimum_ml: float = 0.3
    inside_skull: bool = True
    scan_scale: float = 1.0
    scan_shift: float = 0.0


class SliceNetwork:
    """A 2D network over windowed slice triples, behind true geometry."""

    def __init__(
        self, network: torch.nn.Module, operating: Operating, *, mirror: bool = True, slices_at_once: int = 8
    ) -> None:
        self._network = network.eval()
        self._operating = operating
        self._mirror = mirror
        self._at_once = slices_at_once
        self._device = next(network.parameters()).device

    def steps(
        self,
        volume: Volume,
        companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS,  # noqa: ARG002 - reads one volume
    ) -> Iterator[Step | Segmentation]:
        """Read, look at the slices a few at a time, then number the lesions."""
        started = time.monotonic()
        flags = check_ct(volume)
        turned = upright(volume)
        voxels, straight = self._straightened(turned.voxels, turned.patient_from_voxel)
        spacing = PatientFromVoxel(straight).spacing_mm
        plan = plan_slices((voxels.shape[0], voxels.shape[1], voxels.shape[2]), spacing)
        hu = network_slices(voxels, plan, self._device)
        read = time.monotonic()
        yield Step("read", 0.1)
        probability = torch.zeros(plan.network_kji)
        for done, first, values in self._looked_at(hu):
            probability[first : first + len(values)] = values
            yield Step("network", 0.1 + 0.8 * done)
        if self._operating.inside_skull:
            probability *= torch.from_numpy(intracranial(hu.cpu().numpy(), plan.spacing_kji_mm[1]))
        looked = time.monotonic()
        source = self._on_source(probability, plan, straight, turned.patient_from_voxel, turned.voxels.shape)
        thickness = turned.patient_from_voxel.spacing_mm[2]
        each = voxel_ml(volume.patient_from_voxel.voxel_volume_ml, len(source), thickness)
        mask = source >= self._operating.threshold
        labels, components = numbered(mask, source, each, self._operating.minimum_ml, self._operating.peak)
        seconds = {"read": read - started, "network": looked - read, "lesions": time.monotonic() - looked}
        yield Segmentation(turned.back(labels), components, self._scan_probability(probability, plan), flags, seconds)

    def _straightened(self, voxels: Voxels, affine: PatientFromVoxel) -> tuple[Voxels, NDArray[np.float64]]:
        if len(voxels) == 1 or tilt_degrees(affine.matrix) <= LARGEST_TILT_DEGREES:
            return voxels, affine.matrix
        shape = (voxels.shape[0], voxels.shape[1], voxels.shape[2])
        matrix, straight_shape = straight_grid(affine.matrix, shape)
        source = torch.from_numpy(np.ascontiguousarray(voxels, dtype=np.float32))
        return resampled(source, affine.matrix, matrix, straight_shape, AIR_HU).numpy(), matrix

    @torch.no_grad()
    def _looked_at(self, hu: Tensor) -> Iterator[tuple[float, int, Tensor]]:
        """Share done, first slice and blood probability [n, j, i] of each few slices."""
        rows, columns = _head_box(hu)
        inputs = triples(hu[:, rows, columns])
        for first in range(0, len(hu), self._at_once):
            part = self._probability(windowed(inputs[first : first + self._at_once]))
            whole = torch.zeros(len(part), *hu.shape[1:])
            whole[:, rows, columns] = part.cpu()
            yield min(1.0, (first + self._at_once) / len(hu)), first, whole

    def _probability(self, inputs: Tensor) -> Tensor:
        rows, columns = inputs.shape[-2:]
        padding = (0, -columns % MULTIPLE, 0, -rows % MULTIPLE)
        padded = functional.pad(inputs, padding, mode="replicate").contiguous(memory_format=torch.channels_last)
        probability = self._softmax(padded)
        if self._mirror:
            probability = (probability + self._softmax(padded.flip(-1)).flip(-1)) / 2
        return probability[:, :rows, :columns]

    def _softmax(self, inputs: Tensor) -> Tensor:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=_bfloat16_pays(self._device)):
            logits = self._network(inputs)
        probability: Tensor = logits.float().softmax(1)[:, 1]
        return probability

    def _on_source(
        self,
        probability: Tensor,
        plan: SlicePlan,
        straight: NDArray[np.float64],
        affine: PatientFromVoxel,
        shape: tuple[int, ...],
    ) -> NDArray[np.float32]:
        blocks = [
            source_probability(probability, plan, first, min(first + 32, plan.source_kji[0]))
            for first in range(0, plan.source_kji[0], 32)
        ]
        whole = torch.cat(blocks)
        if straight is not affine.matrix:
            whole = resampled(whole, straight, affine.matrix, (shape[0], shape[1], shape[2]), 0.0)
        source: NDArray[np.float32] = whole.numpy()
        return source

    def _scan_probability(self, probability: Tensor, plan: SlicePlan) -> float:
        count = max(1, min(probability.numel(), round(SCORED_MM2 / plan.pixel_mm2)))
        score = float(probability.flatten().topk(count).values.mean().clamp(1e-6, 1 - 1e-6))
        logit = np.log(score / (1 - score)) * self._operating.scan_scale + self._operating.scan_shift
        return float(1 / (1 + np.exp(-logit)))


def _head_box(hu: Tensor) -> tuple[slice, slice]:
    """Rows and columns that hold anything but air, with a margin."""
    tissue = (hu > -300).float().mean(0) > 0.0
    if not bool(tissue.any()):
        return slice(0, hu.shape[1]), slice(0, hu.shape[2])
    return _span(tissue.any(1)), _span(tissue.any(0))


def _span(used: Tensor) -> slice:
    places = torch.nonzero(used)[:, 0]
    first, last = int(places[0]) - HEAD_MARGIN_PIXELS, int(places[-1]) + 1 + HEAD_MARGIN_PIXELS
    return slice(max(0, first), min(len(used), last))


def _bfloat16_pays(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 - no public question exists
