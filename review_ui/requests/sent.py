"""A request for an opinion as a browser sends it: checked here, and a value of the domain from then on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pipeline.domain.nihss import MOST, MOST_TOTAL, Nihss, NihssItem
from pipeline.domain.opinion_request import Anticoagulant, Onset, OnsetKind, OpinionRequest, PatientTold
from pipeline.domain.request import Urgency
from pipeline.domain.rota import Skill
from review_ui.http.moments import Moment

_NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"

Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f]*$")]
Paragraph = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True, pattern=_NO_CONTROL)]
NamePart = Annotated[str, StringConstraints(max_length=64, strip_whitespace=True, pattern=r"^[^\x00-\x1f\\^=]*$")]
"""DICOM's PN may hold none of its own delimiters (PS3.5 6.2)."""
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ().-]{2,31}$")]
BirthDate = Annotated[str, StringConstraints(pattern=r"^([0-9]{8})?$")]


class Sent(BaseModel):
    """What a browser sends: a field nobody knows is refused, not dropped."""

    model_config = ConfigDict(extra="forbid")


class PatientSent(Sent):
    """Who the patient is; the birth date is YYYYMMDD, the sex DICOM's (M, F, O) or empty."""

    family_name: Annotated[NamePart, StringConstraints(min_length=1)]
    given_name: NamePart = ""
    patient_id: NamePart = ""
    birth_date: BirthDate = ""
    sex: Annotated[str, StringConstraints(pattern=r"^[MFO]?$")] = ""


class OnsetSent(Sent):
    """When it began; see `pipeline.domain.opinion_request.Onset`."""

    kind: OnsetKind = OnsetKind.UNKNOWN
    at: Moment | None = None
    last_known_well_at: Moment | None = None

    @model_validator(mode="after")
    def _kind_and_times_agree(self) -> OnsetSent:
        if self.kind is OnsetKind.KNOWN and self.at is None:
            raise ValueError("a known onset has a time")
        if self.kind is OnsetKind.LAST_KNOWN_WELL and self.last_known_well_at is None:
            raise ValueError("say when the patient was last seen well")
        return self


class NihssSent(Sent):
    """The stroke scale: a total, items by their number on the form (1a to 11), or both."""

    total: Annotated[int, Field(strict=True, ge=0, le=MOST_TOTAL)] | None = None
    items: dict[NihssItem, Annotated[int, Field(strict=True, ge=0, le=4)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_item_is_above_its_most(self) -> NihssSent:
        if any(score > MOST[item] for item, score in self.items.items()):
            raise ValueError("an item is above its highest score")
        return self


class RequestSent(Sent):
    """A request for an opinion. Units as in `pipeline.domain.opinion_request.OpinionRequest`."""

    patient: PatientSent
    urgency: Urgency
    requester: Annotated[Line, StringConstraints(min_length=1)]
    call_back: Phone
    question: Paragraph = ""
    skill: Skill = Skill.DIAGNOSTIC
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "fr"
    onset: OnsetSent = Field(default_factory=OnsetSent)
    nihss: NihssSent = Field(default_factory=NihssSent)
    age_years: Annotated[int, Field(strict=True, ge=0, le=130)] | None = None
    modified_rankin: Annotated[int, Field(strict=True, ge=0, le=5)] | None = None
    anticoagulant: Anticoagulant | None = None
    anticoagulant_name: Line = ""
    last_dose_at: Moment | None = None
    systolic_mmhg: Annotated[int, Field(strict=True, ge=20, le=400)] | None = None
    diastolic_mmhg: Annotated[int, Field(strict=True, ge=10, le=300)] | None = None
    glucose_mmol_per_l: Annotated[float, Field(strict=True, ge=0.1, le=100)] | None = None
    platelets_e9_per_l: Annotated[float, Field(strict=True, ge=0, le=5000)] | None = None
    inr: Annotated[float, Field(strict=True, ge=0.1, le=30)] | None = None
    weight_kg: Annotated[float, Field(strict=True, ge=0.2, le=700)] | None = None
    arrived_at: Moment | None = None

    def told(self) -> OpinionRequest:
        """As the domain has it, every time in UTC."""
        same = self.model_dump(
            exclude={"patient", "onset", "nihss", "last_dose_at", "arrived_at", "key", "site", "version"}
        )
        return OpinionRequest(
            **same,
            patient=PatientTold(
                FamilyName=self.patient.family_name,
                GivenName=self.patient.given_name,
                PatientID=self.patient.patient_id,
                PatientBirthDate=self.patient.birth_date,
                PatientSex=self.patient.sex,
            ),
            onset=Onset(self.onset.kind, utc(self.onset.at), utc(self.onset.last_known_well_at)),
            nihss=Nihss(self.nihss.total, dict(self.nihss.items)),
            last_dose_at=utc(self.last_dose_at),
            arrived_at=utc(self.arrived_at),
        )


class NewRequestSent(RequestSent):
    """A new request; ``site`` only from those who ask in a hospital's name.

    ``key`` is any UUID of the sender's: sent again after a cut line, the request is made once.
    """

    site: Line | None = None
    key: UUID | None = None


class ChangedRequestSent(RequestSent):
    """A changed request, with the version it was changed from."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]


class Withdrawal(Sent):
    """Why a request is taken back."""

    why: Annotated[Line, StringConstraints(min_length=1)]


class LinkSent(Sent):
    """The case a request belongs to, by a person's word; none: to no case there is."""

    case: UUID | None


def utc(at: datetime | None) -> datetime | None:
    """The same moment in UTC."""
    return None if at is None else at.astimezone(UTC)
