"""The escalation rules as data: read once from the TOML file beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.domain.calling import EscalationRules, Patience
from pipeline.domain.tier import Tier


@cache
def escalation_rules() -> EscalationRules:
    """The escalation rules of this version."""
    return read_escalation_rules(tomllib.loads((files("pipeline.domain") / "escalation_rules.toml").read_text("utf-8")))


def read_escalation_rules(raw: Mapping[str, Any]) -> EscalationRules:
    """Escalation rules from TOML values; raises `KeyError`, `TypeError` or `ValueError` for what is not one."""
    patience = {Tier(name): _patience(one) for name, one in raw["tier"].items()}
    return EscalationRules(raw["id"], raw["version"], raw["source"], patience)


def _patience(raw: Mapping[str, Any]) -> Patience:
    minutes = (float(raw["silence_minutes"]), float(raw["alarm_minutes"]), float(raw["again_minutes"]))
    if min(minutes) <= 0:
        raise ValueError("to wait no time at all is no patience")
    silence, alarm, again = (timedelta(minutes=one) for one in minutes)
    return Patience(silence, alarm, again)
