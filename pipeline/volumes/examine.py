"""Role and character of a series with its pixels as evidence beside its headers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.domain.character import SeriesCharacter
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.volumes.look import PixelEvidence, look
from pipeline.volumes.series_volume import SeriesVolume

_WEAK = ("by its description alone", "though described as without")
"""Reasons for contrast that the pixels outweigh: words only, or a lone tag against the words."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a series is and is like after its pixels were seen, and what a reader should know of it."""

    recognition: Recognition
    character: SeriesCharacter
    reservations: tuple[str, ...] = ()


def examine(recognition: Recognition, character: SeriesCharacter, series: SeriesVolume) -> Examined:
    """Let the pixels of a CT confirm or correct what its headers said; other series are returned as they came."""
    if recognition.role not in {SeriesRole.NCCT, SeriesRole.CTA}:
        return Examined(recognition, character)
    seen = look(series.volume)
    if seen is None:
        return Examined(recognition, character, ("the pixels show no head in Hounsfield units",))
    recognition = judged(recognition, seen)
    return Examined(recognition, _with_pixels(recognition, character, seen, series), _reservations(seen, series))


def judged(recognition: Recognition, seen: PixelEvidence) -> Recognition:
    """The role with the vessels as evidence: contrast that no header names, or that only words name.

    Vessels say nothing where the top of the head is missing: then their place in the brain is unknown.
    """
    if not seen.vertex:
        return recognition
    amount = f"{seen.vessels_ml:.1f} mL between 150 and 600 HU inside the skull"
    if recognition.role is SeriesRole.NCCT and seen.bright_vessels:
        reason = f"contrast-enhanced CT by its bright vessels ({amount}), though no header says so"
        return Recognition(SeriesRole.CTA, reason, 0.8, (reason, *recognition.reasons))
    if recognition.role is SeriesRole.CTA and not seen.bright_vessels:
        if any(weak in recognition.reason for weak in _WEAK):
            reason = f"non-contrast head CT by its pixels ({amount}), against weak evidence of contrast"
            return Recognition(SeriesRole.NCCT, reason, 0.6, (reason, *recognition.reasons))
        reasons = (*recognition.reasons, f"its vessels are not bright ({amount})")
        return replace(recognition, confidence=round(recognition.confidence * 0.7, 2), reasons=reasons)
    agrees = "its vessels are bright" if seen.bright_vessels else "its vessels are not bright"
    return replace(recognition, reasons=(*recognition.reasons, f"{agrees} ({amount})"))


def _with_pixels(
    recognition: Recognition, character: SeriesCharacter, seen: PixelEvidence, series: SeriesVolume
) -> SeriesCharacter:
    return replace(
        character,
        contrast=recognition.role is SeriesRole.CTA,
        whole_head=character.whole_head and seen.vertex if character.whole_head is not None else None,
        metal=seen.metal,
        motion=seen.motion,
        complete=not series.incomplete,
        reasons=(*character.reasons, *_reservations(seen, series)),
    )


def _reservations(seen: PixelEvidence, series: SeriesVolume) -> tuple[str, ...]:
    said = []
    if seen.metal:
        said.append(f"metal in the head ({seen.metal_ml:.1f} mL above 2900 HU)")
    if seen.motion:
        said.append(f"the head moved between slices (by up to {seen.jump_mm:.0f} mm)")
    if not seen.vertex:
        said.append("the top of the head is not in the images")
    if series.arrangement.missing:
        said.append(f"slices are missing inside the series ({series.arrangement.missing})")
    return tuple(said)
