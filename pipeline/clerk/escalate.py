"""The clerk calls: whoever is next when a deadline passes, and whoever is first when a case becomes urgent."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from pipeline import logs
from pipeline.database.clock import keep_time
from pipeline.database.escalations import cases_to_look_at, look
from pipeline.domain.calling import Notify, RaiseAlarm
from pipeline.domain.steadiness import Reading

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_THIS_PROCESS = uuid4().hex


def read_clocks(now: datetime) -> Reading:
    """Both clocks. Where the system does not name its start, another process counts as another start."""
    try:
        boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
        counted = time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, AttributeError):
        boot_id, counted = _THIS_PROCESS, time.monotonic()
    return Reading(boot_id, timedelta(seconds=counted), now)


def escalate(engine: Engine, reading: Reading) -> int:
    """Look at every case that needs it, each in its own transaction; how many were looked at."""
    with engine.begin() as connection:
        jump = keep_time(connection, reading)
        cases = cases_to_look_at(connection, reading.wall_at)
    if jump:
        logs.get().warning("clock_was_set", seconds=jump.total_seconds())
    for case_id in cases:
        with engine.begin() as connection:
            looked = look(connection, case_id, reading.wall_at)
        called = sum(isinstance(effect, Notify) for effect in looked.effects)
        if called:
            logs.get().info("somebody_called", case=str(case_id), tier=looked.state.tier.value, count=called)
        if any(isinstance(effect, RaiseAlarm) for effect in looked.effects):
            logs.get().warning("nobody_found", case=str(case_id), tier=looked.state.tier.value)
    return len(cases)
