"""A request as the desk's JSON shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipeline.database.requests import StoredRequest
from pipeline.domain.opinion_request import OpinionRequest, flags, windows
from review_ui.views import Instant, PatientView, WindowView


@dataclass(frozen=True, slots=True)
class FlagView:
    """Something told that a reader should ask about."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class OnsetView:
    """When it began, as far as it is known; ``clock_starts_at`` is what windows are reckoned from."""

    kind: str
    at: Instant | None
    last_known_well_at: Instant | None
    clock_starts_at: Instant | None


@dataclass(frozen=True, slots=True)
class NihssView:
    """The stroke scale; ``sum`` is none unless all fifteen items are known."""

    total: int | None
    items: dict[str, int]
    sum: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request for an opinion, and the case it belongs to; ``unsure`` are cases a person must look at."""

    id: UUID
    site: str
    case: UUID
    state: str
    why: str
    version: int
    link: str
    unsure: list[UUID]
    made_by: str
    made_at: Instant
    changed_at: Instant
    answered_at: Instant | None
    patient: PatientView
    urgency: str
    requester: str
    call_back: str
    question: str
    skill: str
    language: str
    onset: OnsetView
    nihss: NihssView
    age_years: int | None
    modified_rankin: int | None
    anticoagulant: str | None
    anticoagulant_name: str
    last_dose_at: Instant | None
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    glucose_mmol_per_l: float | None
    platelets_e9_per_l: float | None
    inr: float | None
    weight_kg: float | None
    arrived_at: Instant | None
    flags: list[FlagView]
    windows: list[WindowView]


@dataclass(frozen=True, slots=True)
class CheckedView:
    """What would be flagged in a request, and the windows it would open, before it is sent."""

    flags: list[FlagView]
    windows: list[WindowView]


_SAME = (
    "requester", "call_back", "question", "skill", "language", "age_years", "modified_rankin", "anticoagulant",
    "anticoagulant_name", "last_dose_at", "systolic_mmhg", "diastolic_mmhg", "glucose_mmol_per_l",
    "platelets_e9_per_l", "inr", "weight_kg", "arrived_at",
)  # fmt: skip


def request_view(one: StoredRequest, made_by: str, now: datetime) -> RequestView:
    """A stored request with what follows from it at this time."""
    asked = one.asked
    checked = checked_view(asked, now)
    return RequestView(
        id=one.id,
        site=one.site_id,
        case=one.case_id,
        state=one.state,
        why=one.why,
        version=one.version,
        link=one.link,
        unsure=list(one.unsure),
        made_by=made_by,
        made_at=one.made_at,
        changed_at=one.changed_at,
        answered_at=one.answered_at,
        patient=_patient(asked),
        urgency=asked.urgency.value,
        onset=OnsetView(
            asked.onset.kind.value, asked.onset.at, asked.onset.last_known_well_at, asked.onset.clock_starts_at
        ),
        nihss=NihssView(
            asked.nihss.total, {item.value: score for item, score in asked.nihss.items.items()}, asked.nihss.sum
        ),
        flags=checked.flags,
        windows=checked.windows,
        **{name: getattr(asked, name) for name in _SAME},
    )


def checked_view(asked: OpinionRequest, now: datetime) -> CheckedView:
    """A request that is not stored, with what follows from it at this time."""
    return CheckedView(
        [FlagView(flag.code, flag.text) for flag in flags(asked, now)],
        [WindowView(window.code, window.ends_at) for window in windows(asked.onset)],
    )


def _patient(asked: OpinionRequest) -> PatientView:
    told = asked.patient
    return PatientView(told.PatientName, told.PatientID, told.PatientBirthDate, told.PatientSex)
