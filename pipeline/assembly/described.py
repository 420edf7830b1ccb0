"""What the words of a description suggest: one weak piece of evidence, which decides only where nothing else speaks."""

from __future__ import annotations

import re

from pipeline.assembly.evidence import Evidence
from pipeline.domain.role import SeriesRole

HEAD = re.compile(r"HEAD|BRAIN|SKULL|CEREB|CRAN|T[EÊ]TE|ENCEPHAL|NEURO|STROKE|AVC|颅|脑|头")
ELSEWHERE = re.compile(
    r"CHEST|THORA|ABDOM|PELVI|SPINE|RACHIS|LUMB|CERVICAL|KNEE|GENOU|HIP\b|HANCHE|SHOULDER|EPAULE|FOOT|PIED|HAND\b|"
    r"LIVER|FOIE|HEART|CARDI|WRIST|ANKLE|ELBOW|EXTREMITY|SINUS"
)
ANGIOGRAPHY = re.compile(r"ANGIO|\bCTA\b|\bTSA\b|CAROTI|WILLIS|POLYGONE|ART[EÉ]RI")
WITHOUT = re.compile(r"SANS|WITHOUT|W/O|NON[ -]?CONTRAST|NATIF|NATIVE|PLAIN|UNENHANCED|\bC-|平扫")
INJECTED = re.compile(r"INJECT|AVEC|WITH CONTRAST|\+ ?C\b|\bC\+|\bPOST\b|增强")
DOSE = re.compile(r"\bDOSE\b|PATIENT PROTOCOL|DOSIM[EÉ]TRI")
PERFUSION = re.compile(r"PERF|\bCTP\b|\bPWI\b|\bDSC\b|灌注")

_PHASES = (
    ("delayed", re.compile(r"TARDI|DELAY|\bLATE\b|RETARD|延迟")),
    ("venous", re.compile(r"VEIN|VENOUS|VENEUX|PORTAL|静脉")),
    ("arterial", re.compile(r"ART[EÉ]R|\bART\b|\bTSA\b|WILLIS|POLYGONE|\bCTA\b|动脉")),
)

_MR_WORDS = (
    (SeriesRole.ADC, re.compile(r"\bE?ADC\b|APPARENT|DADC|_ADC")),
    (SeriesRole.DWI, re.compile(r"DWI|DIFF|TRACE|B ?[=_]? ?1000|弥散")),
    (SeriesRole.FLAIR, re.compile(r"FLAIR|DARK[ _-]?FLUID")),
    (SeriesRole.SWI, re.compile(r"\bSWI|SWAN|SUSCEPT|VENOBOLD")),
    (SeriesRole.MRA, re.compile(r"\bTOF|ANGIO|\bMRA\b|\bARM\b|INHANCE")),
    (SeriesRole.PWI, PERFUSION),
    (SeriesRole.T2_STAR, re.compile(r"T2 ?\*|T2[ _]?STAR|T2[ _]?ETOILE|MERGE|HEMO|\bGRE\b")),
    (SeriesRole.T1, re.compile(r"\bT1|MPRAGE|BRAVO|\bSPGR|VIBE")),
    (SeriesRole.T2, re.compile(r"\bT2")),
)


def described_role(evidence: Evidence) -> SeriesRole | None:
    """The role that the description names; None when it names none of the modality's."""
    words = evidence.description
    if evidence.modality == "CT":
        return _described_ct(words)
    if evidence.modality == "MR":
        return next((role for role, pattern in _MR_WORDS if pattern.search(words)), None)
    return None


def described_phase(evidence: Evidence) -> str:
    """The contrast phase that the description names: arterial, venous, delayed or ""."""
    return next((phase for phase, pattern in _PHASES if pattern.search(evidence.description)), "")


def _described_ct(words: str) -> SeriesRole | None:
    if WITHOUT.search(words):
        return SeriesRole.NCCT
    if PERFUSION.search(words):
        return SeriesRole.CTP
    if ANGIOGRAPHY.search(words) or INJECTED.search(words):
        return SeriesRole.CTA
    return None
