"""What a browser sends about the rota."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from pipeline.domain.holidays import REGIONS
from pipeline.domain.rota import DutyMode, Period, Skill
from review_ui.http.moments import Moment
from review_ui.requests.sent import Line, Phone, Sent

SiteName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]
_EMAIL = r"^$|^[^@\s\x00-\x1f<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,190}$"


class PeriodSent(Sent):
    """A time with a beginning and an end."""

    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> PeriodSent:
        if self.ends_at <= self.starts_at:
            raise ValueError("it must end after it starts")
        return self

    @property
    def period(self) -> Period:
        """As the domain has it."""
        return Period(self.starts_at.astimezone(UTC), self.ends_at.astimezone(UTC))


Revision = Annotated[int, Field(strict=True, ge=0, le=2**31 - 2)]
"""What one has seen, and changes; 0 where there was nothing yet."""


class ExpertSent(Sent):
    """What an account can be called for; no site means all of them."""

    revision: Revision

    centre: Annotated[Line, StringConstraints(min_length=1)]
    skills: Annotated[list[Skill], Field(min_length=1, max_length=len(Skill))]
    sites: Annotated[list[SiteName], Field(max_length=200)] = Field(default_factory=list)
    languages: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]], Field(min_length=1)] = Field(
        default_factory=lambda: ["fr"]
    )
    phone: Phone
    email: Annotated[str, StringConstraints(max_length=254, pattern=_EMAIL)] = ""


class DutySent(PeriodSent):
    """Somebody on duty; ``centre`` is the expert's own unless given."""

    expert: UUID
    skill: Skill
    rank: Annotated[int, Field(strict=True, ge=1, le=9)] = 1
    sites: Annotated[list[SiteName], Field(max_length=200)] = Field(default_factory=list)
    mode: DutyMode = DutyMode.AT_HOME
    centre: Line = ""


class ChangedDutySent(DutySent):
    """A changed duty."""

    revision: Revision


class AbsenceSent(PeriodSent):
    """When somebody cannot be called; ``expert`` only from those who keep the rota."""

    expert: UUID | None = None
    why: Line = ""


class ExchangeSent(PeriodSent):
    """A part of a duty that somebody else is asked to do."""

    duty: UUID
    taker: UUID
    note: Line = ""


class NeedsSent(Sent):
    """What must always be covered for a site, and what one saw it was; nothing: diagnostic neuroradiology."""

    skills: Annotated[list[Skill], Field(max_length=len(Skill))]
    seen: Annotated[list[Skill], Field(max_length=len(Skill))]


class SetUpSent(Sent):
    """What an administrator must say once; the fallback number has no default."""

    revision: Revision

    fallback_phone: Phone
    site_phones: dict[SiteName, Phone] = Field(default_factory=dict, max_length=500)
    public_url: Annotated[str, StringConstraints(max_length=200, pattern=r"^(https?://[^\s/?#@]+(/[^\s?#@]*)?)?$")] = ""
    holiday_region: Annotated[str, StringConstraints(pattern=f"^({'|'.join(REGIONS)})$")] = ""
