"""Rules that tell one CT series of a head from another."""

from __future__ import annotations

from pipeline.assembly.described import ANGIOGRAPHY, HEAD, INJECTED, PERFUSION, WITHOUT
from pipeline.assembly.evidence import Evidence
from pipeline.domain.role import Recognition, SeriesRole

_DYNAMIC_FROM = 4
"""Multiphase angiography repeats a place up to three times, perfusion twenty times and more."""

_ANGIOGRAPHY_UP_TO_MM = 2.5
"""Angiography is reconstructed in 0.5 to 1.5 mm; thicker slices after contrast are read as brain."""

_DYNAMIC = frozenset({"DYNAMIC", "PERFUSION"})


def not_plain_ct(evidence: Evidence) -> Recognition | None:
    """Reformats, dynamic series and what was taken after contrast."""
    if evidence.modality != "CT":
        return None
    if evidence.normal is not None and abs(evidence.normal[2]) < 0.7:
        reason = "CT reformatted in another plane than axial (ImageOrientationPatient)"
        return Recognition(SeriesRole.DERIVED, reason, 0.9)
    if evidence.repeats >= _DYNAMIC_FROM:
        return Recognition(SeriesRole.CTP, f"CT perfusion: {evidence.repeats} images at one position", 0.9)
    named = evidence.image_type & _DYNAMIC
    if named:
        return Recognition(SeriesRole.CTP, f"CT perfusion (ImageType {min(named)})", 0.85)
    return _enhanced(evidence) if evidence.contrast else None


def plain_ct(evidence: Evidence) -> Recognition | None:
    """A CT that no tag calls enhanced: by its description alone still an angiography, else non-contrast."""
    if evidence.modality != "CT":
        return None
    words = evidence.description
    thin = evidence.thickness_mm is None or evidence.thickness_mm < 3
    if WITHOUT.search(words) is None:
        if PERFUSION.search(words):
            return Recognition(SeriesRole.CTP, "CT perfusion by its description alone", 0.5)
        if thin and ANGIOGRAPHY.search(words):
            return Recognition(SeriesRole.CTA, "CT angiography by its description alone (thin slices)", 0.6)
        if INJECTED.search(words):
            return Recognition(SeriesRole.CTA, "contrast-enhanced CT by its description alone", 0.5)
    confidence = 0.95 if HEAD.search(evidence.body_part) else 0.7
    return Recognition(SeriesRole.NCCT, f"non-contrast head CT: {_facts(evidence)}", confidence)


def _enhanced(evidence: Evidence) -> Recognition:
    tags = ", ".join(evidence.contrast)
    if WITHOUT.search(evidence.description) and evidence.contrast == ("ContrastBolusAgent",):
        return Recognition(SeriesRole.CTA, f"contrast-enhanced CT ({tags}), though described as without", 0.5)
    thick = evidence.thickness_mm is not None and evidence.thickness_mm > _ANGIOGRAPHY_UP_TO_MM
    name = "contrast-enhanced CT in thick slices" if thick else "CT angiography"
    return Recognition(SeriesRole.CTA, f"{name}: contrast agent given ({tags})", 0.7 if thick else 0.95)


def _facts(evidence: Evidence) -> str:
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


CT_RULES = (not_plain_ct, plain_ct)
