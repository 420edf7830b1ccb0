"""From the network's probability to lesions on the volume's own voxels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.inference.components import SINGLE_SLICE_MM, Box, Component, box_of, numbered, only, voxel_ml
from models.inference.frame import Frame
from models.inference.operating import Operating
from models.inference.sites import LesionVoxels, by_site
from models.inference.straighten import corner_of, interpolated
from pipeline.domain.geometry import PatientFromVoxel

WHOLE_MM = 100.0
"""A scan of this height shows the whole of a lesion; of what is lower, a slice above all, it shows a share."""

SLICES_AT_ONCE = 32
"""Source slices interpolated together: bounds memory where there are thousands."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What the network said, on its own voxels: lesion probability [k, j, i] and, of a network that
    tells sites apart, the probability of each, [site, k, j, i]."""

    lesion: Tensor
    sites: Tensor | None = None


def find_lesions(field: Field, frame: Frame, operating: Operating) -> tuple[NDArray[np.uint8], tuple[Component, ...]]:
    """Numbered lesions on the upright voxels, and what they are, with calibrated confidence."""
    labels = frame.turned.blank()
    box = _source_box(field.lesion >= operating.threshold, frame)
    if box is None:
        return labels, ()
    mask, percent = _in_box(field.lesion, frame, box, operating.threshold)
    each = _each_ml(frame)
    least = (operating.minimum_ml, round(operating.peak * 255), operating.least_mean * 255)
    inside, found = numbered(mask, percent, each, *least)
    if field.sites is not None and found:
        places = torch.nonzero(inside)
        new, found = by_site(_lesion_voxels(inside, places, box, field.sites, frame), found, each)
        inside[tuple(places.T)] = torch.from_numpy(new).to(inside.device)
        share = min(1.0, _height_mm(frame) / WHOLE_MM)
        inside, found = only(inside, found, lambda one: one.volume_ml >= share * operating.least_ml(one.site))
    labels[box] = inside.cpu().numpy()
    return labels, tuple(
        replace(one, confidence=operating.lesion.probability(one.confidence / 255, one.volume_ml, one.site))
        for one in found
    )


def _height_mm(frame: Frame) -> float:
    slices, slice_mm = frame.source.shape_kji[0], frame.turned.patient_from_voxel.spacing_mm[2]
    return slices * slice_mm if slices > 1 else max(slice_mm, SINGLE_SLICE_MM)


def _each_ml(frame: Frame) -> float:
    affine = frame.turned.patient_from_voxel
    return voxel_ml(affine.voxel_volume_ml, frame.source.shape_kji[0], affine.spacing_mm[2])


def _source_box(marked: Tensor, frame: Frame) -> Box | None:
    """Source voxels that interpolation from marked network voxels can reach."""
    inner = box_of(marked)
    if inner is None:
        return None
    # One voxel on: a linear interpolation reaches as far as its neighbour's centre.
    ends = [(one.start - 1.0, float(one.stop)) for one in inner]
    corners = np.array([[i, j, k] for k in ends[0] for j in ends[1] for i in ends[2]])
    world = PatientFromVoxel(frame.patient_from_network).patient_mm(corners)
    places = frame.turned.patient_from_voxel.voxel_ijk(world)[:, ::-1]
    low, high = np.floor(places.min(0)).astype(int), np.ceil(places.max(0)).astype(int) + 1
    spans = [slice(max(0, int(a)), min(n, int(b))) for a, b, n in zip(low, high, frame.source.shape_kji, strict=True)]
    return (spans[0], spans[1], spans[2]) if all(one.start < one.stop for one in spans) else None


def on_source(values: Tensor, frame: Frame) -> Tensor:
    """The network's values on all upright voxels of the volume."""
    whole = tuple(slice(0, n) for n in frame.source.shape_kji)
    return torch.cat([block for _, block in _blocks(values, frame, (whole[0], whole[1], whole[2]))])


def _in_box(lesion: Tensor, frame: Frame, box: Box, threshold: float) -> tuple[Tensor, Tensor]:
    """Mask, and probability from 0 to 255, on the source voxels of a box."""
    blocks = [(block >= threshold, (block * 255).round().to(torch.uint8)) for _, block in _blocks(lesion, frame, box)]
    mask, percent = (torch.cat(kind) for kind in zip(*blocks, strict=True))
    return mask, percent


def _blocks(values: Tensor, frame: Frame, box: Box) -> Iterator[tuple[slice, Tensor]]:
    """``values`` of the network's voxels on the source's, a few slices at a time."""
    for first in range(box[0].start, box[0].stop, SLICES_AT_ONCE):
        slices = slice(first, min(first + SLICES_AT_ONCE, box[0].stop))
        part = (slices, box[1], box[2])
        yield slices, interpolated(values, frame.patient_from_network, frame.source.matrix, part)


def _lesion_voxels(labels: Tensor, places: Tensor, box: Box, sites: Tensor, frame: Frame) -> LesionVoxels:
    """Lesion voxels at places [n, 3] (k, j, i) of a box, with the class probabilities of the network voxel there."""
    step = np.linalg.inv(frame.patient_from_network) @ frame.source.matrix @ corner_of(box)
    turn, shift = (torch.from_numpy(part).to(labels.device) for part in (step[:3, :3].T.copy(), step[:3, 3].copy()))
    network = (places.flip(1).double() @ turn + shift).flip(1).round().long()
    k, j, i = (network[:, axis].clamp(0, sites.shape[axis + 1] - 1) for axis in range(3))
    return LesionVoxels(labels[tuple(places.T)].cpu().numpy(), sites[:, k, j, i].float().cpu().numpy().T)


def uncertainty_map(lesion: Tensor, frame: Frame, operating: Operating) -> NDArray[np.uint8]:
    """How unsure each upright voxel is, uint8: 0 is sure, 255 is even odds.

    The binary entropy of the mean over the mirrored looks, which is their own mean entropy plus their
    disagreement (the mutual information), after calibration.
    """
    logits = torch.logit(lesion, 1e-6) * operating.voxel.scale + operating.voxel.shift
    odds = torch.sigmoid(logits)
    entropy = -(torch.xlogy(odds, odds) + torch.xlogy(1 - odds, 1 - odds)) / float(np.log(2))
    # Where no lesion may lie nothing was asked, so nothing is unsure.
    entropy = entropy * (lesion > 0)
    k, j, i = frame.source.shape_kji
    unsure = frame.turned.blank()
    for slices, block in _blocks(entropy, frame, (slice(0, k), slice(0, j), slice(0, i))):
        unsure[slices] = (block * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return unsure
