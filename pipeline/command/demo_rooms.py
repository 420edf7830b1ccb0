"""The demo's own NeuroVigie and the programs it is played with, each a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.command.death import dies_with_parent
from pipeline.command.demo_cast import HOSPITALS, Scene
from pipeline.command.postgres import place_of
from pipeline.command.up import last_line
from pipeline.domain.errors import NeuroVigieError

_PEER_PORT = 11199
"""Where the pretended hospitals would listen; nobody calls them."""


@dataclass(frozen=True, slots=True)
class Running:
    """The NeuroVigie that the demo started, and how to talk to it."""

    said: Mapping[str, Any]
    environment: Mapping[str, str]


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home of its own, removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="neurovigie-demo-"))
    socket_folder = place_of(home / "postgres").run  # elsewhere when the home's path is long
    try:
        yield home
    finally:
        for folder in (home, socket_folder):
            shutil.rmtree(folder, ignore_errors=True)


def start(home: Path) -> subprocess.Popen[str]:
    """`neurovigie up` on free ports; nothing of the caller's own installation reaches it."""
    command = ["-m", "pipeline.command.main", "up", "--home", str(home), "--json", "--dicom-port=0", "--web-port=0"]
    with (home / "up.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-P", *command],
            env={**_environment(), "NEUROVIGIE_DICOM_PEERS_S": "0.5"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - the demo has one thread here
        )


def await_up(process: subprocess.Popen[str], home: Path) -> Running:
    """Wait until it says where everything is; raises `NeuroVigieError` with its own sentence if it ends first."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        process.wait()
        why = [text for text in (home / "up.log").read_text().splitlines() if text.startswith("Error: ")]
        raise NeuroVigieError(last_line("\n".join(why)) or "NeuroVigie did not start.")
    said = json.loads(line)
    environment = {**_environment(), "NEUROVIGIE_HOME": str(home), "DATABASE_URL": said["database_url"]}
    return Running(said, environment)


def make_peers_known(running: Running) -> None:
    """Add the pretended hospitals' scanners, each belonging to its site."""
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
        ended_well(process, "The pretended hospitals could not be made known")


def demo_account(running: Running) -> dict[str, str] | None:
    """An expert's account with a one-time password."""
    made = _room(running, "review_ui.accounts", "add", "demo", "--role", "expert", "--full-name", "Demo")
    said, _ = made.communicate()
    return json.loads(said) if made.returncode == 0 else None


def sender(scene: Scene, files: Sequence[Path], running: Running) -> subprocess.Popen[str]:
    """Begin to send one study by C-STORE, from its hospital."""
    folder = os.path.commonpath([file.parent for file in files])
    address = f"{running.said['dicom_host']}:{running.said['dicom_port']}"
    words = [folder, "--to", address, "--calling", scene.hospital.ae_title, "--called", running.said["ae_title"]]
    return _room(running, "dicom_node.scu", *words)


def _environment() -> dict[str, str]:
    """The caller's environment without an installation of theirs, but with the device they chose."""
    return {
        name: value
        for name, value in os.environ.items()
        if name == "NEUROVIGIE_DEVICE" or not name.startswith(("NEUROVIGIE_", "DATABASE_URL"))
    }


def _room(running: Running, module: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *words],
        env=running.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended_well(process: subprocess.Popen[str], otherwise: str) -> None:
    """Wait for a program to end; raises `NeuroVigieError` when it failed."""
    _, why = process.communicate()
    if process.returncode != 0:
        raise NeuroVigieError(f"{otherwise}: {last_line(why)}")


def stop(process: subprocess.Popen[str]) -> None:
    """End NeuroVigie, and be sure of it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
