"""Who must be read first: one tier and its reasons, from findings, request and clock.

The base tier comes from the request; without one any case is yellow. A model only raises it. Only a
person's request can make a case grey. A series that was not analysed, or whose analysis failed,
never lowers a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.domain.analysis import AnalysisState, SeriesOutcome, worth_saying
from pipeline.domain.finding import Finding, FindingKind
from pipeline.domain.request import Request, Urgency

LARGE_FROM_ML = 1.0
"""Our own operating choice, recorded in docs/decisions: below 1 mL, false positives dominate at this
model's size."""

SURE_FROM = 0.5
"""A lesion with less confidence is one that the bundle itself holds for less likely than not.

Sure and large is red; sure or large is orange; neither is said among the reasons and raises nothing.
"""


class Tier(StrEnum):
    """Reading order, most urgent first."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREY = "grey"

    @property
    def rank(self) -> int:
        """0 for red, 3 for grey."""
        return list(Tier).index(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case stands where it stands.

    ``code`` is stable and translated by the desk with ``values``; ``text`` is the same in English.
    """

    code: str
    text: str
    values: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Priority:
    """A tier with its ordered reasons, the one that decided first."""

    tier: Tier
    reasons: tuple[Reason, ...]


def prioritise(
    outcomes: Sequence[SeriesOutcome], request: Request | None, now: datetime, *, raised_to: Tier | None = None
) -> Priority:
    """Give a case its tier and the reasons for it, the deciding one first.

    ``now`` (UTC) is used only to say how long ago the symptoms began. ``raised_to`` is the tier an
    earlier result raised the case to: a later result, on more images, never takes that back.
    """
    priority = _from_what_is_known(outcomes, request, now)
    if raised_to is None or raised_to.rank >= priority.tier.rank:
        return priority
    reason = Reason("raised_before", "raised by an earlier AI result that a person has not yet reviewed")
    return Priority(raised_to, (reason, *priority.reasons))


def _from_what_is_known(outcomes: Sequence[SeriesOutcome], request: Request | None, now: datetime) -> Priority:
    base, base_reason = _base(request)
    claims = [_claim(finding) for outcome in outcomes for finding in outcome.findings]
    claims.sort(key=lambda claim: (claim[0].rank, -float(claim[1].values["volume_ml"])))
    tier = min([base, *(tier for tier, _ in claims)], key=lambda tier: tier.rank)
    raised = [reason for tier_of, reason in claims if tier_of.rank < base.rank]
    others = [reason for tier_of, reason in claims if tier_of.rank >= base.rank]
    onset = _onset(request, now)
    return Priority(tier, (*raised, base_reason, *onset, *others, *_unanalysed(outcomes)))


def _base(request: Request | None) -> tuple[Tier, Reason]:
    if request is None:
        return Tier.YELLOW, Reason("no_request", "images without a request")
    if request.urgency is Urgency.URGENT:
        return Tier.ORANGE, Reason("urgent_request", "urgent request")
    return Tier.GREY, Reason("differed_request", "the requesting doctor says it can wait")


def _claim(finding: Finding) -> tuple[Tier, Reason]:
    sure, large = finding.confidence >= SURE_FROM, finding.volume_ml >= LARGE_FROM_ML
    tier = Tier.RED if sure and large else Tier.ORANGE if sure or large else Tier.GREY
    where = "" if finding.side == "unknown" else f", {finding.side}"
    text = f"suspected {finding.kind}, {finding.volume_ml:.1f} mL{where} (AI, to be confirmed)"
    values: dict[str, str | float] = {
        "volume_ml": finding.volume_ml,
        "side": str(finding.side),
        "confidence": finding.confidence,
    }
    return tier, Reason(_CODE_OF_KIND[finding.kind], text, values)


_CODE_OF_KIND = {
    FindingKind.HAEMORRHAGE: "suspected_haemorrhage",
    FindingKind.INFARCT: "suspected_infarct",
    FindingKind.EARLY_ISCHAEMIA: "suspected_early_ischaemia",
}


def _onset(request: Request | None, now: datetime) -> Iterable[Reason]:
    if request is None or request.onset_at is None:
        return ()
    minutes = round((now - request.onset_at).total_seconds() / 60)
    return (Reason("onset", f"symptoms began {minutes} min ago", {"minutes": minutes}),)


def _unanalysed(outcomes: Sequence[SeriesOutcome]) -> list[Reason]:
    """One reason per series a person must know was not, or only partly, looked at by a model."""
    reasons = []
    for outcome in worth_saying(outcomes):
        if outcome.state is AnalysisState.NOT_ANALYSED:
            reasons.append(_because("not_analysed", "not analysed", outcome))
        elif outcome.state in (AnalysisState.FAILED, AnalysisState.TIMED_OUT):
            reasons.append(_because("failed", "analysis failed", outcome))
        if outcome.coverage is not None and outcome.coverage.provisional:
            text = f"{outcome.role}: {outcome.coverage.sentence}"
            reasons.append(Reason("provisional", text, {"role": str(outcome.role)}))
    return _distinct(reasons)


def _because(code: str, words: str, outcome: SeriesOutcome) -> Reason:
    text = f"{outcome.role}: {words}, because {outcome.why}"
    return Reason(code, text, {"role": str(outcome.role), "why": outcome.why})


def _distinct(reasons: Iterable[Reason]) -> list[Reason]:
    return list({reason.text: reason for reason in reasons}.values())
