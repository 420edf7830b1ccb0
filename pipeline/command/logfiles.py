"""The processes' log files: kept small, and read along for the few lines a person should see."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST_BYTES = 20 << 20
_SHOWN_LEVELS = frozenset({"warning", "error", "critical"})
_LEFT_OUT = frozenset({"event", "level", "timestamp", "process"})
_LONGEST_READ = 1 << 20


@dataclass(slots=True)
class LogTail:
    """Reads what was added to a log file since the last look; begins at its end."""

    path: Path
    offset: int = 0

    def __post_init__(self) -> None:
        self.offset = self.path.stat().st_size if self.path.exists() else 0

    def new_lines(self) -> list[str]:
        """Whole lines only; a line being written is read next time."""
        if not self.path.exists():
            return []
        size = self.path.stat().st_size
        if size <= self.offset:
            self.offset = size  # it was started anew
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            read = file.read(_LONGEST_READ)
        whole = read[: read.rfind(b"\n") + 1]
        self.offset += len(whole)
        return whole.decode(errors="replace").splitlines()

    def keep_small(self, largest: int = LARGEST_BYTES) -> None:
        """Keep one older file; the process goes on appending to the same, emptied one."""
        if self.path.exists() and self.path.stat().st_size > largest:
            shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
            self.path.open("w").close()
            self.offset = 0


def parse(line: str) -> dict[str, Any]:
    """One structured line, or an empty mapping for anything else."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def summary(event: dict[str, Any]) -> str | None:
    """One line for the terminal, or None for what only the file needs."""
    if event.get("level") not in _SHOWN_LEVELS or "event" not in event:
        return None
    words = str(event["event"]).replace("_", " ")
    rest = ", ".join(f"{name} {value}" for name, value in event.items() if name not in _LEFT_OUT)
    return f"{words} ({rest})" if rest else words
