"""What a browser sends of an opinion."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pipeline.domain.finding import HaemorrhageSite, Side
from pipeline.domain.opinion import (
    AspectsRegion,
    Content,
    CriticalCall,
    Haemorrhage,
    Ischaemia,
    Occlusion,
    Quality,
    Recommendation,
    Territory,
)
from review_ui.http.moments import Moment
from review_ui.requests.sent import Line, Paragraph, Sent, utc

Volume = Annotated[float, Field(strict=True, ge=0, le=3000)]
Millimetres = Annotated[float, Field(strict=True, ge=0, le=100)]
Revision = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]


class HaemorrhageSent(Sent):
    """See `pipeline.domain.opinion.Haemorrhage`."""

    present: bool | None = None
    sites: set[HaemorrhageSite] = Field(default_factory=set)
    side: Side | None = None
    volume_ml: Volume | None = None
    midline_shift_mm: Millimetres | None = None
    spot_sign: bool | None = None


class IschaemiaSent(Sent):
    """See `pipeline.domain.opinion.Ischaemia`; ``aspects`` are the regions that are affected."""

    present: bool | None = None
    side: Side | None = None
    territories: set[Territory] = Field(default_factory=set)
    aspects: set[AspectsRegion] | None = None
    occlusion: Occlusion | None = None
    core_ml: Volume | None = None
    hypoperfused_ml: Volume | None = None


class CriticalCallSent(Sent):
    """A critical result told by telephone."""

    told: Annotated[Line, StringConstraints(min_length=1)]
    at: Moment
    read_back: bool


class ContentSent(Sent):
    """The whole of an opinion."""

    quality: Quality | None = None
    haemorrhage: HaemorrhageSent = Field(default_factory=HaemorrhageSent)
    ischaemia: IschaemiaSent = Field(default_factory=IschaemiaSent)
    recommendations: set[Recommendation] = Field(default_factory=set)
    conclusion: Paragraph = ""
    critical_call: CriticalCallSent | None = None

    def meant(self) -> Content:
        """As the domain has it."""
        blood, infarct, call = self.haemorrhage, self.ischaemia, self.critical_call
        aspects = None if infarct.aspects is None else frozenset(infarct.aspects)
        at = utc(call.at) if call else None
        return Content(
            quality=self.quality,
            haemorrhage=Haemorrhage(**blood.model_dump() | {"sites": frozenset(blood.sites)}),
            ischaemia=Ischaemia(
                **infarct.model_dump() | {"territories": frozenset(infarct.territories), "aspects": aspects}
            ),
            recommendations=frozenset(self.recommendations),
            conclusion=self.conclusion,
            critical_call=CriticalCall(call.told, at, call.read_back) if call and at else None,
        )


class DraftSent(Sent):
    """A draft, with the revision it was changed from, and which suggestions the person confirms as they stand."""

    revision: Revision
    content: ContentSent
    confirmed: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)


class SignatureSent(Sent):
    """The revision that is signed; ``why`` for an amendment."""

    revision: Revision
    why: Line = ""


class RevisionSent(Sent):
    """The revision that something is done to."""

    revision: Revision
