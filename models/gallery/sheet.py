"""Small pictures of slices, side by side with captions: what the gallery and the benchmarks draw with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Picture = NDArray[np.uint8]
"""Red, green, blue: [row, column, 3]."""

TRUTH, SAID = (90, 220, 90), (255, 80, 60)
SYNTHETIC, REAL = (90, 160, 255), (255, 200, 60)
COLOURS = (TRUTH, SAID, SYNTHETIC, REAL)
CAPTION_PIXELS = 14
GAP_PIXELS = 4
GREYS = 64
"""A page is kept in so many greys and the colours of the outlines: a third of the bytes, and no eye sees it."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture and what stands under it."""

    picture: Picture
    caption: str = ""


def grey(values: NDArray[Any], low: float, high: float) -> Picture:
    """A slice [j, i] between black at ``low`` and white at ``high``."""
    scaled = np.clip((values.astype(np.float32) - low) / max(high - low, 1e-6), 0, 1)
    level = np.rint(scaled * 255).astype(np.uint8)
    return np.repeat(level[:, :, None], 3, axis=2)


def outlined(picture: Picture, mask: NDArray[np.bool_], colour: tuple[int, int, int]) -> Picture:
    """The picture with the border of a mask [j, i] in colour."""
    border = mask & ~ndimage.binary_erosion(mask)
    drawn = picture.copy()
    drawn[border] = colour
    return drawn


def fitted_mask(mask: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.bool_]:
    """A mask scaled as `fitted` scales the picture it belongs to."""
    white = np.repeat(mask[:, :, None].astype(np.uint8) * 255, 3, axis=2)
    return fitted(white, rows, columns)[:, :, 0] > 127


def fitted(picture: Picture, rows: int, columns: int) -> Picture:
    """The picture scaled into a frame of that size, centred on black."""
    scale = min(rows / picture.shape[0], columns / picture.shape[1])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    resized = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    frame = np.zeros((rows, columns, 3), np.uint8)
    top, left = (rows - size[1]) // 2, (columns - size[0]) // 2
    frame[top : top + size[1], left : left + size[0]] = resized
    return frame


def sheet(tiles: Sequence[Tile], columns: int) -> Image.Image:
    """Tiles of one size in rows, each over its caption."""
    rows, (height, width, _) = -(-len(tiles) // columns), tiles[0].picture.shape
    step_y, step_x = height + CAPTION_PIXELS + GAP_PIXELS, width + GAP_PIXELS
    page = Image.new("RGB", (columns * step_x, rows * step_y), (20, 20, 20))
    pen = ImageDraw.Draw(page)
    for n, tile in enumerate(tiles):
        x, y = n % columns * step_x, n // columns * step_y
        page.paste(Image.fromarray(tile.picture), (x, y))
        pen.text((x + 2, y + height + 1), tile.caption, fill=(220, 220, 220))
    return page


def save(page: Image.Image, file: Path) -> None:
    """Write a page as a small PNG."""
    file.parent.mkdir(parents=True, exist_ok=True)
    page.quantize(palette=_palette(), dither=Image.Dither.NONE).save(file, optimize=True)


def _palette() -> Image.Image:
    greys = [(n * 255 // (GREYS - 1),) * 3 for n in range(GREYS)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour in (*greys, *COLOURS) for value in colour])
    return palette
