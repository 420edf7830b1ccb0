"""The large arteries of the phantom head, bright on CT angiography."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.plane import Plane, Tube, mirrored, paint
from pipeline.phantom.tissue import Tissue

Point = tuple[float, float, float]

_LEFT: tuple[tuple[float, tuple[Point, ...]], ...] = (
    (2.6, ((30, 2, -80), (28, 0, -45), (22, -4, -34), (14, -12, -20), (12, -12, -10))),  # internal carotid
    (1.9, ((12, -12, -10), (22, -14, -7), (34, -14, -6), (42, -12, 2))),  # middle cerebral, M1
    (1.4, ((42, -12, 2), (42, 0, 14), (50, 14, 26), (56, 26, 36))),
    (1.4, ((42, -12, 2), (43, -20, 14), (48, -28, 28), (50, -34, 40))),
    (1.3, ((42, -12, 2), (44, -6, 20), (54, -6, 34), (52, -8, 52))),
    (1.5, ((12, -12, -10), (5, -20, -8), (2.5, -26, -4))),  # anterior cerebral
    (1.3, ((2.5, -26, -4), (2.5, -46, 12), (2.5, -46, 34), (2.5, -28, 52), (2.5, 5, 58))),
    (1.5, ((0, 5, -8), (12, 8, -6), (20, 22, -3), (16, 44, 4), (12, 66, 10))),  # posterior cerebral
    (1.6, ((14, 22, -90), (14, 26, -62), (6, 14, -46), (0, 8, -36))),  # vertebral
)
_MIDLINE: tuple[tuple[float, tuple[Point, ...]], ...] = (
    (1.9, ((0, 8, -36), (0, 5, -22), (0, 5, -8))),  # basilar
    (3.2, ((0, -78, 50), (0, -40, 83), (0, 10, 87), (0, 60, 62), (0, 80, 24))),  # superior sagittal sinus
)


def draw_vessels(labels: NDArray[np.uint8], plane: Plane) -> None:
    """Paint every artery the plane cuts, in place."""
    for tube in _TUBES:
        paint(labels, plane, tube, Tissue.VESSEL)


def _tubes(lines: tuple[tuple[float, tuple[Point, ...]], ...]) -> list[Tube]:
    return [Tube(start, end, radius) for radius, line in lines for start, end in pairwise(line)]


_TUBES = (*(half for tube in _tubes(_LEFT) for half in mirrored(tube)), *_tubes(_MIDLINE))
