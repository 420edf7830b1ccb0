"""What role a series plays, from its headers; its description counts only where nothing else speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pydicom

from pipeline.assembly.described import DOSE, ELSEWHERE, HEAD, described_role
from pipeline.assembly.evidence import Evidence, gather
from pipeline.assembly.recognise_ct import CT_RULES
from pipeline.assembly.recognise_mr import MR_FIRST_RULES, MR_RULES
from pipeline.domain.role import Recognition, SeriesRole

_NOT_AN_IMAGE = {
    "1.2.840.10008.5.1.4.1.1.88.67": (SeriesRole.DOSE_REPORT, "radiation dose report"),
    "1.2.840.10008.5.1.4.1.1.88.": (SeriesRole.OTHER, "structured report"),
    "1.2.840.10008.5.1.4.1.1.66.": (SeriesRole.DERIVED, "segmentation, registration or other derived object"),
    "1.2.840.10008.5.1.4.1.1.11.": (SeriesRole.OTHER, "presentation state"),
    "1.2.840.10008.5.1.4.1.1.104.": (SeriesRole.OTHER, "encapsulated document"),
    "1.2.840.10008.5.1.4.1.1.7": (SeriesRole.SECONDARY_CAPTURE, "secondary capture"),
}
"""SOP Classes, or the beginning of their UIDs (PS3.4 B.5), that are never acquired images."""

_LOCALISER = frozenset({"LOCALIZER", "SCOUT", "TOPOGRAM", "SCANOGRAM"})
_PICTURE = frozenset(
    {"MIP", "MAX_IP", "MINIP", "MNIP", "VRT", "VOLUME_RENDERED", "3D", "SCREEN SAVE", "PROJECTION IMAGE", "SSD", "CPR",
     "CURVED", "FUSED"}
)  # fmt: skip
_PERFUSION_MAP = frozenset({"CBF", "CBV", "MTT", "TTP", "TMAX", "RCBF", "RCBV", "RMTT", "PERFUSION_MAP"})

_WIDEST_HEAD_MM = 380.0
"""A head CT is reconstructed on 200 to 300 mm; body fields begin near 400 mm (scanner default fields)."""
_NARROWEST_HEAD_MM = 110.0
"""Smaller fields are reconstructions of the petrous bone or another detail, or not of a person."""
_LONGEST_HEAD_MM = 420.0
"""Vertex to aortic arch, the longest stroke CT angiography; beyond it the body is scanned."""

_CONTRADICTED = 0.85
"""What a description that says otherwise takes from the confidence: little, for it is often wrong."""

Rule = Callable[[Evidence], Recognition | None]


def recognise(headers: Sequence[pydicom.Dataset]) -> Recognition:
    """Say what a series is for, from the headers that have arrived, with the evidence in sentences.

    Reads no pixels and is cheap enough to be called with the first header alone. Never raises for a
    strange header: what nothing explains is `SeriesRole.OTHER`.
    """
    if not headers:
        return Recognition(SeriesRole.OTHER, "no image has arrived", 0.0)
    evidence = gather(headers)
    for rule in _RULES:
        recognition = rule(evidence)
        if recognition is not None:
            return _with_description(recognition, evidence)
    return _say(SeriesRole.OTHER, f"modality {evidence.modality or 'missing'} is not CT or MR")


def _with_description(recognition: Recognition, evidence: Evidence) -> Recognition:
    """The recognition with what the description adds or contradicts; it never changes the role."""
    named = described_role(evidence)
    decided_by_it = "description alone" in recognition.reason
    if named is None or decided_by_it or recognition.role in _BESIDE_DESCRIPTION:
        return replace(recognition, reasons=(recognition.reason,))
    if named is recognition.role:
        return replace(recognition, reasons=(recognition.reason, "its description says so too"))
    reasons = (recognition.reason, f"its description reads like {named.value}, which the other evidence outweighs")
    return replace(recognition, confidence=round(recognition.confidence * _CONTRADICTED, 2), reasons=reasons)


_BESIDE_DESCRIPTION = frozenset({
    SeriesRole.OTHER, SeriesRole.LOCALISER, SeriesRole.DOSE_REPORT, SeriesRole.SECONDARY_CAPTURE, SeriesRole.DERIVED,
})  # fmt: skip
"""Roles for which a description such as "brain CTA" speaks of the study, not of the series."""


def _no_image(evidence: Evidence) -> Recognition | None:
    for uid, (role, name) in _NOT_AN_IMAGE.items():
        if evidence.SOPClassUID == uid or evidence.SOPClassUID.startswith(f"{uid.rstrip('.')}."):
            if role is SeriesRole.SECONDARY_CAPTURE and _tells_dose(evidence):
                return _say(SeriesRole.DOSE_REPORT, "radiation dose sheet (secondary capture that names dose)", 0.85)
            return _say(role, f"{name} (SOPClassUID)")
    if evidence.modality in {"SR", "PR", "KO", "SEG", "DOC", "REG", "RTSTRUCT"}:
        return _say(SeriesRole.OTHER, f"not an acquired image (Modality {evidence.modality})")
    return None


def _tells_dose(evidence: Evidence) -> bool:
    return any("DOSE" in token for token in evidence.image_type) or DOSE.search(evidence.description) is not None


def _localiser(evidence: Evidence) -> Recognition | None:
    named = evidence.image_type & _LOCALISER
    if named:
        return _say(SeriesRole.LOCALISER, f"localiser (ImageType {min(named)})")
    if evidence.orientations >= 3:
        return _say(SeriesRole.LOCALISER, "localiser (images in three or more orientations)", 0.8)
    return None


def _picture(evidence: Evidence) -> Recognition | None:
    for tokens, name in ((_PICTURE, "derived picture"), (_PERFUSION_MAP, "perfusion map")):
        named = evidence.image_type & tokens
        if named:
            return _say(SeriesRole.DERIVED, f"{name} (ImageType {min(named)})")
    if evidence.colour and evidence.modality in {"CT", "MR"}:
        return _say(SeriesRole.DERIVED, "a colour picture, not a measured image (SamplesPerPixel)", 0.9)
    return None


def _elsewhere(evidence: Evidence) -> Recognition | None:
    """Another part of the body, by its tag; by the field of view and the description where no tag speaks."""
    part, words = evidence.body_part, evidence.description
    if HEAD.search(part):
        return None
    if part and ELSEWHERE.search(part):
        return _say(SeriesRole.OTHER, f"another part of the body (BodyPartExamined {part})", 0.9)
    if evidence.extent_mm is not None and evidence.extent_mm > _LONGEST_HEAD_MM:
        return _say(SeriesRole.OTHER, f"longer than a head and neck ({evidence.extent_mm:.0f} mm of slices)", 0.9)
    if HEAD.search(words):
        return None
    return _no_head_by_field(evidence) or _no_head_by_description(evidence)


def _no_head_by_field(evidence: Evidence) -> Recognition | None:
    width = evidence.field_mm
    if width is None or _NARROWEST_HEAD_MM <= width <= _WIDEST_HEAD_MM:
        return None
    much = "wide" if width > _WIDEST_HEAD_MM else "narrow"
    return _say(SeriesRole.OTHER, f"field of view of {width:.0f} mm, too {much} for a head", 0.6)


def _no_head_by_description(evidence: Evidence) -> Recognition | None:
    if evidence.body_part or ELSEWHERE.search(evidence.description) is None:
        return None
    return _say(SeriesRole.OTHER, "another part of the body, by its description alone", 0.6)


def _say(role: SeriesRole, reason: str, confidence: float = 0.95) -> Recognition:
    return Recognition(role, reason, confidence, (reason,))


_RULES: tuple[Rule, ...] = (
    _no_image, _localiser, *MR_FIRST_RULES, _picture, _elsewhere, *CT_RULES, *MR_RULES,
)  # fmt: skip
"""The first rule that answers decides."""
