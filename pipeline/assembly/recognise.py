"""What role a series plays, from its headers; its description counts only where nothing else speaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pydicom

from pipeline.assembly.evidence import Evidence, gather
from pipeline.domain.role import Recognition, SeriesRole

_NOT_AN_IMAGE = {
    "1.2.840.10008.5.1.4.1.1.88.67": "radiation dose report",
    "1.2.840.10008.5.1.4.1.1.88.": "structured report",
    "1.2.840.10008.5.1.4.1.1.66.": "segmentation, registration or other derived object",
    "1.2.840.10008.5.1.4.1.1.11.": "presentation state",
    "1.2.840.10008.5.1.4.1.1.104.": "encapsulated document",
    "1.2.840.10008.5.1.4.1.1.7": "secondary capture",
}
"""SOP Classes, or the beginning of their UIDs (PS3.4 B.5), that are never acquired images."""

_LOCALISER = frozenset({"LOCALIZER", "SCOUT", "TOPOGRAM", "SCANOGRAM"})
_PICTURE = frozenset(
    {"MIP", "MAX_IP", "MINIP", "VRT", "VOLUME_RENDERED", "3D", "SCREEN SAVE", "PROJECTION IMAGE", "SSD"}
)
_PERFUSION_MAP = frozenset({"CBF", "CBV", "MTT", "TTP", "TMAX", "RCBF", "RCBV", "RMTT", "PERFUSION", "PERFUSION_MAP"})
_DIFFUSION_MAP = frozenset({"FA", "COLFA", "TENSOR", "EADC", "EXP", "RA", "VR", "DIFFUSION_ANISO"})
_ADC = frozenset({"ADC", "ADC_UNSPECIFIED", "ADC MAP", "AVERAGE DC", "AVDC"})
_DIFFUSION = frozenset({"DIFFUSION", "TRACEW", "TRACE", "ISOTROPIC", "ISO"})

_HEAD = re.compile(r"HEAD|BRAIN|SKULL|CEREB|CRAN|T[EÊ]TE|ENCEPHAL|NEURO|STROKE|AVC|颅|脑|头")
_ELSEWHERE = re.compile(
    r"CHEST|THORA|ABDOM|PELVI|SPINE|RACHIS|LUMB|CERVICAL|KNEE|GENOU|HIP\b|HANCHE|SHOULDER|EPAULE|FOOT|PIED|HAND\b|"
    r"LIVER|FOIE|HEART|CARDI|WRIST|ANKLE|ELBOW|EXTREMITY|SINUS"
)
_ANGIOGRAPHY = re.compile(r"ANGIO|\bCTA\b|\bTSA\b|CAROTI|WILLIS|POLYGONE|ART[EÉ]RI")
_WITHOUT = re.compile(r"SANS|WITHOUT|W/O|NON[ -]?CONTRAST|NATIF|NATIVE|PLAIN|UNENHANCED|\bC-|平扫")
_INJECTED = re.compile(r"INJECT|AVEC|WITH CONTRAST|\+ ?C\b|\bC\+|\bPOST\b|增强")

_WIDEST_HEAD_MM = 380.0
"""A head CT is reconstructed on 200 to 300 mm; body fields begin near 400 mm (scanner default fields)."""
_NARROWEST_HEAD_MM = 110.0
"""Smaller fields are reconstructions of the petrous bone or another detail, or not of a person."""
_LONGEST_HEAD_MM = 420.0
"""Vertex to aortic arch, the longest stroke CT angiography; beyond it the body is scanned."""

Rule = Callable[[Evidence], Recognition | None]


def recognise(headers: Sequence[pydicom.Dataset]) -> Recognition:
    """Say what a series is for, from the headers that have arrived, with the reason in one sentence.

    Reads no pixels and is cheap enough to be called with the first header alone. Never raises for a
    strange header: what nothing explains is `SeriesRole.OTHER`.
    """
    if not headers:
        return Recognition(SeriesRole.OTHER, "no image has arrived", 0.0)
    evidence = gather(headers)
    for rule in _RULES:
        recognition = rule(evidence)
        if recognition is not None:
            return recognition
    return Recognition(SeriesRole.OTHER, f"modality {evidence.modality or 'missing'} is not CT or MR")


def _no_image(evidence: Evidence) -> Recognition | None:
    for uid, name in _NOT_AN_IMAGE.items():
        if evidence.SOPClassUID == uid or evidence.SOPClassUID.startswith(f"{uid.rstrip('.')}."):
            return _other(f"{name} (SOPClassUID)")
    if evidence.modality in {"SR", "PR", "KO", "SEG", "DOC", "REG", "RTSTRUCT"}:
        return _other(f"not an acquired image (Modality {evidence.modality})")
    return None


def _localiser(evidence: Evidence) -> Recognition | None:
    named = evidence.image_type & _LOCALISER
    if named:
        return _other(f"localiser (ImageType {min(named)})")
    if evidence.orientations >= 3:
        return _other("localiser (images in three or more orientations)", 0.8)
    return None


def _picture(evidence: Evidence) -> Recognition | None:
    named = evidence.image_type & _PICTURE
    if named:
        return _other(f"derived picture (ImageType {min(named)})")
    named = evidence.image_type & _PERFUSION_MAP
    return _other(f"perfusion map or series (ImageType {min(named)})") if named else None


def _elsewhere(evidence: Evidence) -> Recognition | None:
    """Another part of the body, by its tag; by the field of view and the description where no tag speaks."""
    part, words = evidence.body_part, evidence.description
    if _HEAD.search(part):
        return None
    if part and _ELSEWHERE.search(part):
        return _other(f"another part of the body (BodyPartExamined {part})", 0.9)
    if evidence.extent_mm is not None and evidence.extent_mm > _LONGEST_HEAD_MM:
        return _other(f"longer than a head and neck ({evidence.extent_mm:.0f} mm of slices)", 0.9)
    if _HEAD.search(words):
        return None
    return _no_head_by_field(evidence) or _no_head_by_description(evidence)


def _no_head_by_field(evidence: Evidence) -> Recognition | None:
    width = evidence.field_mm
    if width is None or _NARROWEST_HEAD_MM <= width <= _WIDEST_HEAD_MM:
        return None
    much = "wide" if width > _WIDEST_HEAD_MM else "narrow"
    return _other(f"field of view of {width:.0f} mm, too {much} for a head", 0.6)


def _no_head_by_description(evidence: Evidence) -> Recognition | None:
    if evidence.body_part or _ELSEWHERE.search(evidence.description) is None:
        return None
    return _other("another part of the body, by its description alone", 0.6)


def _not_plain_ct(evidence: Evidence) -> Recognition | None:
    if evidence.modality != "CT":
        return None
    if evidence.normal is not None and abs(evidence.normal[2]) < 0.7:
        return _other("CT reformatted in another plane than axial (ImageOrientationPatient)", 0.9)
    if evidence.repeats >= 4:
        return _other(f"CT perfusion or dynamic series ({evidence.repeats} images at one position)", 0.9)
    return _enhanced_ct(evidence) if evidence.contrast else None


def _ct(evidence: Evidence) -> Recognition | None:
    if evidence.modality != "CT":
        return None
    words = evidence.description
    thin = evidence.thickness_mm is None or evidence.thickness_mm < 3
    if _WITHOUT.search(words) is None and thin and _ANGIOGRAPHY.search(words):
        return Recognition(SeriesRole.CTA, "CT angiography by its description alone (thin slices)", 0.6)
    if _WITHOUT.search(words) is None and _INJECTED.search(words):
        return Recognition(SeriesRole.CTA, "contrast-enhanced CT by its description alone", 0.5)
    return Recognition(SeriesRole.NCCT, f"non-contrast head CT: {_ct_facts(evidence)}", _head_confidence(evidence))


def _enhanced_ct(evidence: Evidence) -> Recognition:
    tags = ", ".join(evidence.contrast)
    if _WITHOUT.search(evidence.description) and evidence.contrast == ("ContrastBolusAgent",):
        return Recognition(SeriesRole.CTA, f"contrast-enhanced CT ({tags}), though described as without", 0.5)
    thick = evidence.thickness_mm is not None and evidence.thickness_mm > 2.5
    name = "contrast-enhanced CT in thick slices" if thick else "CT angiography"
    return Recognition(SeriesRole.CTA, f"{name}: contrast agent given ({tags})", 0.7 if thick else 0.95)


def _ct_facts(evidence: Evidence) -> str:
    facts = ["Modality CT", "no contrast agent in the headers"]
    if evidence.body_part:
        facts.insert(1, f"BodyPartExamined {evidence.body_part}")
    elif evidence.field_mm is not None:
        facts.insert(1, f"field of view {evidence.field_mm:.0f} mm")
    if evidence.kernel:
        facts.append(f"kernel {evidence.kernel}")
    if abs(evidence.tilt_degrees) >= 0.1:
        facts.append(f"gantry tilt {evidence.tilt_degrees:.1f} degrees")
    return ", ".join(facts)


def _head_confidence(evidence: Evidence) -> float:
    return 0.95 if _HEAD.search(evidence.body_part) else 0.7


def _adc(evidence: Evidence) -> Recognition | None:
    if evidence.modality != "MR":
        return None
    maps = evidence.image_type & _DIFFUSION_MAP
    if maps:
        return _other(f"diffusion map that is not ADC (ImageType {min(maps)})", 0.9)
    named = evidence.image_type & _ADC
    return Recognition(SeriesRole.ADC, f"ADC map (ImageType {min(named)})", 0.95) if named else None


def _diffusion(evidence: Evidence) -> Recognition | None:
    """A diffusion-weighted image, or the ADC map made from it when it is derived and says so."""
    reason = _diffusion_reason(evidence) if evidence.modality == "MR" else ""
    if not reason:
        return None
    if _described_as_adc(evidence):
        return Recognition(SeriesRole.ADC, f"ADC map (derived image, its description, {reason})", 0.8)
    only_b0 = bool(evidence.b_values) and evidence.b_values[-1] < 400
    return Recognition(SeriesRole.DWI, f"diffusion-weighted MR ({reason})", 0.7 if only_b0 else 0.95)


def _diffusion_reason(evidence: Evidence) -> str:
    values = f"b-values {' and '.join(f'{value:.0f}' for value in evidence.b_values)} s/mm2"
    named = evidence.image_type & _DIFFUSION
    if evidence.b_values and evidence.b_values[-1] >= 400:
        return values
    if named:
        return f"ImageType {min(named)}"
    if evidence.acquisition_contrast == "DIFFUSION":
        return "AcquisitionContrast DIFFUSION"
    if re.search(r"EP_B\d+", evidence.sequence_name):
        return f"SequenceName {evidence.sequence_name}"
    return f"echo-planar, {values} so far" if evidence.b_values and "EP" in evidence.sequence else ""


def _described_as_adc(evidence: Evidence) -> bool:
    return "DERIVED" in evidence.image_type and re.search(r"\bADC|APPARENT", evidence.description) is not None


def _flair(evidence: Evidence) -> Recognition | None:
    """Fluid is nulled at TI 1.5 to 3 s with TR over 4 s, and the echo is long (T2 weighting)."""
    if evidence.modality != "MR":
        return None
    if "FLUID_ATTENUATED" in evidence.acquisition_contrast:
        return Recognition(SeriesRole.FLAIR, "T2 FLAIR (AcquisitionContrast FLUID_ATTENUATED)", 0.95)
    tr, te, ti = evidence.RepetitionTime, evidence.EchoTime, evidence.InversionTime
    if tr is None or te is None or ti is None or not (1500 <= ti <= 3200 and te >= 70 and tr >= 4000):
        return None
    reason = f"T2 FLAIR (TR {tr:.0f}, TE {te:.0f}, TI {ti:.0f} ms: fluid nulled, long echo)"
    return Recognition(SeriesRole.FLAIR, reason, 0.95)


def _other_mr(evidence: Evidence) -> Recognition | None:
    """The description decides only where no timing and no diffusion tag speaks."""
    if evidence.modality != "MR":
        return None
    if evidence.RepetitionTime is not None and evidence.EchoTime is not None:
        times = f"TR {evidence.RepetitionTime:.0f}, TE {evidence.EchoTime:.0f} ms"
        return _other(f"MR that is neither diffusion nor FLAIR ({times}, no b-value)", 0.8)
    for word, role in (("ADC", SeriesRole.ADC), ("DWI|DIFF|TRACE", SeriesRole.DWI), ("FLAIR", SeriesRole.FLAIR)):
        if re.search(word, evidence.description):
            return Recognition(role, f"{role.upper()} by its description alone", 0.5)
    return _other("MR without timing, b-value or telling description", 0.5)


def _other(reason: str, confidence: float = 0.95) -> Recognition:
    return Recognition(SeriesRole.OTHER, reason, confidence)


_RULES: tuple[Rule, ...] = (
    _no_image, _localiser, _picture, _elsewhere, _not_plain_ct, _ct, _adc, _diffusion, _flair, _other_mr,
)  # fmt: skip
"""The first rule that answers decides."""
