"""Segment lesions slice by slice with a 2D network that sees each slice's neighbours."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.inference.components import box_of
from models.inference.ct_scan import CTReader
from models.inference.frame import Frame
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


AT_ONCE = {"cpu": 4}
"""Slices in one step on each kind of device: two seconds are the most that an urgent job may wait on two cores."""

AT_ONCE_ELSEWHERE = 16

REPEATED = 32
"""On a graphics processor inputs are padded to multiples of this: each new size costs a search for the fastest code."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Class probability [class, n, j, i], without background, of some slices in the scan's box."""

    slices: slice
    classes: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The network's probabilities of a volume, and where they lie."""

    field: Field
    frame: Frame


class SliceNetwork:
    """A 2D network over slice triples, behind true geometry.

    The network's output is background and then its classes; five of them are the sites of blood.
    ``uncertainty`` adds the map that says where it is unsure. ``slices_at_once`` and ``reduced`` (bfloat16
    in the place of float32) are by default what pays on the network's device.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        operating: Operating,
        *,
        reader: ScanReader = HEAD_CT,
        mirror: bool = True,
        uncertainty: bool = False,
        slices_at_once: int | None = None,
        reduced: bool | None = None,
    ) -> None:
        self._network = network.eval()
        self.operating = operating
        self._reader = reader
        self._mirror = mirror
        self._uncertainty = uncertainty
        self._device = next(network.parameters()).device
        self._at_once = slices_at_once or AT_ONCE.get(self._device.type, AT_ONCE_ELSEWHERE)
        self._reduced = bfloat16_pays(self._device) if reduced is None else reduced

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Segmentation]:
        """Read, look at the slices a few at a time, then number the lesions: all on the network's device.

        What leaves it is a figure here and there, the numbered mask where lesions are, and the map if wanted.
        """
        started = time.monotonic()
        scan = self._reader.read(volume, companions, self._device)
        read = time.monotonic()
        yield Step("read", 0.1)
        parts = []
        for done, part in self._looked_at(scan):
            parts.append(part)
            yield Step("network", 0.1 + 0.8 * done)
        field = self._field(parts, scan)
        looked = time.monotonic()
        labels, components = find_lesions(field, scan.frame, self.operating)
        unsure = uncertainty_map(field.lesion, scan.frame, self.operating) if self._uncertainty else None
        marked_ml = sum(one.volume_ml for one in components)
        yield Segmentation(
            labels=scan.frame.back(labels),
            components=components,
            scan_probability=self.operating.scan.probability(scan_score(field.lesion, scan.frame.plan), marked_ml),
            flags=scan.flags,
            seconds={"read": read - started, "network": looked - read, "lesions": time.monotonic() - looked},
            out_of_distribution=scan.out_of_distribution,
            uncertainty=None if unsure is None else scan.frame.back(unsure),
        )

    def looked(self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS) -> Looked:
        """What the network says before any line is drawn: to choose operating points by."""
        scan = self._reader.read(volume, companions, self._device)
        return Looked(self._field([part for _, part in self._looked_at(scan)], scan), scan.frame)

    @torch.no_grad()
    def _looked_at(self, scan: Scan) -> Iterator[tuple[float, Part]]:
        """Share done, and what the network says of each few slices."""
        rows, columns = scan.box
        images = scan.images[:, :, rows, columns]
        asked = self._asked(scan)
        for here in self._batches(asked):
            classes = self._probability(self._reader.channels(neighbours(images, here.start, here.stop)))
            yield (here.stop - asked.start) / len(asked), Part(here, classes.transpose(0, 1))

    def _batches(self, asked: range) -> Iterator[slice]:
        """The slices a few at a time; elsewhere than on the processor the last few begin with some already seen.

        So they are as many as before, and no other size has to be prepared for.
        """
        for first in range(asked.start, asked.stop, self._at_once):
            last = min(first + self._at_once, asked.stop)
            yield slice(first if self._device.type == "cpu" else max(asked.start, last - self._at_once), last)

    def _asked(self, scan: Scan) -> range:
        """The slices worth looking at: from the first to the last where a lesion can lie."""
        box = box_of(scan.inside) if self.operating.inside_skull else None
        return range(scan.images.shape[1]) if box is None else range(box[0].start, box[0].stop)

    def _probability(self, inputs: Tensor) -> Tensor:
        """Class probability [n, class, j, i] without background, of inputs [n, channel, j, i]."""
        rows, columns = inputs.shape[-2:]
        multiple = MULTIPLE if self._device.type == "cpu" else REPEATED
        padded = functional.pad(inputs, (0, -columns % multiple, 0, -rows % multiple), mode="replicate")
        if not self._mirror:
            return self._softmax(padded)[..., :rows, :columns]
        straight, mirrored = self._softmax(torch.cat((padded, padded.flip(-1)))).chunk(2)
        return ((straight + mirrored.flip(-1)) / 2)[..., :rows, :columns]

    def _softmax(self, inputs: Tensor) -> Tensor:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._reduced):
            logits = self._network(inputs.contiguous(memory_format=torch.channels_last))
        probability: Tensor = logits.float().softmax(1)[:, 1:]
        return probability

    def _field(self, parts: Sequence[Part], scan: Scan) -> Field:
        """What the network said, on all its voxels; 0 where it was not asked or a lesion cannot lie."""
        classes = scan.images.new_zeros((parts[0].classes.shape[0], *scan.frame.plan.network_kji))
        for part in parts:
            classes[:, part.slices, scan.box[0], scan.box[1]] = part.classes
        if self.operating.inside_skull:
            classes *= scan.inside
        named = self.operating.names_sites and len(classes) == len(SITES)
        return Field(classes.sum(0), classes if named else None)


def scan_score(lesion: Tensor, plan: SlicePlan) -> float:
    """Mean probability over the most suspicious square centimetre, of [k, j, i]."""
    count = max(1, min(lesion.numel(), round(SCORED_MM2 / plan.pixel_mm2)))
    return float(lesion.flatten().topk(count).values.mean())


def bfloat16_pays(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 faster than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 - no public question exists
