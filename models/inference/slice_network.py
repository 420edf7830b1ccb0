"""Segment lesions slice by slice with a 2D network that sees each slice's neighbours."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from models.inference.ct_scan import CTReader
from models.inference.lesions import Field, find_lesions, uncertainty_map
from models.inference.operating import Operating
from models.inference.scan import Scan, ScanReader, neighbours
from models.inference.segmentation import Segmentation
from models.inference.sites import SITES
from models.inference.slices import SlicePlan
from pipeline.domain.ports import NO_COMPANIONS, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

MULTIPLE = 8
"""The network halves rows and columns three times."""

SCORED_MM2 = 100.0
"""The scan's probability is the mean over its most suspicious square centimetre of slice."""

HEAD_CT = CTReader()


class SliceNetwork:
    """A 2D network over slice triples, behind true geometry.

    The network's output is background and then its classes; five of them are the sites of blood.
    ``uncertainty`` adds the map that says where it is unsure.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        operating: Operating,
        *,
        reader: ScanReader = HEAD_CT,
        mirror: bool = True,
        uncertainty: bool = False,
        slices_at_once: int = 8,
    ) -> None:
        self._network = network.eval()
        self._operating = operating
        self._reader = reader
        self._mirror = mirror
        self._uncertainty = uncertainty
        self._at_once = slices_at_once
        self._device = next(network.parameters()).device

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Segmentation]:
        """Read, look at the slices a few at a time, then number the lesions."""
        started = time.monotonic()
        scan = self._reader.read(volume, companions, self._device)
        read = time.monotonic()
        yield Step("read", 0.1)
        parts = []
        for done, classes in self._looked_at(scan):
            parts.append(classes)
            yield Step("network", 0.1 + 0.8 * done)
        field = self._field(torch.cat(parts, dim=1), scan)
        looked = time.monotonic()
        labels, components = find_lesions(field, scan.frame, self._operating)
        unsure = uncertainty_map(field.lesion, scan.frame, self._operating) if self._uncertainty else None
        yield Segmentation(
            labels=scan.frame.back(labels),
            components=components,
            scan_probability=self._operating.scan.probability(scan_score(field.lesion, scan.frame.plan)),
            flags=scan.flags,
            seconds={"read": read - started, "network": looked - read, "lesions": time.monotonic() - looked},
            out_of_distribution=scan.out_of_distribution,
            uncertainty=None if unsure is None else scan.frame.back(unsure),
        )

    @torch.no_grad()
    def _looked_at(self, scan: Scan) -> Iterator[tuple[float, Tensor]]:
        """Share done, and class probability [class, n, j, i] without background, of each few slices."""
        rows, columns = scan.box
        images = scan.images[:, :, rows, columns]
        count, height, width = scan.frame.plan.network_kji
        for first in range(0, count, self._at_once):
            last = min(first + self._at_once, count)
            part = self._probability(self._reader.channels(neighbours(images, first, last)))
            whole = torch.zeros(part.shape[1], last - first, height, width)
            whole[:, :, rows, columns] = part.transpose(0, 1).cpu()
            yield last / count, whole

    def _probability(self, inputs: Tensor) -> Tensor:
        rows, columns = inputs.shape[-2:]
        padding = (0, -columns % MULTIPLE, 0, -rows % MULTIPLE)
        padded = functional.pad(inputs, padding, mode="replicate").contiguous(memory_format=torch.channels_last)
        probability = self._softmax(padded)
        if self._mirror:
            probability = (probability + self._softmax(padded.flip(-1)).flip(-1)) / 2
        return probability[..., :rows, :columns]

    def _softmax(self, inputs: Tensor) -> Tensor:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=_bfloat16_pays(self._device)):
            logits = self._network(inputs)
        probability: Tensor = logits.float().softmax(1)[:, 1:]
        return probability

    def _field(self, classes: Tensor, scan: Scan) -> Field:
        if self._operating.inside_skull:
            classes *= torch.from_numpy(scan.inside)
        named = self._operating.names_sites and len(classes) == len(SITES)
        return Field(classes.sum(0), classes if named else None)


def scan_score(lesion: Tensor, plan: SlicePlan) -> float:
    """Mean probability over the most suspicious square centimetre, of [k, j, i]."""
    count = max(1, min(lesion.numel(), round(SCORED_MM2 / plan.pixel_mm2)))
    return float(lesion.flatten().topk(count).values.mean())


def _bfloat16_pays(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 - no public question exists
