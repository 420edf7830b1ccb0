"""What a series is like, as far as its headers say: kernel, contrast and its phase, coverage, thickness."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pydicom

from pipeline.assembly.described import described_phase
from pipeline.assembly.evidence import Evidence, gather
from pipeline.domain.character import Kernel, SeriesCharacter
from pipeline.domain.completeness import WHOLE_HEAD_MM
from pipeline.domain.role import SeriesRole

_BONE = re.compile(r"BONE|SHARP|EDGE|LUNG|ULTRA|\bOS\b|OSSEUX|DETAIL\+|^Y[A-D]$|^[DE]$|^L$")
_SOFT = re.compile(r"SOFT|BRAIN|STANDARD|STND|^STD|SMOOTH|DETAIL|CEREB|^U[ABC]$|^[ABC]$|^EB$")
"""GE and UIH write words, Philips letters (A to C, UA to UC smooth; D, E, L, YA to YD sharp)."""

_SIEMENS = re.compile(r"^[A-Z][A-Z]?(\d{2})[A-Z]?(?:\\|\s|$)")
_SIEMENS_BONE_FROM = 50
"""H10 to H48, Hr38, J40, Qr40 are smooth; H50 to H70, Hr59, J70 sharp (Siemens CT kernel names)."""

_CANON = re.compile(r"^FC(\d{2})")
_CANON_SOFT = (*range(1, 6), *range(10, 30), *range(41, 45), *range(61, 72))
"""FC1 to FC5, FC10 to FC29 body and head, FC41 to FC44, FC61 to FC71 head; FC30, FC50, FC80 and up are sharp."""

_ARTERIAL_UP_TO_S, _VENOUS_UP_TO_S = 35.0, 100.0
"""Seconds after the injection began: carotid arteries peak at 15 to 25 s, dural sinuses at 35 to 50 s."""


def characterise(headers: Sequence[pydicom.Dataset], role: SeriesRole) -> SeriesCharacter:
    """Say what a series is like, from headers alone, at least one; with a sentence for what decided."""
    evidence = gather(headers)
    reasons: list[str] = []
    kernel = _kernel(evidence, reasons)
    contrast = _contrast(evidence, role, reasons)
    return SeriesCharacter(
        images=len(headers),
        kernel=kernel,
        contrast=contrast,
        phase=_phase(evidence, reasons) if contrast else "",
        thickness_mm=evidence.thickness_mm,
        extent_mm=evidence.extent_mm,
        whole_head=_whole_head(evidence, role, reasons),
        tilt_degrees=evidence.tilt_degrees,
        original=_original(evidence, reasons),
        reasons=tuple(reasons),
    )


def kernel_of(name: str) -> Kernel:
    """What a reconstruction kernel is for, from its manufacturer's name for it."""
    name = name.strip().upper()
    siemens, canon = _SIEMENS.match(name), _CANON.match(name)
    if canon:
        return Kernel.SOFT if int(canon.group(1)) in _CANON_SOFT else Kernel.BONE
    if siemens:
        return Kernel.BONE if int(siemens.group(1)) >= _SIEMENS_BONE_FROM else Kernel.SOFT
    if _BONE.search(name):
        return Kernel.BONE
    return Kernel.SOFT if _SOFT.search(name) else Kernel.UNKNOWN


def _kernel(evidence: Evidence, reasons: list[str]) -> Kernel:
    kernel = kernel_of(evidence.kernel)
    if kernel is not Kernel.UNKNOWN:
        reasons.append(f"{kernel.value} kernel (ConvolutionKernel {evidence.kernel[:16]})")
    return kernel


def _contrast(evidence: Evidence, role: SeriesRole, reasons: list[str]) -> bool | None:
    if evidence.contrast:
        reasons.append(f"contrast agent given ({', '.join(evidence.contrast)})")
        return True
    if evidence.modality != "CT":
        return None
    return role in {SeriesRole.CTA, SeriesRole.CTP}


def _phase(evidence: Evidence, reasons: list[str]) -> str:
    delay = evidence.injected_s
    if delay is not None:
        phase = "arterial" if delay <= _ARTERIAL_UP_TO_S else "venous" if delay <= _VENOUS_UP_TO_S else "delayed"
        reasons.append(f"{phase} phase ({delay:.0f} s after the injection began)")
        return phase
    phase = described_phase(evidence)
    if phase:
        reasons.append(f"{phase} phase, by its description alone")
    return phase


def _whole_head(evidence: Evidence, role: SeriesRole, reasons: list[str]) -> bool | None:
    needed = WHOLE_HEAD_MM.get(role)
    if needed is None or evidence.extent_mm is None:
        return None
    whole = evidence.extent_mm >= needed
    reasons.append(f"slices over {evidence.extent_mm:.0f} mm, {'enough' if whole else 'too few'} for a whole head")
    return whole


def _original(evidence: Evidence, reasons: list[str]) -> bool:
    reformatted = evidence.image_type & {"MPR", "REFORMATTED", "RESAMPLED"}
    if reformatted:
        reasons.append(f"reformatted (ImageType {min(reformatted)})")
    return not reformatted
