"""When a scan reads "analysed with reservations, because", and when "not analysed, because": by declared rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.domain.rules import ReservationRule, ReservationRules

_NOT_ANALYSED = "not_analysed"


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What is known of how far a model's answer on a scan can be trusted; None is unknown."""

    flags: tuple[str, ...] = ()
    out_of_distribution: float | None = None
    role_confidence: float | None = None
    has_findings: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """``reservations`` for a reader; ``refused`` says why the answer is none at all, else is empty."""

    reservations: tuple[str, ...] = ()
    refused: str = ""


def standing(facts: ScanFacts, rules: ReservationRules) -> Standing:
    """How an answer stands; a scan with a finding is never refused, so no suspicion is withheld."""
    said = [(rule, rule.text.format(value=value)) for rule, value in _holding(facts, rules)]
    refused = "; ".join(text for rule, text in said if rule.then == _NOT_ANALYSED)
    if refused and not facts.has_findings:
        return Standing(refused=refused)
    return Standing(reservations=tuple(dict.fromkeys(text for _, text in said)))


def _holding(facts: ScanFacts, rules: ReservationRules) -> Iterator[tuple[ReservationRule, str | float]]:
    """For each known value of a fact the first rule that holds."""
    numbers = {"out_of_distribution": facts.out_of_distribution, "role_confidence": facts.role_confidence}
    known: list[tuple[str, str | float]] = [(name, value) for name, value in numbers.items() if value is not None]
    known += [("flag", flag) for flag in facts.flags]
    for name, value in known:
        rule = next((one for one in rules.rules if one.fact == name and _holds(one, value)), None)
        if rule is not None:
            yield rule, value


def _holds(rule: ReservationRule, value: str | float) -> bool:
    if isinstance(value, str):
        return value.startswith(rule.begins) if rule.begins else False
    high_enough = rule.at_least is not None and value >= rule.at_least
    return high_enough or (rule.below is not None and value < rule.below)
