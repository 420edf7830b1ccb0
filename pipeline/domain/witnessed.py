"""Time that was lived through: what a clock that was set cannot add to, so that nothing expires early."""

from __future__ import annotations

from datetime import timedelta

from pipeline.domain.steadiness import Reading


def lived(before: Reading | None, after: Reading) -> timedelta:
    """How much time certainly passed between two readings, whatever the clock on the wall says.

    Across a start of the machine that is the time since the start; how long it was off nobody has counted.
    """
    if before is None:
        return timedelta()
    if before.boot_id != after.boot_id:
        return max(after.counted, timedelta())
    return max(after.counted - before.counted, timedelta())
