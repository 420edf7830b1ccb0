"""``python -m pipeline.clerk.retention``: how long images and cases are kept."""

from __future__ import annotations

import getpass
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click
from sqlalchemy import Connection, select

from dicom_node.vault.naming import study_folder
from pipeline.clerk.retention.keep import room, sentence
from pipeline.database.deleting import Order, Reason, Refusal, order_deletion
from pipeline.database.engine import one_transaction
from pipeline.database.retention import name_rule, read_deletions, read_rules, remove_rule
from pipeline.database.standings import standings
from pipeline.database.tables import site, study
from pipeline.domain.errors import BadInput
from pipeline.domain.retention import Rule, RuleKind, Scope, holds, to_close, to_delete
from pipeline.plainly import plainly
from pipeline.settings import Settings

_DAYS = click.FloatRange(min=1.0)


def _site_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option("--site", "site_id", help="only cases of this hospital")(function)


def _record_option(function: Callable[..., None]) -> Callable[..., None]:
    said = "delete the whole case too: requests, opinions, messages, history"
    return click.option("--record", is_flag=True, help=said)(function)


@click.group()
def main() -> None:
    """Say how long images are kept: for ever, until you name a rule.

    Nothing is deleted that is open, has a request without an opinion, an opinion that is not signed, or results
    that are not delivered. Days count only while NeuroVigie runs, so that a clock that is set deletes nothing early.
    """


@main.command()
@click.option("--days", type=_DAYS, required=True, help="after the last thing that happened")
@_site_option
@click.option("--unasked", is_flag=True, help="also what nobody was asked about, unless it is red or orange or held")
def close(days: float, site_id: str | None, *, unasked: bool) -> None:
    """Close cases that are answered: they leave the worklist, and come back with a new image.

    Example: neurovigie retention close --days 3
    """
    _name(Rule(uuid4(), RuleKind.CLOSE, days, site_id, unasked=unasked))


@main.command()
@click.option("--days", type=_DAYS, required=True, help="after the case was closed")
@_site_option
@_record_option
def age(days: float, site_id: str | None, *, record: bool) -> None:
    """Delete what has been closed for so many days.

    Example: neurovigie retention age --days 30
    """
    _name(Rule(uuid4(), RuleKind.AGE, days, site_id, scope=_scope(record=record)))


@main.command()
@click.option("--above-gb", type=click.FloatRange(min=0.0), required=True, help="how much images may take")
@click.option("--days", type=_DAYS, default=1.0, show_default=True, help="keep at least so long after closing")
@_site_option
@_record_option
def size(above_gb: float, days: float, site_id: str | None, *, record: bool) -> None:
    """Delete what was closed first while images take more than so many gigabytes."""
    _name(Rule(uuid4(), RuleKind.SIZE, days, site_id, most=above_gb * 1e9, scope=_scope(record=record)))


@main.command()
@click.option("--above-percent", type=click.FloatRange(1.0, 100.0), required=True, help="of the disk with the images")
@click.option("--days", type=_DAYS, default=1.0, show_default=True, help="keep at least so long after closing")
@_site_option
@_record_option
def disk(above_percent: float, days: float, site_id: str | None, *, record: bool) -> None:
    """Delete what was closed first while more of the disk is used."""
    _name(Rule(uuid4(), RuleKind.DISK, days, site_id, most=above_percent / 100, scope=_scope(record=record)))


@main.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def list_(*, as_json: bool) -> None:
    """List the rules."""
    with one_transaction(Settings().database_url) as connection:
        known = read_rules(connection)
    if as_json:
        click.echo(
            json.dumps([{"id": str(one.rule.id), "rule": sentence(one.rule), "by": one.named_by} for one in known])
        )
    elif not known:
        click.echo("There is no rule: nothing is closed or deleted by itself.")
    for one in () if as_json else known:
        click.echo(f"{str(one.rule.id)[:8]}  {sentence(one.rule)}  ({one.named_by}, {one.named_at:%Y-%m-%d})")


