"""What a phantom study is made of: small values that `pipeline.phantom.write_study` turns into files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.domain.finding import Side

BOTTOM_MM = -55.0
"""Height of the lowest slice of a default series in the head's frame: below the foramen magnum."""


class SeriesKind(StrEnum):
    """What a phantom series shows."""

    NCCT = "ncct"
    CTA = "cta"
    DWI = "dwi"
    """b = 0 and b = 1000 s/mm2, one series, two images per position."""
    ADC = "adc"
    LOCALISER = "localiser"
    DOSE_REPORT = "dose_report"
    """X-Ray Radiation Dose SR: a study without pixel data."""
    SECONDARY_CAPTURE = "secondary_capture"
    """A page of text as an image: nothing a model can read."""


class BleedSite(StrEnum):
    """Where a phantom haemorrhage lies."""

    BASAL_GANGLIA = "basal_ganglia"
    THALAMUS = "thalamus"
    LOBAR = "lobar"
    CEREBELLUM = "cerebellum"
    SUBDURAL = "subdural"


@dataclass(frozen=True, slots=True)
class Haemorrhage:
    """Blood of ``volume_ml`` millilitres on the patient's left or right."""

    volume_ml: float
    side: Side = Side.LEFT
    site: BleedSite = BleedSite.BASAL_GANGLIA

    def __post_init__(self) -> None:
        if self.side not in (Side.LEFT, Side.RIGHT):
            raise ValueError("a phantom haemorrhage is on the left or on the right")
        if not 0 < self.volume_ml <= 150:
            raise ValueError("a phantom haemorrhage has more than 0 and at most 150 mL")


@dataclass(frozen=True, slots=True)
class PhantomPatient:
    """Demographics of somebody who does not exist."""

    PatientID: str = "PHANTOM-1"
    PatientName: str = "PHANTOM^Camille"
    PatientBirthDate: str = "19510314"
    PatientSex: str = "O"
    IssuerOfPatientID: str = ""


@dataclass(frozen=True, slots=True)
class PhantomSeries:
    """One series.

    ``images`` is the number of slice positions, ``spacing_mm`` their distance along the table;
    ``thickness_mm`` of 0 means as thick as their distance. ``fine_from`` > 0 makes spacing uneven:
    the first that many gaps are half as wide. ``tilt_deg`` tilts the gantry (slices stay parallel
    and move along the table, so the stack is sheared). ``received`` > 0 keeps only the lowest that
    many images, while the headers go on promising all of them where ``promises`` says so.
    """

    kind: SeriesKind = SeriesKind.NCCT
    images: int = 40
    spacing_mm: float = 4.0
    thickness_mm: float = 0.0
    rows: int = 512
    field_mm: float = 230.0
    tilt_deg: float = 0.0
    fine_from: int = 0
    received: int = 0
    promises: bool = True
    bottom_mm: float = BOTTOM_MM


@dataclass(frozen=True, slots=True)
class PhantomStudy:
    """One study of one phantom patient; the same value always gives the same bytes.

    ``infarct_ml`` is a fresh infarct, bright on diffusion only, in the right middle cerebral
    artery's territory. ``started`` is the hospital's local time, as DICOM writes it.
    """

    seed: int = 1
    patient: PhantomPatient = field(default_factory=PhantomPatient)
    series: tuple[PhantomSeries, ...] = (PhantomSeries(),)
    haemorrhage: Haemorrhage | None = None
    infarct_ml: float = 0.0
    description: str = "SCANNER CEREBRAL"
    institution: str = "PHANTOM"
    started: datetime = datetime(2026, 11, 21, 8, 30)  # noqa: DTZ001 - DICOM dates carry no zone
