"""The supervisor goes on whatever dies, and says what it does."""

from __future__ import annotations

import os
import time

import pytest

from pipeline.command.parts import Part
from pipeline.command.supervisor import Supervisor
from pipeline.domain.errors import DatabaseUnavailable


class BrokenPostgres:
    """A database that cannot be brought back."""

    pid = None

    def __init__(self, error: Exception) -> None:
        self.error, self.starts = error, 0

    def start(self) -> str:
        self.starts += 1
        raise self.error

    def stop(self) -> None:
        pass


def until(supervisor, condition, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not condition():
        supervisor.tick()
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize("error", [DatabaseUnavailable(), OSError(28, "No space left on device")])
def test_a_database_that_cannot_start_is_tried_again_later_and_ends_nothing_else(error, tmp_path):
    told: list[str] = []
    postgres = BrokenPostgres(error)
    supervisor = Supervisor({}, tmp_path, told.append, postgres)
    supervisor.tick()
    supervisor.tick()
    assert postgres.starts == 1
    until(supervisor, lambda: postgres.starts >= 2)
    assert told[0] == "PostgreSQL ended; it starts again"


def test_a_part_that_ends_at_once_is_started_again_after_a_pause(tmp_path):
    told: list[str] = []
    supervisor = Supervisor(dict(os.environ), tmp_path, told.append)
    supervisor.start([Part("clerk", "no_such_module_of_ours")])
    until(supervisor, lambda: len(told) >= 2)
    assert told[0] == "clerk ended with exit code 1; it starts again in 0.25 s"
    assert told[1].endswith("0.5 s")
    supervisor.stop()


def test_ready_is_read_from_the_log_and_a_stop_leaves_no_process(tmp_path):
    (tmp_path / "sleeper.py").write_text(
        'import sys, time\nprint(\'{"event": "ready"}\', file=sys.stderr, flush=True)\ntime.sleep(600)\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    supervisor = Supervisor(environment, tmp_path, lambda _: None)
    supervisor.start([Part("sleeper", "sleeper")])
    assert supervisor.not_ready == ["sleeper"]
    until(supervisor, lambda: not supervisor.not_ready)
    pid = supervisor._parts[0].process.pid
    supervisor.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
