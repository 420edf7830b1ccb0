"""How large an image may be before its pixels are touched."""

from __future__ import annotations

from pipeline.domain.errors import TooLarge

MOST_FRAME_PIXELS = 4096 * 4096
"""Rows x Columns of one frame: four times a detector row of any CT or MR in use."""

MOST_SERIES_VOXELS = 2**28
"""Voxels of one volume: 1,024 slices of 512 x 512, half a gibibyte as 16-bit numbers."""


def check_frame(rows: int, columns: int) -> None:
    """Raise `TooLarge` when one frame's header asks for more than we decode."""
    if rows * columns > MOST_FRAME_PIXELS:
        raise TooLarge(f"an image of {columns} x {rows} pixels is larger than this service decodes")


def check_series(rows: int, columns: int, frames: int) -> None:
    """Raise `TooLarge` when a whole series would be more than we decode."""
    check_frame(rows, columns)
    if rows * columns * frames > MOST_SERIES_VOXELS:
        raise TooLarge(f"{frames} images of {columns} x {rows} pixels are more than this service decodes")
