"""Closes and deletes what an administrator's rules say, one case a transaction; without rules it does nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine

from pipeline import logs
from pipeline.database.closing import close_case
from pipeline.database.deleting import Order, Reason, order_deletion
from pipeline.database.retention import leaving, read_rules
from pipeline.database.standings import standings, witness
from pipeline.domain.retention import Due, Room, Rule, RuleKind, to_close, to_delete
from pipeline.domain.steadiness import Reading

BY = "retention"
"""Who closes and deletes in the history of a case, when a rule does."""

MOST_AT_ONCE = 50
"""Cases in one look, so that the clerk's other work on this connection goes on."""


def keep_to_rules(engine: Engine, vault: Path, reading: Reading) -> int:
    """Witness the time, then do what the rules say; how many cases were closed, or ordered to be deleted."""
    with engine.begin() as connection:
        witness(connection, reading)
        rules = [one.rule for one in read_rules(connection)]
        if not rules:
            return 0
        cases = standings(connection, reading.wall_at)
        due = to_delete(rules, cases, room(connection, vault))
    closed = sum(_close(engine, case_id, rules, reading.wall_at) for case_id in to_close(rules, cases)[:MOST_AT_ONCE])
    gone = sum(_delete(engine, one, reading.wall_at) for one in due[:MOST_AT_ONCE])
    return closed + gone


def room(connection: Connection, vault: Path) -> Room:
    """The disk on which the vault lies."""
    disk = os.statvfs(vault if vault.exists() else vault.parent)
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    return Room(used + disk.f_bavail * disk.f_frsize, used, leaving(connection))


def sentence(rule: Rule) -> str:
    """A rule in words, as it stands in the record of what it deleted."""
    what = {
        RuleKind.CLOSE: f"close what is answered and quiet for {rule.days:g} days"
        + (", and what nobody was asked about and is not urgent" if rule.unasked else ""),
        RuleKind.AGE: f"delete what has been closed for {rule.days:g} days",
        RuleKind.SIZE: f"delete what was closed first above {rule.most / 1e9:g} GB, after {rule.days:g} days",
        RuleKind.DISK: f"delete what was closed first above {rule.most:.0%} of the disk, after {rule.days:g} days",
    }[rule.kind]
    scope = (
        "" if rule.kind is RuleKind.CLOSE else {"images": ", images and results", "record": ", everything"}[rule.scope]
    )
    return f"{what}{scope}, {'site ' + rule.site_id if rule.site_id else 'every site'}"


def _close(engine: Engine, case_id: UUID, rules: Sequence[Rule], now: datetime) -> bool:
    with engine.begin() as connection:
        still = to_close(rules, standings(connection, now, [case_id]))
        return bool(still) and close_case(connection, case_id, BY, now)


def _delete(engine: Engine, due: Due, now: datetime) -> bool:
    case = due.standing
    order = Order(case.case_id, Reason(sentence(due.rule), BY, due.rule.scope))
    with engine.begin() as connection:
        ordered = order_deletion(connection, order, now)
    if ordered is not True:  # something came to it since it was looked at, or it is ordered already
        return False
    logs.get().info("deletion_ordered", case=str(case.case_id), site=case.site_id)
    return True
