"""What the pixels of a series say of its role, once its volume is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pydicom

from pipeline.assembly.character import characterise
from pipeline.domain.role import Recognition
from pipeline.volumes.examine import Examined, examine
from pipeline.volumes.series_volume import SeriesVolume

_IN_DOUBT = 0.5
"""Under the confidence from which a role is more than a guess (reservation_rules.toml)."""


def pixels_say(recognition: Recognition, headers: Sequence[pydicom.Dataset], series: SeriesVolume) -> Examined:
    """Confirm a recognition by the pixels, or say what speaks against it.

    Pixels that speak for another role do not withhold the analysis: it is given, with that reservation.
    """
    seen = examine(recognition, characterise(headers, recognition.role), series)
    if seen.recognition.role is recognition.role:
        return seen
    doubt = f"may be {seen.recognition.role.value}: {seen.recognition.reason}"
    stays = replace(
        recognition,
        confidence=min(recognition.confidence, _IN_DOUBT),
        reasons=(*(recognition.reasons or (recognition.reason,)), doubt),
    )
    return replace(seen, recognition=stays, reservations=(*seen.reservations, doubt))
