"""The grey window in which a slice is shown, by what its series measures."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pydicom
from numpy.typing import NDArray

from pipeline.assembly.headers import number, text


class Window(NamedTuple):
    """A linear window (PS3.3 C.11.2.1.2)."""

    centre: float
    width: float


BRAIN = Window(40.0, 80.0)
"""The window in which blood and early ischaemia are looked for on CT, in HU."""


def window_of(header: pydicom.Dataset, values: NDArray[Any] | None = None) -> Window | None:
    """The brain window for CT, the scanner's own for MR, else the middle 98 % of ``values``; None without any."""
    if text(header, "Modality") == "CT":
        return BRAIN
    centre, width = number(header, "WindowCenter"), number(header, "WindowWidth")
    if centre is not None and width is not None and width >= 1:
        return Window(centre, width)
    if values is None:
        return None
    low, high = (float(value) for value in np.percentile(values, (1, 99)))
    return Window((low + high) / 2, max(high - low, 1.0))
