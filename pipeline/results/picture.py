"""A key image: one slice in a reader's window, the lesions' outlines, the patient's sides, the banner."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.geometry import orientation_letters
from pipeline.results.letters import LETTER_STEP, written
from pipeline.results.outlines import Outline

Picture = NDArray[np.uint8]

SIDE_AT_LEAST: Final = 512
"""Smaller slices are enlarged by whole numbers, so that lines and letters stay sharp."""
_WHITE: Final = (235, 235, 235)
_LINE: Final = (56, 214, 255)
_AMBER: Final = (255, 196, 61)
_MARGIN: Final = 6
_BANNER_SIZE: Final = 2


def windowed(values: NDArray[Any], centre: float, width: float) -> NDArray[np.uint8]:
    """Measured values as grey 0 to 255 through a linear window (PS3.3 C.11.2.1.2.1)."""
    scaled = (values.astype(np.float32) - (centre - 0.5)) / max(width - 1.0, 1.0) + 0.5
    grey: NDArray[np.uint8] = (np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return grey


def enlargement(rows: int, columns: int) -> int:
    """How many screen pixels a pixel of the slice becomes along each side."""
    return max(1, -(-SIDE_AT_LEAST // max(rows, columns)))


def key_picture(
    grey: NDArray[np.uint8],
    lines: Sequence[Outline],
    orientation: Sequence[float],
    words: tuple[str, str],
) -> Picture:
    """The picture ``[row, column, rgb]``: a strip of words above, the slice, a strip of words below.

    ``orientation`` is ImageOrientationPatient. The slice itself is untouched except for outlines and
    the letters of the patient's sides, which stand on all four edges.
    """
    times = enlargement(*grey.shape)
    slice_ = np.repeat(np.repeat(grey, times, axis=0), times, axis=1)
    picture = np.repeat(slice_[..., None], 3, axis=2)
    for line in lines:
        _draw(picture, line, times)
    _name_sides(picture, orientation)
    above, below = (_strip(text, picture.shape[1]) for text in words)
    return np.concatenate([above, picture, below])


def _draw(picture: Picture, line: Outline, times: int) -> None:
    """A closed line along pixel edges, two screen pixels wide."""
    for (x0, y0), (x1, y1) in pairwise(line):
        rows = slice(max(min(y0, y1) * times - 1, 0), max(y0, y1) * times + 1)
        columns = slice(max(min(x0, x1) * times - 1, 0), max(x0, x1) * times + 1)
        picture[rows, columns] = _LINE


def _name_sides(picture: Picture, orientation: Sequence[float]) -> None:
    rows, columns = picture.shape[:2]
    to_right, to_bottom = np.array(orientation[:3]), np.array(orientation[3:])
    for direction, (x, y) in (
        (-to_right, (_MARGIN, rows // 2)), (to_right, (columns - _MARGIN, rows // 2)),
        (-to_bottom, (columns // 2, _MARGIN)), (to_bottom, (columns // 2, rows - _MARGIN)),
    ):  # fmt: skip
        _write(picture, written(orientation_letters(direction), 3), x, y)


def _write(picture: Picture, letters: NDArray[np.bool_], x: int, y: int) -> None:
    """Letters inside the picture, as near to ``(x, y)`` as fits, on black, so that they can be read on bone."""
    height, width = letters.shape
    top = min(max(y - height // 2, _MARGIN), picture.shape[0] - height - _MARGIN)
    left = min(max(x - width // 2, _MARGIN), picture.shape[1] - width - _MARGIN)
    picture[top - 2 : top + height + 2, left - 2 : left + width + 2] = 0
    picture[top : top + height, left : left + width][letters] = _WHITE


def _strip(words: str, width: int) -> Picture:
    """A black strip with words as large as can be read beside the picture, on as many lines as they need."""
    a_line = (width - 2 * _MARGIN) // (LETTER_STEP * _BANNER_SIZE)
    lines = [written(line, _BANNER_SIZE) for line in textwrap.wrap(words, a_line)]
    strip = np.zeros((sum(len(line) + _MARGIN for line in lines) + _MARGIN, width, 3), dtype=np.uint8)
    top = _MARGIN
    for line in lines:
        strip[top : top + line.shape[0], _MARGIN : _MARGIN + line.shape[1]][line] = _AMBER
        top += line.shape[0] + _MARGIN
    return strip
