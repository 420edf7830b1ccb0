"""What the headers of a series say about what it is, gathered in one value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pydicom

from pipeline.assembly.diffusion import Weighting, weighting
from pipeline.assembly.headers import frames, has_items, in_groups, number, numbers, shared, text, tokens
from pipeline.assembly.siemens import mosaic

_NO_AGENT = frozenset({"", "NONE", "NO", "N", "0", "NA", "N/A", "NON", "SANS", "NO CONTRAST", "WITHOUT", "NULL"})
_PREFILLED_AGENT = frozenset({"APPLIED DEFAULT"})
"""Agent names that a scanner writes by itself; they count only with a volume or a start time."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facts from headers; texts upper case, "" or None when the headers say nothing.

    ``contrast`` names the tags that say a contrast agent was given. ``normal`` is the slice normal (LPS)
    of most images, ``orientations`` how many there are if none of them has the majority, else 1,
    ``extent_mm`` the distance between the outermost slices, ``repeats`` the largest number of images
    at one position. Times in ms, b-values in s/mm2. ``sequence`` and ``sequence_name`` are of MR;
    ``labelled`` says that blood was labelled by its spins; ``injected_s`` how long ago the injection had begun.
    """

    modality: str
    SOPClassUID: str
    image_type: frozenset[str]
    contrast: tuple[str, ...]
    kernel: str
    body_part: str
    description: str
    thickness_mm: float | None
    field_mm: float | None
    tilt_degrees: float
    normal: tuple[float, ...] | None
    orientations: int
    extent_mm: float | None
    repeats: int
    b_values: tuple[float, ...]
    RepetitionTime: float | None
    EchoTime: float | None
    InversionTime: float | None
    sequence: frozenset[str]
    sequence_name: str
    acquisition_contrast: str
    FlipAngle: float | None
    three_dimensional: bool
    angiographic: bool
    labelled: bool
    colour: bool
    injected_s: float | None


def gather(headers: Sequence[pydicom.Dataset]) -> Evidence:
    """Read the evidence of a series from the headers that have arrived, at least one."""
    first = _typical(headers)
    lie = _geometry(headers)
    return Evidence(
        modality=text(first, "Modality"),
        SOPClassUID=text(first, "SOPClassUID"),
        image_type=tokens(first, "ImageType") | tokens(first, "FrameType"),
        contrast=_contrast(first),
        kernel=text(first, "ConvolutionKernel").replace("\\", " "),
        body_part=text(first, "BodyPartExamined"),
        description=f"{text(first, 'SeriesDescription')} {text(first, 'ProtocolName')}".strip(),
        thickness_mm=number(first, "SliceThickness"),
        field_mm=_field_mm(first),
        tilt_degrees=number(first, "GantryDetectorTilt") or 0.0,
        normal=lie.normal,
        orientations=lie.orientations,
        extent_mm=lie.extent_mm,
        repeats=lie.repeats,
        b_values=_b_values(headers),
        RepetitionTime=number(first, "RepetitionTime"),
        EchoTime=number(first, "EchoTime") or number(first, "EffectiveEchoTime"),
        InversionTime=number(first, "InversionTime") or number(first, "InversionTimes"),
        sequence=_sequence(first),
        sequence_name=f"{text(first, 'SequenceName')} {text(first, 'PulseSequenceName')}".strip(),
        acquisition_contrast=text(first, "AcquisitionContrast"),
        FlipAngle=number(first, "FlipAngle"),
        three_dimensional=text(first, "MRAcquisitionType") == "3D",
        angiographic=text(first, "AngioFlag") == "Y" or "TIME_OF_FLIGHT" in text(first, "TimeOfFlightContrast"),
        labelled=bool(text(first, "ArterialSpinLabelingContrast")),
        colour=(number(first, "SamplesPerPixel") or 1) > 1
        or text(first, "PhotometricInterpretation").startswith("PAL"),
        injected_s=_delay(first),
    )


def _contrast(header: pydicom.Dataset) -> tuple[str, ...]:
    agent = text(header, "ContrastBolusAgent")
    given = [key for key in ("ContrastBolusVolume", "ContrastBolusTotalDose") if (number(header, key) or 0) > 0]
    given += [key for key in ("ContrastBolusAgentSequence", "ContrastBolusUsageSequence") if has_items(header, key)]
    given += [key for key in ("ContrastBolusStartTime", "ContrastBolusIngredient") if text(header, key)]
    named = agent not in _NO_AGENT and (agent not in _PREFILLED_AGENT or bool(given))
    return (*(["ContrastBolusAgent"] if named else []), *given)


def _delay(header: pydicom.Dataset) -> float | None:
    """How long after the injection began the first image was taken, where both times stand in the header."""
    started, taken = _seconds(header, "ContrastBolusStartTime"), _seconds(header, "AcquisitionTime")
    if started is None or taken is None or not 0 < taken - started < 900:
        return None
    return taken - started


def _seconds(header: pydicom.Dataset, keyword: str) -> float | None:
    """Seconds since midnight of a DICOM time (PS3.5 6.2, VR TM)."""
    said = text(header, keyword)
    if len(said) < 6 or not said[:6].isdecimal():
        return None
    return int(said[:2]) * 3600 + int(said[2:4]) * 60 + float(int(said[4:6]))


def _field_mm(header: pydicom.Dataset) -> float | None:
    """Width of one image; of a mosaic, that of one of its slices."""
    spacing, columns = number(header, "PixelSpacing"), number(header, "Columns")
    laid = mosaic(header)
    return spacing * columns / (laid.grid if laid else 1) if spacing and columns else None


def _sequence(header: pydicom.Dataset) -> frozenset[str]:
    """GR, SE, EP, IR ... of classic images (PS3.3 C.8.3.1), and what enhanced ones call them."""
    named = tokens(header, "ScanningSequence") | tokens(header, "EchoPulseSequence")
    enhanced = {"GRADIENT": "GR", "SPIN": "SE", "BOTH": "GR"}
    planar = {"EP"} if text(header, "EchoPlanarPulseSequence") == "YES" else set()
    return named | {enhanced[one] for one in named if one in enhanced} | planar


def _typical(headers: Sequence[pydicom.Dataset]) -> pydicom.Dataset:
    """The fullest header of the commonest ImageType: not a scout among slices, not one that was cut short."""
    kinds = Counter(text(header, "ImageType") for header in headers)
    commonest = kinds.most_common(1)[0][0]
    return max((header for header in headers if text(header, "ImageType") == commonest), key=len)


@dataclass(frozen=True, slots=True)
class _Lie:
    """How the images lie; see `Evidence`."""

    normal: tuple[float, ...] | None = None
    orientations: int = 0
    extent_mm: float | None = None
    repeats: int = 1


def _geometry(headers: Sequence[pydicom.Dataset]) -> _Lie:
    planes = [plane for header in headers for plane in _planes(header)]
    if not planes:
        return _Lie()
    normals = Counter(normal for normal, _ in planes)
    main, count = normals.most_common(1)[0]
    placed = [position for normal, position in planes if normal == main]
    along = np.array(placed) @ np.array(main)
    _, counts = np.unique(np.round(placed, 1), axis=0, return_counts=True)
    orientations = 1 if count > len(planes) / 2 else len(normals)
    return _Lie(main, orientations, float(np.ptp(along)), int(counts.max()))


def _planes(header: pydicom.Dataset) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """(normal to two digits, position) of each image plane of one instance that has a usable geometry."""
    groups = [(shared(header), frame) for frame in frames(header)]
    if groups:
        found = [(_of(common, frame, "ImageOrientationPatient"), _of(common, frame, "ImagePositionPatient"))
                 for common, frame in groups]  # fmt: skip
    else:
        found = [(numbers(header, "ImageOrientationPatient"), numbers(header, "ImagePositionPatient"))]
    whole = [(o, p) for o, p in found if len(o) == 6 and len(p) == 3]
    return [(_normal(orientation), position) for orientation, position in whole]


@lru_cache(maxsize=64)
def _normal(orientation: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(float(part), 2) + 0.0 for part in np.cross(orientation[:3], orientation[3:]))


def _of(common: pydicom.Dataset | None, frame: pydicom.Dataset, keyword: str) -> tuple[float, ...]:
    item = in_groups(frame, keyword) or in_groups(common, keyword)
    return () if item is None else numbers(item, keyword)


def _b_values(headers: Sequence[pydicom.Dataset]) -> tuple[float, ...]:
    """The b-values of all images; a bare private 0 counts only beside others, some write it on every image."""
    found = [one for header in headers if text(header, "Modality") == "MR" for one in _weightings(header)]
    proven = any(one.proves for one in found)
    return tuple(sorted({one.b_value for one in found})) if proven else ()


def _weightings(header: pydicom.Dataset) -> list[Weighting]:
    groups = list(frames(header))
    if not groups:
        found = [weighting(header)]
    else:
        common = shared(header)
        found = [weighting(header, frame, common) for frame in groups]
    return [one for one in found if one is not None]