@main.command()
@click.argument("beginning", metavar="ID")
def remove(beginning: str) -> None:
    """Remove a rule, by its id or how that begins; what it deleted stays deleted."""
    with one_transaction(Settings().database_url) as connection:
        if remove_rule(connection, beginning) == 0:
            raise BadInput(f"There is no rule {beginning}; `neurovigie retention list` shows those there are.")
    click.echo("Removed.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def plan(*, as_json: bool) -> None:
    """Say what the rules would close and delete now, and what holds the rest. Nothing is changed."""
    settings = Settings()
    with one_transaction(settings.database_url) as connection:
        rules = [one.rule for one in read_rules(connection)]
        cases = standings(connection, datetime.now(UTC))
        due = to_delete(rules, cases, room(connection, settings.folders.vault))
    kept = Counter(hold.value for case in cases for hold in holds(case))
    said: dict[str, Any] = {
        "close": [str(one) for one in to_close(rules, cases)],
        "delete": [{"case": str(one.standing.case_id), "rule": sentence(one.rule)} for one in due],
        "bytes": sum(one.standing.size for one in due),
        "cases": len(cases),
        "held": dict(sorted(kept.items())),
    }
    click.echo(json.dumps(said, indent=1) if as_json else _in_words(said))


@main.command()
@click.option("--site", "site_id", required=True, help="the hospital that asks")
@click.option("--study", "study_uid", required=True, help="the StudyInstanceUID")
@click.option("--why", required=True, help="the reason, as it is recorded; nothing of the patient")
@_record_option
def request(site_id: str, study_uid: str, why: str, *, record: bool) -> None:
    """Delete one study at the request of its hospital, now; the reason and your name are recorded.

    Example: neurovigie retention request --site carhaix --study 1.2.3 --why "sent by mistake"
    """
    reason = Reason(f"requested by {site_id}: {why}", getpass.getuser(), _scope(record=record))
    with one_transaction(Settings().database_url) as connection:
        now, found = datetime.now(UTC), _studies(connection, site_id, study_uid)
        said = [order_deletion(connection, Order(case_id, reason, one), now) for case_id, one in found]
        refused = sorted({hold.value for one in said if isinstance(one, Refusal) for hold in one.holds})
        if refused:
            raise BadInput(f"Not deleted, because of: {', '.join(refused)}.")
        if not all(said):
            raise BadInput("Something of this case is being deleted already; try again in a minute.")
    click.echo("The node deletes the study with its results within seconds; `neurovigie retention log` says when.")


@main.command()
@click.option("--site", "site_id", default="", help="with --study: the hospital")
@click.option("--study", "study_uid", default="", help="only this StudyInstanceUID")
@click.option("--most", default=50, show_default=True, help="how many, the newest first")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def log(site_id: str, study_uid: str, most: int, *, as_json: bool) -> None:
    """List what was deleted, when, by whom and why. A study is named by a digest of its hospital and UID."""
    with one_transaction(Settings().database_url) as connection:
        found = read_deletions(connection, most, study_folder(site_id, study_uid) if study_uid else None)
    rows = [
        {
            "at": one.decided_at.isoformat(timespec="seconds"),
            "site": one.site_id,
            "study": one.study_digest,
            "images": one.images,
            "bytes": one.size,
            "scope": one.scope,
            "why": one.why,
            "by": one.by,
            "done": one.done_at.isoformat(timespec="seconds") if one.done_at else None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    for row in () if as_json else rows:
        state = "" if row["done"] else " (files still being removed)"
        click.echo(
            f"{row['at']}  {row['site']}  {row['study']}  {row['images']} images  {row['by']}: {row['why']}{state}"
        )


def _name(rule: Rule) -> None:
    with one_transaction(Settings().database_url) as connection:
        if rule.site_id and connection.scalar(select(site.c.id).where(site.c.id == rule.site_id)) is None:
            raise BadInput(f"There is no site {rule.site_id}; `neurovigie peer list` shows those there are.")
        name_rule(connection, rule, getpass.getuser(), datetime.now(UTC))
    click.echo(f"From now on: {sentence(rule)}. `neurovigie retention plan` says what that means now.")


def _studies(connection: Connection, site_id: str, study_uid: str) -> list[tuple[Any, Any]]:
    named = (study.c.site_id == site_id) & (study.c.study_instance_uid == study_uid)
    found = [(row.case_id, row.id) for row in connection.execute(select(study.c.case_id, study.c.id).where(named))]
    if not found:
        raise BadInput("This hospital has no such study here.")
    return found


def _scope(*, record: bool) -> Scope:
    return Scope.RECORD if record else Scope.IMAGES


def _in_words(said: dict[str, Any]) -> str:
    lines = [
        f"{len(said['close'])} cases would be closed, {len(said['delete'])} deleted ({said['bytes'] / 1e9:.2f} GB)."
    ]
    lines += [f"  {one['case']}  {one['rule']}" for one in said["delete"]]
    lines += [f"held: {count} cases are {hold.replace('_', ' ')}" for hold, count in said["held"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    plainly(main, "neurovigie retention")
