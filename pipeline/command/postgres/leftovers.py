"""What an earlier server may have left behind: a pid file of somebody else's process, orphaned backends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import psutil

from pipeline.domain.errors import DatabaseUnavailable


class PidFile(Enum):
    """What a postmaster.pid means."""

    ABSENT = "absent"
    STALE = "stale"
    """Its process is gone, a zombie, or another program that was given the same number."""
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Process:
    """What is known of a process: its name, whether it is a zombie, and the folder it works in."""

    name: str
    zombie: bool
    folder: Path | None


def judge_pid_file(content: str | None, process: Process | None, data: Path) -> PidFile:
    """Say what a pid file means, given the process that now has its number.

    A postmaster works in its data folder, so a postgres that works elsewhere is not ours.
    """
    if content is None:
        return PidFile.ABSENT
    if process is None or process.zombie or not process.name.startswith("postgres"):
        return PidFile.STALE
    return PidFile.ALIVE if process.folder in (data, None) else PidFile.STALE


def clear(data: Path, *, within_s: float = 20.0) -> None:
    """Wait until nothing of an earlier server works in ``data``, then remove its stale pid file.

    A server whose supervisor died is shutting down by itself; after half the time it is told to, at
    the end its processes are killed, from which PostgreSQL recovers by its log.
    """
    started, told = time.monotonic(), False
    while workers := list(_working_in(data)):
        waited = time.monotonic() - started
        if waited > within_s:
            raise DatabaseUnavailable("Processes of an earlier PostgreSQL do not end; stop them by hand.")
        if waited > within_s * 0.75:
            _end(workers, hard=True)
        elif waited > within_s / 2 and not told:
            told = True
            _end(workers, hard=False)
        time.sleep(0.05)
    if judge_pid_file(*_pid_file(data), data) is PidFile.STALE:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _pid_file(data: Path) -> tuple[str | None, Process | None]:
    try:
        content = (data / "postmaster.pid").read_text()
    except FileNotFoundError:
        return None, None
    first = content.split("\n", 1)[0].strip()
    return content, _process(int(first)) if first.isdecimal() else None


def _process(pid: int) -> Process | None:
    try:
        found = psutil.Process(pid)
        name, zombie = found.name(), found.status() == psutil.STATUS_ZOMBIE
        return Process(name, zombie, _folder_of(found))
    except psutil.NoSuchProcess:
        return None


def _folder_of(process: psutil.Process) -> Path | None:
    try:
        return Path(process.cwd())
    except (psutil.AccessDenied, psutil.ZombieProcess):
        return None


def _working_in(data: Path) -> Iterator[psutil.Process]:
    """Live postgres processes whose working folder is ``data``."""
    for process in psutil.process_iter(["name"]):
        if not (process.info["name"] or "").startswith("postgres") or process.pid == os.getpid():
            continue
        try:
            if process.status() != psutil.STATUS_ZOMBIE and _folder_of(process) == data:
                yield process
        except psutil.NoSuchProcess:
            continue


def _end(processes: list[psutil.Process], *, hard: bool) -> None:
    for process in processes:
        try:
            if hard:
                process.kill()
            else:
                process.terminate()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
