"""Rules as data: read once from the TOML files beside this module, evaluated by pure functions elsewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.domain.finding import Finding, FindingKind
from pipeline.domain.tier import Tier


@dataclass(frozen=True, slots=True)
class FindingRule:
    """From which volume and confidence a finding of a kind raises its case, and to which tier."""

    id: str
    kind: FindingKind
    tier: Tier
    source: str
    least_volume_ml: float = 0.0
    least_confidence: float = 0.0

    def holds(self, finding: Finding) -> bool:
        """Whether a finding meets it."""
        enough = finding.volume_ml >= self.least_volume_ml and finding.confidence >= self.least_confidence
        return finding.kind is self.kind and enough


@dataclass(frozen=True, slots=True)
class WantedFact:
    """A field of the request that a reader should ask for when it is not known."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class PriorityRules:
    """One version of the priority rules.

    ``base`` is the tier by the request's urgency ("none" without one); ``minutes`` is how long a case
    of a tier should wait at most.
    """

    id: str
    version: str
    source: str
    base: Mapping[str, Tier]
    minutes: Mapping[Tier, float]
    thrombolysis_minutes: float
    findings: tuple[FindingRule, ...]
    facts: tuple[WantedFact, ...]

    @property
    def name(self) -> str:
        """Id and version in one word, as results carry it."""
        return f"{self.id} {self.version}"


@dataclass(frozen=True, slots=True)
class ReservationRule:
    """What makes a scan's answer one with reservations, or none; see reservation_rules.toml."""

    id: str
    fact: str
    then: str
    text: str
    source: str
    at_least: float | None = None
    below: float | None = None
    begins: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ReservationRules:
    """One version of the reservation rules; the first that holds for a fact's value decides on it."""

    id: str
    version: str
    source: str
    rules: tuple[ReservationRule, ...]

    @property
    def name(self) -> str:
        """Id and version in one word, as results carry it."""
        return f"{self.id} {self.version}"


@cache
def priority_rules() -> PriorityRules:
    """The priority rules of this version."""
    return read_priority_rules(_packaged("priority_rules.toml"))


@cache
def reservation_rules() -> ReservationRules:
    """The reservation rules of this version."""
    return read_reservation_rules(_packaged("reservation_rules.toml"))


def read_priority_rules(raw: Mapping[str, Any]) -> PriorityRules:
    """Priority rules from TOML values; raises `KeyError`, `TypeError` or `ValueError` for what is not one."""
    return PriorityRules(
        id=raw["id"],
        version=raw["version"],
        source=raw["source"],
        base={urgency: Tier(tier) for urgency, tier in raw["base"].items()},
        minutes={Tier(tier): float(minutes) for tier, minutes in raw["minutes"].items()},
        thrombolysis_minutes=float(raw["window"]["thrombolysis_minutes"]),
        findings=tuple(
            FindingRule(**{**one, "kind": FindingKind(one["kind"]), "tier": Tier(one["tier"])})
            for one in raw["finding"]
        ),
        facts=tuple(WantedFact(**one) for one in raw["fact"]),
    )


def read_reservation_rules(raw: Mapping[str, Any]) -> ReservationRules:
    """Reservation rules from TOML values; raises `KeyError`, `TypeError` or `ValueError` for what is not one."""
    rules = tuple(ReservationRule(**{**one, "begins": tuple(one.get("begins", ()))}) for one in raw["rule"])
    if any(rule.then not in {"reservations", "not_analysed"} for rule in rules):
        raise ValueError("a reservation rule ends in reservations or not_analysed")
    return ReservationRules(raw["id"], raw["version"], raw["source"], rules)


def _packaged(name: str) -> dict[str, Any]:
    return tomllib.loads((files("pipeline.domain") / name).read_text("utf-8"))
