"""`neurovigie demo`: the whole path on made-up patients, in a home that is gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pipeline.command.death import dies_with_parent
from pipeline.command.demo_cast import HOSPITALS, Scene, complaints, scenes
from pipeline.command.demo_watch import StudyNow, look
from pipeline.command.postgres import place_of
from pipeline.command.up import last_line
from pipeline.database.engine import connect
from pipeline.domain.errors import DatabaseUnavailable, NeuroVigieError
from pipeline.phantom import study_uid, write_study

_AT_ONCE = 2
_SETTLE_WITHIN_S = 300.0
_STILL_FOR_S = 1.5
"""How long nothing may move before the repeated study counts as without effect."""
_PEER_PORT = 11199
"""Where the pretended hospitals would listen; nobody calls them."""


@dataclass(frozen=True, slots=True)
class Running:
    """The NeuroVigie that the demo started, and how to talk to it."""

    said: Mapping[str, Any]
    environment: Mapping[str, str]


def run_demo(*, once: bool, as_json: bool) -> int:
    """Play it; returns the exit status: 0, or 1 when a study did not become what it must."""
    began = time.monotonic()
    console = Console(stderr=True)
    with _temporary_home() as home, _progress(console) as progress:
        process = _start(home, progress)
        try:
            running, result = _play(home, process, progress, began)
            progress.stop()
            _say(result, console, as_json=as_json)
            if not once:
                _stay(process, running)
        finally:
            _stop(process)
    return 1 if result["problems"] else 0


def _play(
    home: Path, process: subprocess.Popen[str], progress: Progress, began: float
) -> tuple[Running, dict[str, Any]]:
    cast = scenes()
    new, repeated = cast[:-1], cast[-1:]
    drawn = _draw(cast, home / "phantoms", progress)
    running = _await_up(process, home)
    _make_peers_known(running)
    engine = connect(running.said["database_url"], connections=1)
    try:
        _send(new, drawn, running, progress)
        before = _until_settled(new, drawn, engine, progress)
        _send(repeated, drawn, running, progress)
        after = _until_settled(new, drawn, engine, progress, for_s=_STILL_FOR_S)
    except OperationalError as error:
        raise DatabaseUnavailable("The demo's database stopped answering.") from error
    finally:
        engine.dispose()
    return running, {**as_report(cast, before, after), "seconds": round(time.monotonic() - began, 1)}


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


@contextmanager
def _temporary_home() -> Iterator[Path]:
    """A home of its own, removed afterwards with the database that could not lie in it."""
    home = Path(tempfile.mkdtemp(prefix="neurovigie-demo-"))
    if os.geteuid() == 0:
        home.chmod(0o711)  # the database's account must be able to pass through
    elsewhere = place_of(home / "postgres")
    try:
        yield home
    finally:
        for folder in (elsewhere.folder, elsewhere.run, home):
            shutil.rmtree(folder, ignore_errors=True)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _start(home: Path, progress: Progress) -> subprocess.Popen[str]:
    """`neurovigie up` on free ports; nothing of the caller's own installation reaches it."""
    progress.add_task("Starting NeuroVigie", total=None)
    command = ["-m", "pipeline.command.main", "up", "--home", str(home), "--json", "--dicom-port=0", "--web-port=0"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NEUROVIGIE_", "DATABASE_URL"))}
    kept.update({name: value for name, value in os.environ.items() if name == "NEUROVIGIE_DEVICE"})
    with (home / "up.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-P", *command],
            env={**kept, "NEUROVIGIE_DICOM_PEERS_S": "0.5"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - the demo has one thread here
        )


def _await_up(process: subprocess.Popen[str], home: Path) -> Running:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        process.wait()
        why = [text for text in (home / "up.log").read_text().splitlines() if text.startswith("Error: ")]
        raise NeuroVigieError(last_line("\n".join(why)) or "NeuroVigie did not start.")
    said = json.loads(line)
    environment = {**os.environ, "NEUROVIGIE_HOME": str(home), "DATABASE_URL": said["database_url"]}
    return Running(said, environment)


def _draw(cast: Sequence[Scene], folder: Path, progress: Progress) -> dict[str, list[Path]]:
    task = progress.add_task("Drawing made-up patients", total=len(cast))
    drawn: dict[str, list[Path]] = {}
    for scene in cast:
        drawn[scene.name] = drawn.get(scene.again) or write_study(scene.study, folder / scene.name)
        progress.advance(task)
    return drawn


def _make_peers_known(running: Running) -> None:
    adding = [
        _room(
            running,
            "dicom_node.peers",
            *("add", hospital.ae_title, "127.0.0.1", str(_PEER_PORT)),
            *("--site", hospital.site, "--site-name", hospital.name),
        )
        for hospital in HOSPITALS
    ]
    for process in adding:
        _ended_well(process, "The pretended hospitals could not be made known")


def _demo_account(running: Running) -> dict[str, str] | None:
    made = _room(running, "review_ui.accounts", "add", "demo", "--role", "expert", "--full-name", "Demo")
    said, _ = made.communicate()
    return json.loads(said) if made.returncode == 0 else None


def _send(cast: Sequence[Scene], drawn: Mapping[str, list[Path]], running: Running, progress: Progress) -> None:
    """Send every scene's files by C-STORE, from its hospital, two studies at once."""
    task = progress.add_task("Sending by C-STORE", total=len(cast))
    waiting, sending = list(cast), list[subprocess.Popen[str]]()
    while waiting or sending:
        while waiting and len(sending) < _AT_ONCE:
            scene = waiting.pop(0)
            sending.append(_sender(scene, drawn[scene.name], running))
        _ended_well(sending.pop(0), "A study could not be sent")
        progress.advance(task)


def _sender(scene: Scene, files: Sequence[Path], running: Running) -> subprocess.Popen[str]:
    folder = os.path.commonpath([file.parent for file in files])
    address = f"{running.said['dicom_host']}:{running.said['dicom_port']}"
    words = [folder, "--to", address, "--calling", scene.hospital.ae_title, "--called", running.said["ae_title"]]
    return _room(running, "dicom_node.scu", *words)


def _room(running: Running, module: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *words],
        env=running.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended_well(process: subprocess.Popen[str], otherwise: str) -> None:
    _, why = process.communicate()
    if process.returncode != 0:
        raise NeuroVigieError(f"{otherwise}: {last_line(why)}")


def _until_settled(
    cast: Sequence[Scene],
    drawn: Mapping[str, list[Path]],
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
        resting = [name for name, found in now.items() if found.settled and found.images >= len(drawn[name])]
        progress.update(task, completed=len(resting))
        if len(resting) < len(cast):
            moved = time.monotonic()
        elif time.monotonic() - moved >= for_s:
            return now
        if time.monotonic() - began > _SETTLE_WITHIN_S:
            missing = ", ".join(scene.title for scene in cast if scene.name not in resting)
            raise DatabaseUnavailable(f"These cases did not come to rest in {_SETTLE_WITHIN_S:.0f} s: {missing}.")
        time.sleep(0.3)


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
        why = case["reasons"][0]["text"] if case["reasons"] else case["why"]
        seconds = [f"{value:.1f} s" if value is not None else "-" for value in list(case.values())[-2:]]
        table.add_row(case["tier"], case["site"], case["study"], case["state"], why, *seconds)
    return table


def _stay(process: subprocess.Popen[str], running: Running) -> None:
    """Until Ctrl-C."""
    click.echo(f"\nThe worklist: {running.said['address']}")
    for account in (_demo_account(running), running.said["administrator"]):
        if account:
            click.echo(f"Sign in as {account['name']} with the one-time password {account['password']}")
    click.echo("Research use only. Ctrl-C ends the demo and removes it.")
    try:
        process.wait()
    except KeyboardInterrupt:
        return


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait()
    if process.stdout:
        process.stdout.close()
