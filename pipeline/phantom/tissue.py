"""The tissues of the phantom head and how bright each is on CT and MR."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Tissue(IntEnum):
    """A label of the head's map."""

    AIR = 0
    SKIN = 1
    FAT = 2
    MUSCLE = 3
    COMPACT_BONE = 4
    SPONGY_BONE = 5
    FLUID = 6
    """Cerebrospinal fluid."""
    SULCUS = 7
    """Fluid and cortex in one thick slice."""
    GREY = 8
    WHITE = 9
    FALX = 10
    EYE = 11
    BLOOD = 12
    OEDEMA = 13
    VESSEL = 14
    PLASTIC = 15
    FOAM = 16
    INFARCT = 17


_VALUES: dict[Tissue, tuple[float, float, float, float, float]] = {
    #                    NCCT    CTA   b0  b1000  ADC
    Tissue.AIR: (-1000, -1000, 0, 0, 0),
    Tissue.SKIN: (40, 45, 60, 20, 900),
    Tissue.FAT: (-90, -88, 40, 15, 300),
    Tissue.MUSCLE: (52, 58, 110, 45, 1200),
    Tissue.COMPACT_BONE: (1250, 1250, 8, 4, 0),
    Tissue.SPONGY_BONE: (650, 650, 25, 10, 400),
    Tissue.FLUID: (7, 8, 780, 45, 2950),
    Tissue.SULCUS: (17, 20, 560, 130, 1800),
    Tissue.GREY: (37, 43, 330, 165, 830),
    Tissue.WHITE: (28.5, 31, 270, 150, 720),
    Tissue.FALX: (44, 95, 120, 60, 800),
    Tissue.EYE: (9, 9, 800, 45, 2900),
    Tissue.BLOOD: (66, 67, 140, 90, 600),
    Tissue.OEDEMA: (20, 22, 460, 160, 1300),
    Tissue.VESSEL: (40, 380, 60, 20, 1500),
    Tissue.PLASTIC: (90, 90, 0, 0, 0),
    Tissue.FOAM: (-940, -940, 0, 0, 0),
    Tissue.INFARCT: (30, 32, 390, 390, 420),
}
"""Typical values: HU at 120 kV (radiology textbooks: white matter 20-30, grey 37-41, fluid 0-15, clot
50-80, fat -100), iodine in arteries at CTA 300-400; MR signal in arbitrary units; ADC in 1e-6 mm2/s."""

_COLUMNS = {"ncct": 0, "cta": 1, "b0": 2, "b1000": 3, "adc": 4}


def brightness(contrast: str) -> NDArray[np.float32]:
    """The value of every tissue for ``ncct``, ``cta``, ``b0``, ``b1000`` or ``adc``; index is the label."""
    column = _COLUMNS[contrast]
    return np.array([_VALUES[tissue][column] for tissue in Tissue], dtype=np.float32)
