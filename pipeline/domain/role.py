"""What a series is for: its role in reading a suspected stroke, and why we think so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SeriesRole(StrEnum):
    """The roles recognised today; later issues add to them."""

    NCCT = "ncct"
    """Non-contrast head CT."""
    CTA = "cta"
    """CT angiography."""
    DWI = "dwi"
    """Diffusion-weighted MR trace image."""
    ADC = "adc"
    """Apparent diffusion coefficient map."""
    FLAIR = "flair"
    """T2 FLAIR MR."""
    OTHER = "other"
    """Anything else: localiser, dose report, secondary capture, other body parts."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """A role with the reason we think so, in one sentence, and a confidence from 0 to 1."""

    role: SeriesRole
    reason: str
    confidence: float = 1.0
