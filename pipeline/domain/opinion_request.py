"""A request for an opinion (demande d'avis), whole: what the peripheral doctor tells of the patient and asks.

Nothing told is not the same as told to be normal: every clinical fact may be none. What cannot be right is
flagged, never refused and never corrected: at the bedside the doctor decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from pipeline.domain.nihss import Nihss
from pipeline.domain.request import Request, Urgency
from pipeline.domain.rota import Skill


class OnsetKind(StrEnum):
    """How well it is known when the symptoms began."""

    KNOWN = "known"
    """Somebody saw it begin, at ``Onset.at``."""
    LAST_KNOWN_WELL = "last_known_well"
    """Nobody saw it begin; it was after ``Onset.last_known_well_at``."""
    WAKE_UP = "wake_up"
    """The patient woke with it, at ``Onset.at``, and was well at ``Onset.last_known_well_at``."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Onset:
    """When the symptoms began, as far as it is known; times in UTC."""

    kind: OnsetKind = OnsetKind.UNKNOWN
    at: datetime | None = None
    last_known_well_at: datetime | None = None

    @property
    def clock_starts_at(self) -> datetime | None:
        """From when the windows for treatment run: the latest moment the patient was surely well."""
        return self.at if self.kind is OnsetKind.KNOWN else self.last_known_well_at


class Anticoagulant(StrEnum):
    """What the patient takes against clotting."""

    NONE = "none"
    VKA = "vka"
    DOAC = "doac"
    HEPARIN = "heparin"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientTold:
    """The patient as the requesting doctor names them; names are DICOM's, the birth date is YYYYMMDD."""

    FamilyName: str
    GivenName: str = ""
    PatientID: str = ""
    PatientBirthDate: str = ""
    PatientSex: str = ""

    @property
    def PatientName(self) -> str:
        """As DICOM writes it (PS3.5 6.2, PN)."""
        return f"{self.FamilyName}^{self.GivenName}".rstrip("^")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRequest:
    """What is asked and told. Pressures in mmHg, glucose in mmol/L, platelets in 10^9/L, weight in kg."""

    patient: PatientTold
    urgency: Urgency
    requester: str
    call_back: str
    question: str = ""
    skill: Skill = Skill.DIAGNOSTIC
    language: str = "fr"
    onset: Onset = field(default_factory=Onset)
    nihss: Nihss = field(default_factory=Nihss)
    age_years: int | None = None
    modified_rankin: int | None = None
    anticoagulant: Anticoagulant | None = None
    anticoagulant_name: str = ""
    last_dose_at: datetime | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    glucose_mmol_per_l: float | None = None
    platelets_e9_per_l: float | None = None
    inr: float | None = None
    weight_kg: float | None = None
    arrived_at: datetime | None = None
    """When the patient came through the door of the hospital that asks."""

    @property
    def brief(self) -> Request:
        """What the priority rules look at."""
        return Request(
            urgency=self.urgency,
            question=self.question,
            onset_at=self.onset.clock_starts_at,
            nihss=self.nihss.score,
            anticoagulant=self.anticoagulant,
        )


@dataclass(frozen=True, slots=True)
class Flag:
    """Something told that cannot be right, or that a reader will miss; ``code`` is translated by the desk."""

    code: str
    text: str


def flags(asked: OpinionRequest, now: datetime) -> tuple[Flag, ...]:
    """What to ask the requesting doctor about."""
    return (*_scale(asked), *_times(asked, now), *_facts(asked, now))


def _scale(asked: OpinionRequest) -> Iterator[Flag]:
    nihss = asked.nihss
    if nihss.contradicts_itself:
        text = f"the NIHSS total of {nihss.total} does not fit its items, which add up to {sum(nihss.items.values())}"
        yield Flag("nihss_total_differs", text)


def _times(asked: OpinionRequest, now: datetime) -> Iterator[Flag]:
    onset = asked.onset
    told = {
        "onset": onset.at,
        "last known well": onset.last_known_well_at,
        "last dose": asked.last_dose_at,
        "arrival": asked.arrived_at,
    }
    for name, at in told.items():
        if at is not None and at > now:
            yield Flag("time_in_future", f"the time of {name} lies in the future")
    if onset.at is not None and onset.last_known_well_at is not None and onset.last_known_well_at > onset.at:
        yield Flag("well_after_onset", "the patient was last seen well after the symptoms began")
    if onset.clock_starts_at is None:
        yield Flag("onset_not_told", "nobody told when the patient was last well: no window can be reckoned")


def _facts(asked: OpinionRequest, now: datetime) -> Iterator[Flag]:
    low, high = asked.diastolic_mmhg, asked.systolic_mmhg
    if low is not None and high is not None and low >= high:
        yield Flag("pressures_reversed", "the diastolic pressure is not below the systolic one")
    takes = asked.anticoagulant not in (None, Anticoagulant.NONE)
    if takes and asked.last_dose_at is None:
        yield Flag("last_dose_not_told", "an anticoagulant is taken, and nobody told when the last dose was")
    reckoned = age_at(asked.patient.PatientBirthDate, now.date())
    if reckoned is not None and asked.age_years is not None and abs(reckoned - asked.age_years) > 1:
        yield Flag("age_differs", f"the birth date makes {reckoned} years, not {asked.age_years}")


def age_at(birth_date: str, today: date) -> int | None:
    """Whole years since a DICOM date; none for one that is not a date or not yet."""
    try:
        born = datetime.strptime(birth_date, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years if years >= 0 else None


@dataclass(frozen=True, slots=True)
class Window:
    """A time after which a treatment is no longer given on the clock alone, to be counted down to."""

    code: str
    ends_at: datetime


WINDOWS = (
    ("thrombolysis", timedelta(hours=4, minutes=30)),  # ESO guideline 2021, doi:10.1177/2396987321989865
    ("thrombectomy_early", timedelta(hours=6)),
    ("thrombectomy_late", timedelta(hours=24)),  # on mismatch only: DAWN, DEFUSE-3
)
"""The windows, from when the patient was last surely well."""


def windows(onset: Onset) -> tuple[Window, ...]:
    """Every window and its end; none when nobody knows when the patient was last well."""
    began = onset.clock_starts_at
    return () if began is None else tuple(Window(code, began + lasts) for code, lasts in WINDOWS)
