"""The outermost call of a loop that must go on, whatever a piece of its work does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def outcome_of(work: Callable[[], T]) -> T | Exception:
    """What a piece of work gives, or what went wrong in it, whatever that was: for the caller to name and to log."""
    try:
        return work()
    except Exception as exc:  # noqa: BLE001 -- images must go on being stored, filed and indexed
        return exc
