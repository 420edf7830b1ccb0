"""What a series is for: its role in reading a suspected stroke, and why we think so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class SeriesRole(StrEnum):
    """What a series can be."""

    NCCT = "ncct"
    """Non-contrast head CT."""
    CTA = "cta"
    """CT angiography."""
    DWI = "dwi"
    """Diffusion-weighted MR trace image."""
    B0 = "b0"
    """The diffusion sequence without weighting."""
    ADC = "adc"
    """Apparent diffusion coefficient map."""
    FLAIR = "flair"
    """T2 FLAIR MR."""
    CTP = "ctp"
    """CT perfusion: the same slices over time."""
    T2_STAR = "t2star"
    """T2*-weighted gradient echo MR."""
    SWI = "swi"
    """Susceptibility-weighted MR, its phase and minimum-intensity series included."""
    PWI = "pwi"
    """MR perfusion: the same slices over time."""
    T1 = "t1"
    """T1-weighted MR."""
    T2 = "t2"
    """T2-weighted spin echo MR."""
    MRA = "mra"
    """MR angiography, time of flight or with contrast."""
    LOCALISER = "localiser"
    """Scout images that place the others."""
    DOSE_REPORT = "dose_report"
    """Radiation dose, as an image or a structured report."""
    SECONDARY_CAPTURE = "secondary_capture"
    """A picture of something: a screen, a sheet of paper."""
    DERIVED = "derived"
    """Computed from other series: reformats, projections, colour maps, fused images."""
    OTHER = "other"
    """Anything else, other body parts included."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """A role with the reason we think so, in one sentence, and a confidence from 0 to 1.

    ``reasons`` are all sentences of evidence, for and against, the deciding one first; empty where only
    ``reason`` is known.
    """

    role: SeriesRole
    reason: str
    confidence: float = 1.0
    reasons: tuple[str, ...] = ()


COMPANIONS: Mapping[SeriesRole, tuple[SeriesRole, ...]] = MappingProxyType(
    {SeriesRole.DWI: (SeriesRole.ADC, SeriesRole.B0, SeriesRole.FLAIR)}
)
"""Roles whose series are read together with a series of another role, when a bundle for that one asks for them."""

DECIDING_COMPANIONS: Mapping[SeriesRole, tuple[SeriesRole, ...]] = MappingProxyType(
    {SeriesRole.DWI: (SeriesRole.ADC, SeriesRole.B0)}
)
"""Companions whose late arrival makes the series worth reading again."""

NO_NEWS = frozenset(
    {SeriesRole.OTHER, SeriesRole.LOCALISER, SeriesRole.DOSE_REPORT, SeriesRole.SECONDARY_CAPTURE, SeriesRole.DERIVED}
)
"""Roles no stroke model will ever read: that none did is no news."""
