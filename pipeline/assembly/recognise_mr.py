"""Rules that tell one MR series of a head from another, by how the signal was made."""

from __future__ import annotations

import re

from pipeline.assembly.described import described_role
from pipeline.assembly.evidence import Evidence
from pipeline.domain.role import Recognition, SeriesRole

_DIFFUSION_MAP = frozenset({"FA", "COLFA", "TENSOR", "EADC", "EXP", "RA", "VR", "DIFFUSION_ANISO"})
_ADC = frozenset({"ADC", "ADC_UNSPECIFIED", "ADC MAP", "AVERAGE DC", "AVDC"})
_DIFFUSION = frozenset({"DIFFUSION", "TRACEW", "TRACE", "ISOTROPIC", "ISO"})
_SWI = frozenset({"SWI", "SWIP", "SW", "SWAN", "QSM"})
_PERFUSION = frozenset({"PERFUSION", "ASL", "DSC", "PCASL", "PASL"})

_WEIGHTED_FROM = 400.0
"""From this b-value (s/mm2) on an image is read as diffusion-weighted; b0 alone is not."""

_DYNAMIC_FROM = 10
"""Perfusion repeats a place 30 to 80 times; averages and echoes stay below this."""

_CONTRASTS = {
    "T2_STAR": SeriesRole.T2_STAR, "T1": SeriesRole.T1, "T2": SeriesRole.T2, "TOF": SeriesRole.MRA,
    "FLOW_ENCODED": SeriesRole.MRA, "PERFUSION": SeriesRole.PWI, "FLUID_ATTENUATED": SeriesRole.FLAIR,
}  # fmt: skip
"""AcquisitionContrast (PS3.3 C.8.13.3.1.1)."""


def susceptibility(evidence: Evidence) -> Recognition | None:
    """SWI with its phase and minimum-intensity pictures, which come as derived projections."""
    if evidence.modality != "MR":
        return None
    named = evidence.image_type & _SWI
    if named:
        return Recognition(SeriesRole.SWI, f"susceptibility-weighted MR (ImageType {min(named)})", 0.95)
    if re.search(r"SWI|SWAN", evidence.sequence_name):
        return Recognition(SeriesRole.SWI, "susceptibility-weighted MR (SequenceName)", 0.9)
    return None


def adc(evidence: Evidence) -> Recognition | None:
    """An ADC map, or another map made from diffusion."""
    if evidence.modality != "MR":
        return None
    maps = evidence.image_type & _DIFFUSION_MAP
    if maps:
        return Recognition(SeriesRole.DERIVED, f"diffusion map that is not ADC (ImageType {min(maps)})", 0.9)
    named = evidence.image_type & _ADC
    return Recognition(SeriesRole.ADC, f"ADC map (ImageType {min(named)})", 0.95) if named else None


def diffusion(evidence: Evidence) -> Recognition | None:
    """A diffusion-weighted image, or the ADC map made from it when it is derived and says so."""
    reason = _diffusion_reason(evidence) if evidence.modality == "MR" else ""
    if not reason:
        return None
    if "DERIVED" in evidence.image_type and re.search(r"\bADC|APPARENT", evidence.description):
        return Recognition(SeriesRole.ADC, f"ADC map (derived image, its description, {reason})", 0.8)
    only_b0 = bool(evidence.b_values) and evidence.b_values[-1] < _WEIGHTED_FROM
    return Recognition(SeriesRole.DWI, f"diffusion-weighted MR ({reason})", 0.7 if only_b0 else 0.95)


def _diffusion_reason(evidence: Evidence) -> str:
    values = f"b-values {' and '.join(f'{value:.0f}' for value in evidence.b_values)} s/mm2"
    named = evidence.image_type & _DIFFUSION
    if evidence.b_values and evidence.b_values[-1] >= _WEIGHTED_FROM:
        return values
    if named:
        return f"ImageType {min(named)}"
    if evidence.acquisition_contrast == "DIFFUSION":
        return "AcquisitionContrast DIFFUSION"
    return f"echo-planar, {values} so far" if evidence.b_values and "EP" in evidence.sequence else ""


