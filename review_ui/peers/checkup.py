"""The test of a peer, made by the program that makes it on the command line: the desk itself speaks no DICOM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from pipeline.settings import Settings

_WITHIN_S, _STUDY_WITHIN_S = 60.0, 420.0
_AT_ONCE = threading.BoundedSemaphore(2)


class Busy(Exception):
    """Other tests are under way."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a test; ``ok`` is none for one that does not apply."""

    name: str
    ok: bool | None
    code: str
    says: str
    values: dict[str, str]


_STEP = TypeAdapter(StepView)


@dataclass(frozen=True, slots=True)
class CheckUp:
    """Tests peers with the settings of this desk."""

    settings: Settings

    def of(self, peer_id: UUID, *, study: bool) -> list[StepView]:
        """The steps of a test, as far as it came. Raises `Busy`."""
        if not _AT_ONCE.acquire(blocking=False):
            raise Busy
        try:
            return self._run(peer_id, study=study)
        finally:
            _AT_ONCE.release()

    def _run(self, peer_id: UUID, *, study: bool) -> list[StepView]:
        command = [sys.executable, "-P", "-m", "dicom_node.peers", "test", "--json", "--id", str(peer_id)]
        environment = os.environ | {
            "DATABASE_URL": self.settings.database_url,
            "NEUROVIGIE_DICOM_PORT": str(self.settings.dicom_port),
        }
        try:
            done = subprocess.run(
                [*command, *(["--study"] if study else [])],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_STUDY_WITHIN_S if study else _WITHIN_S,
            )
        except subprocess.TimeoutExpired as exc:
            said = exc.stdout.decode() if isinstance(exc.stdout, bytes) else ""
            return [*_steps(said), _ended("timed_out", "The test took too long.")]
        steps = _steps(done.stdout)
        return steps or [_ended("not_made", "The test could not be made; see the log of the desk.")]


def _steps(said: str) -> list[StepView]:
    return [step for step in map(_step, said.splitlines()) if step is not None]


def _step(line: str) -> StepView | None:
    try:
        said: dict[str, Any] = json.loads(line)
        said.pop("peer", None)
        return _STEP.validate_python(said)
    except (ValueError, AttributeError, ValidationError):
        return None


def _ended(code: str, says: str) -> StepView:
    return StepView("test", False, code, says, {})  # noqa: FBT003
