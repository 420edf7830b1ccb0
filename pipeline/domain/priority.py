"""Who must be read first: one tier and its reasons, from findings, request and clock.

The rules are data (`pipeline.domain.rules`); this module only evaluates them. The base tier comes from
the request; without one any case is yellow. A model only raises it. Only a person's request can make a
case grey. A series that was not analysed, or whose analysis failed, never lowers a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.domain.analysis import AnalysisState, SeriesOutcome, worth_saying
from pipeline.domain.finding import Finding, FindingKind
from pipeline.domain.request import Request, Urgency
from pipeline.domain.rules import PriorityRules, priority_rules
from pipeline.domain.tier import Tier

__all__ = ["Priority", "Reason", "Tier", "deadline", "prioritise", "reading_key"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case stands where it stands.

    ``code`` is stable and translated by the desk with ``values``; ``text`` is the same in English;
    ``rule`` is the id of the rule that decided, if one did.
    """

    code: str
    text: str
    values: Mapping[str, str | float] = field(default_factory=dict)
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Priority:
    """A tier with its ordered reasons, the one that decided first.

    ``rules`` names the rules and their version; ``missing`` are the ids of facts that a reader should
    ask for, because they are not known.
    """

    tier: Tier
    reasons: tuple[Reason, ...]
    rules: str = ""
    missing: tuple[str, ...] = ()


def prioritise(
    outcomes: Sequence[SeriesOutcome],
    request: Request | None,
    now: datetime,
    *,
    raised_to: Tier | None = None,
    rules: PriorityRules | None = None,
) -> Priority:
    """Give a case its tier and the reasons for it, the deciding one first.

    ``now`` (UTC) is used only to say how long ago the symptoms began. ``raised_to`` is the tier an
    earlier result raised the case to: a later result, on more images, never takes that back. ``rules``
    are this version's own unless others are given.
    """
    rules = rules or priority_rules()
    priority = _from_what_is_known(outcomes, request, now, rules)
    if raised_to is None or raised_to.rank >= priority.tier.rank:
        return priority
    reason = Reason("raised_before", "raised by an earlier AI result that a person has not yet reviewed")
    return Priority(raised_to, (reason, *priority.reasons), priority.rules, priority.missing)


def deadline(tier: Tier, first_image_at: datetime, request: Request | None, rules: PriorityRules) -> datetime:
    """When a case of a tier should be read at the latest; never after a window for treatment still open."""
    by_tier = first_image_at + timedelta(minutes=rules.minutes[tier])
    if request is None or request.onset_at is None:
        return by_tier
    window_ends = request.onset_at + timedelta(minutes=rules.thrombolysis_minutes)
    return min(by_tier, window_ends) if window_ends > first_image_at else by_tier


def reading_key(tier: Tier, deadline_at: datetime, first_image_at: datetime) -> tuple[int, datetime, datetime]:
    """Sort key of the worklist: the most urgent tier, then the earliest deadline, then the earliest arrival."""
    return tier.rank, deadline_at, first_image_at


def _from_what_is_known(
    outcomes: Sequence[SeriesOutcome], request: Request | None, now: datetime, rules: PriorityRules
) -> Priority:
    base, base_reason = _base(request, rules)
    claims = [_claim(finding, rules) for outcome in outcomes for finding in outcome.findings]
    claims.sort(key=lambda claim: (claim[0].rank, -float(claim[1].values["volume_ml"])))
    tier = min([base, *(tier for tier, _ in claims)], key=lambda tier: tier.rank)
    raised = [reason for tier_of, reason in claims if tier_of.rank < base.rank]
    others = [reason for tier_of, reason in claims if tier_of.rank >= base.rank]
    onset = _onset(request, now)
    reasons = (*raised, base_reason, *onset, *others, *_unanalysed(outcomes))
    return Priority(tier, reasons, rules.name, _missing(request, rules))


_BASE = {
    "none": Reason("no_request", "images without a request"),
    "urgent": Reason("urgent_request", "urgent request"),
    "differed": Reason("differed_request", "the requesting doctor says it can wait"),
}


def _base(request: Request | None, rules: PriorityRules) -> tuple[Tier, Reason]:
    asked = "none" if request is None else "urgent" if request.urgency is Urgency.URGENT else "differed"
    return rules.base[asked], _BASE[asked]


def _claim(finding: Finding, rules: PriorityRules) -> tuple[Tier, Reason]:
    """The tier a finding asks for, grey when it asks for none, and how it is said."""
    holding = [rule for rule in rules.findings if finding.for_triage and rule.holds(finding)]
    rule = min(holding, key=lambda one: one.tier.rank, default=None)
    where = "" if finding.side == "unknown" else f", {finding.side}"
    what = finding.kind.replace("_", " ")
    shown = "" if finding.for_triage else ", shown only"
    text = f"suspected {what}, {finding.volume_ml:.1f} mL{where} (AI, to be confirmed{shown})"
    values: dict[str, str | float] = {
        "volume_ml": finding.volume_ml,
        "side": str(finding.side),
        "confidence": finding.confidence,
    }
    reason = Reason(_CODE_OF_KIND[finding.kind], text, values, rule.id if rule else "")
    return rule.tier if rule else Tier.GREY, reason


_CODE_OF_KIND = {
    FindingKind.HAEMORRHAGE: "suspected_haemorrhage",
    FindingKind.INFARCT: "suspected_infarct",
    FindingKind.EARLY_ISCHAEMIA: "suspected_early_ischaemia",
}


def _missing(request: Request | None, rules: PriorityRules) -> tuple[str, ...]:
    """Facts nobody has told us; an empty answer is not a negative one."""
    return tuple(fact.id for fact in rules.facts if getattr(request, fact.id, None) is None)


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
            reasons.append(_because("not_analysed", "not analysed", outcome, outcome.why))
        elif outcome.state in (AnalysisState.FAILED, AnalysisState.TIMED_OUT):
            reasons.append(_because("failed", "analysis failed", outcome, outcome.why))
        reasons += [_because("reservations", "analysed with reservations", outcome, r) for r in outcome.reservations]
        if outcome.coverage is not None and outcome.coverage.provisional:
            text = f"{outcome.role}: {outcome.coverage.sentence}"
            reasons.append(Reason("provisional", text, {"role": str(outcome.role)}))
    return _distinct(reasons)


def _because(code: str, words: str, outcome: SeriesOutcome, why: str) -> Reason:
    values = {"role": str(outcome.role), "why": why}
    if outcome.because is not None and why == outcome.why:
        values["because"] = outcome.because.value
    return Reason(code, f"{outcome.role}: {words}, because {why}", values)


def _distinct(reasons: Iterable[Reason]) -> list[Reason]:
    return list({reason.text: reason for reason in reasons}.values())