def perfusion(evidence: Evidence) -> Recognition | None:
    """The same slices over time, or blood labelled by its spins."""
    if evidence.modality != "MR":
        return None
    named = evidence.image_type & _PERFUSION
    if named or evidence.labelled:
        what = f"ImageType {min(named)}" if named else "ArterialSpinLabelingContrast"
        return Recognition(SeriesRole.PWI, f"perfusion MR ({what})", 0.9)
    if evidence.repeats < _DYNAMIC_FROM:
        return None
    times = f"{evidence.repeats} images at one position"
    if evidence.contrast:
        return Recognition(SeriesRole.PWI, f"perfusion MR ({times}, contrast agent given)", 0.95)
    return Recognition(SeriesRole.PWI, f"perfusion or another dynamic MR ({times})", 0.6)


def flair(evidence: Evidence) -> Recognition | None:
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


def named_contrast(evidence: Evidence) -> Recognition | None:
    """What enhanced images say of themselves, and the flag of angiography."""
    if evidence.modality != "MR":
        return None
    role = _CONTRASTS.get(evidence.acquisition_contrast)
    if role is not None:
        return Recognition(role, f"{role.value} MR (AcquisitionContrast {evidence.acquisition_contrast})", 0.95)
    if evidence.angiographic or re.search(r"TOF", evidence.sequence_name):
        return Recognition(SeriesRole.MRA, "MR angiography (AngioFlag or SequenceName)", 0.9)
    return None


def by_timing(evidence: Evidence) -> Recognition | None:
    """T1, T2, T2* and angiography from how the signal was made (TR, TE, TI, flip angle, gradient or spin echo)."""
    if evidence.modality != "MR" or evidence.RepetitionTime is None or evidence.EchoTime is None:
        return None
    tr, te, ti = evidence.RepetitionTime, evidence.EchoTime, evidence.InversionTime
    times = f"TR {tr:.0f}, TE {te:.0f}{'' if ti is None else f', TI {ti:.0f}'} ms"
    if "GR" in evidence.sequence or ("EP" in evidence.sequence and "SE" not in evidence.sequence and te < 60):
        return _gradient_echo(evidence, times)
    if ti is not None and 300 <= ti <= 1400 and te <= 40:
        return Recognition(SeriesRole.T1, f"T1-weighted MR ({times}: inversion, short echo)", 0.85)
    if te <= 30 and tr <= 1200:
        return Recognition(SeriesRole.T1, f"T1-weighted MR ({times})", 0.85)
    if te >= 60 and tr >= 1800 and (ti is None or ti <= 0):
        return Recognition(SeriesRole.T2, f"T2-weighted MR ({times})", 0.85)
    return Recognition(SeriesRole.OTHER, f"MR that is neither diffusion nor FLAIR, T1 or T2 ({times}, no b-value)", 0.8)


def _gradient_echo(evidence: Evidence, times: str) -> Recognition:
    tr, te = evidence.RepetitionTime or 0.0, evidence.EchoTime or 0.0
    flip = evidence.FlipAngle
    if evidence.InversionTime and te <= 10:
        return Recognition(SeriesRole.T1, f"T1-weighted MR ({times}: gradient echo after inversion)", 0.9)
    if te >= 12:
        if evidence.three_dimensional and tr <= 80:
            return Recognition(
                SeriesRole.SWI, f"susceptibility-weighted MR ({times}: 3D gradient echo, long echo)", 0.7
            )
        return Recognition(SeriesRole.T2_STAR, f"T2*-weighted MR ({times}: gradient echo, long echo)", 0.85)
    if evidence.three_dimensional and 14 <= tr <= 45 and (flip is None or 10 <= flip <= 40) and not evidence.contrast:
        return Recognition(SeriesRole.MRA, f"MR angiography by time of flight ({times}: 3D gradient echo)", 0.6)
    return Recognition(SeriesRole.T1, f"T1-weighted MR ({times}: gradient echo, short echo)", 0.7)


def by_description(evidence: Evidence) -> Recognition | None:
    """The description decides only where no timing and no diffusion tag speaks."""
    if evidence.modality != "MR":
        return None
    role = described_role(evidence)
    if role is not None:
        return Recognition(role, f"{role.upper()} by its description alone", 0.5)
    return Recognition(SeriesRole.OTHER, "MR without timing, b-value or telling description", 0.5)


MR_FIRST_RULES = (susceptibility,)
"""Asked before projections are put aside."""

MR_RULES = (adc, diffusion, perfusion, flair, named_contrast, by_timing, by_description)
