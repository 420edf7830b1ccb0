"""A volume's voxels kept where the network runs, and read from there slice by slice."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.inference.slices import SliceReader
from pipeline.domain.volume import Voxels

AT_ONCE = 16
"""Slices staged together: while some cross to the device, the next are copied for it."""

AS_THEY_ARE = (np.dtype(np.int16), np.dtype(np.uint8), np.dtype(np.float32))
"""Types that cross without conversion; scanners write the first."""


def stored(voxels: Voxels, device: torch.device) -> SliceReader:
    """Read slices of an array [k, j, i], converted to float32 only when asked for.

    On a graphics processor the array crosses once, as it is; on the processor it stays where it lies.
    """
    if device.type == "cpu":
        return lambda first, last: torch.from_numpy(np.array(voxels[first:last], dtype=np.float32, order="C"))
    kept = uploaded(voxels, device)
    return lambda first, last: kept[first:last].float()


def uploaded(voxels: Voxels, device: torch.device) -> Tensor:
    """The array on a device, through page-locked memory."""
    kind = voxels.dtype if voxels.dtype in AS_THEY_ARE else np.dtype(np.float32)
    like = torch.from_numpy(np.empty(0, kind))
    # torch keeps page-locked memory for the next scan of this size: to lock it anew would take longer than to copy.
    staged = torch.empty(voxels.shape, dtype=like.dtype, pin_memory=device.type == "cuda")
    kept = torch.empty(voxels.shape, dtype=like.dtype, device=device)
    for first in range(0, len(voxels), AT_ONCE):
        part = staged[first : first + AT_ONCE]
        np.copyto(part.numpy(), voxels[first : first + AT_ONCE], casting="unsafe")
        kept[first : first + AT_ONCE].copy_(part, non_blocking=True)
    return kept
