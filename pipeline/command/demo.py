"""`neurovigie demo`: the whole path on made-up patients, in a home that is gone afterwards."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pipeline.command.demo_cast import Scene, complaints, scenes
from pipeline.command.demo_rooms import (
    Running,
    await_up,
    demo_account,
    ended_well,
    make_peers_known,
    sender,
    start,
    stop,
    temporary_home,
)
from pipeline.command.demo_watch import StudyNow, look
from pipeline.database.engine import connect
from pipeline.domain.errors import DatabaseUnavailable
from pipeline.phantom import study_uid, write_study

_AT_ONCE = 2
_DRAWN_WHILE_STARTING = 4
_SETTLE_WITHIN_S = 300.0
_STILL_FOR_S = 1.5
"""How long nothing may move before the repeated study counts as without effect."""


def run_demo(*, once: bool, as_json: bool) -> int:
    """Play it; returns the exit status: 0, or 1 when a study did not become what it must."""
    began = time.monotonic()
    console = Console(stderr=True)
    with temporary_home() as home:
        process = start(home)  # before the progress bar's thread exists
        progress = _progress(console)
        try:
            progress.start()
            drawing = Drawing(home / "phantoms", progress.add_task("Drawing made-up patients", total=7), progress)
            drawing.draw(scenes()[:_DRAWN_WHILE_STARTING])
            running = await_up(process, home)
            if not once:
                _invite(running, console)
            result = {**_play(running, drawing, progress), "seconds": round(time.monotonic() - began, 1)}
            progress.stop()
            _say(result, console, as_json=as_json)
            if not once:
                _stay(process, console)
        finally:
            progress.stop()
            stop(process)
    return 1 if result["problems"] else 0


@dataclass(slots=True)
class Drawing:
    """The files of the studies drawn so far, by the scene's name."""

    folder: Path
    task: TaskID
    progress: Progress
    files: dict[str, list[Path]] = field(default_factory=dict)

    def draw(self, cast: Sequence[Scene]) -> None:
        """Draw those that are not drawn yet; a repeated study has the files of the first."""
        for scene in cast:
            if scene.again:
                self.files[scene.name] = self.files[scene.again]
            elif scene.name not in self.files:
                self.files[scene.name] = write_study(scene.study, self.folder / scene.name)
                self.progress.advance(self.task)


def _play(running: Running, drawing: Drawing, progress: Progress) -> dict[str, Any]:
    cast = scenes()
    new, repeated = cast[:-1], cast[-1:]
    make_peers_known(running)
    engine = connect(running.said["database_url"], connections=1)
    try:
        _send(new, drawing, running, progress)
        before = _until_settled(new, drawing, engine, progress)
        _send(repeated, drawing, running, progress)
        after = _until_settled(new, drawing, engine, progress, for_s=_STILL_FOR_S)
    except OperationalError as error:
        raise DatabaseUnavailable("The demo's database stopped answering.") from error
    finally:
        engine.dispose()
    return as_report(cast, before, after)


def as_report(cast: Sequence[Scene], before: Mapping[str, StudyNow], after: Mapping[str, StudyNow]) -> dict[str, Any]:
    """The cases, what the repeated study changed (nothing), and what is not as it must be."""
    wrong = [line for scene in cast[:-1] for line in complaints(scene, after[scene.name].case)]
    repeated = cast[-1].again
    old, new = before[repeated], after[repeated]
    duplicate = {
        "case": new.case["case"],
        "same_case": old.case["case"] == new.case["case"],
        "images_before": old.images,
        "images_after": new.images,
        "analyses_before": old.analyses,
        "analyses_after": new.analyses,
    }
    if (old.images, old.analyses) != (new.images, new.analyses) or not duplicate["same_case"]:
        wrong.append("the study that was sent twice was not taken for the same one")
    cases = [{"study": scene.name, **after[scene.name].case} for scene in cast[:-1]]
    return {"cases": cases, "duplicate": duplicate, "problems": wrong}


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _send(cast: Sequence[Scene], drawing: Drawing, running: Running, progress: Progress) -> None:
    """Send every scene's files by C-STORE, from its hospital, two at once; the next two are drawn meanwhile."""
    task = progress.add_task("Sending by C-STORE", total=len(cast))
    sending: list[subprocess.Popen[str]] = []
    for first in range(0, len(cast), _AT_ONCE):
        pair = cast[first : first + _AT_ONCE]
        drawing.draw(pair)
        _all_sent(sending, progress, task)
        sending = [sender(scene, drawing.files[scene.name], running) for scene in pair]
    _all_sent(sending, progress, task)


def _all_sent(sending: Sequence[subprocess.Popen[str]], progress: Progress, task: TaskID) -> None:
    for process in sending:
        ended_well(process, "A study could not be sent")
        progress.advance(task)


def _until_settled(
    cast: Sequence[Scene],
    drawing: Drawing,
    engine: Engine,
    progress: Progress,
    *,
    for_s: float = 0.0,
) -> dict[str, StudyNow]:
    """Wait until every image is indexed and every case has been at rest for ``for_s`` seconds."""
    task = progress.add_task("Cases come to rest", total=len(cast))
    moved = began = time.monotonic()
    while True:
        now = _look_at_all(cast, engine)
        resting = [name for name, found in now.items() if found.settled and found.images >= len(drawing.files[name])]
        progress.update(task, completed=len(resting))
        if len(resting) < len(cast):
            moved = time.monotonic()
        elif time.monotonic() - moved >= for_s:
            return now
        if time.monotonic() - began > _SETTLE_WITHIN_S:
            missing = ", ".join(scene.title for scene in cast if scene.name not in resting)
            raise DatabaseUnavailable(f"These cases did not come to rest in {_SETTLE_WITHIN_S:.0f} s: {missing}.")
        time.sleep(0.5)


def _look_at_all(cast: Sequence[Scene], engine: Engine) -> dict[str, StudyNow]:
    with engine.connect() as connection:
        found = {scene.name: look(connection, study_uid(scene.study)) for scene in cast}
    return {name: now for name, now in found.items() if now is not None}


def _say(result: Mapping[str, Any], console: Console, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({name: result[name] for name in ("cases", "duplicate", "problems", "seconds")}, indent=1))
    else:
        console.print(_table(result["cases"]))
    for problem in result["problems"]:
        console.print(f"Not as it must be: {problem}", style="red")


def _table(cases: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("tier", "hospital", "study", "state", "why it stands there", "visible after", "alert after")
    for case in cases:
        why = case["why"] or (case["reasons"][0]["text"] if case["reasons"] else "")
        seconds = [f"{value:.1f} s" if value is not None else "-" for value in list(case.values())[-2:]]
        table.add_row(case["tier"], case["site"], case["study"], case["state"], why, *seconds)
    return table


def _invite(running: Running, console: Console) -> None:
    """Say where to look before the first study is sent, so that a person sees them arrive."""
    console.print(f"\nOpen the worklist: {running.said['address']}", highlight=False)
    for account in (demo_account(running), running.said["administrator"]):
        if account:
            console.print(f"Sign in as {account['name']}, one-time password {account['password']}", highlight=False)
    console.print("Research use only. Studies are on their way.\n")


def _stay(process: subprocess.Popen[str], console: Console) -> None:
    """Until Ctrl-C."""
    console.print("\nThe worklist stays open; Ctrl-C ends the demo and removes it.")
    try:
        process.wait()
    except KeyboardInterrupt:
        return
