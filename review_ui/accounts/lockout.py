"""The brake on guessing passwords: how long to wait after how many failures.

It stays short on purpose: nobody may lock the doctor on call out of the desk for the night.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """After ``free`` failures each further one costs a wait: ``first``, then twice as long, up to ``longest``."""

    free: int
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=5)

    def wait_after(self, failures: int) -> timedelta:
        """How long to wait after this many failures in a row."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta(0)
        doublings = min(beyond - 1, 20)
        return min(self.first * (1 << doublings), self.longest)


PER_ACCOUNT = LockoutPolicy(free=4)
PER_ADDRESS = LockoutPolicy(free=19)
"""A whole hospital may come from one address."""


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: datetime


class Throttle:
    """Failures by key (an address, or a name that is no account), forgotten after a while; bounded."""

    def __init__(
        self, policy: LockoutPolicy, *, forget_after: timedelta = timedelta(minutes=15), most: int = 4096
    ) -> None:
        self._policy = policy
        self._forget_after = forget_after
        self._most = most
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = Lock()

    def locked_until(self, key: str, now: datetime) -> datetime | None:
        """When this key may try again, or ``None`` when it may now."""
        with self._lock:
            known = self._known(key, now)
        until = known.last + self._policy.wait_after(known.count)
        return until if until > now else None

    def failed(self, key: str, now: datetime) -> None:
        """Count one more failure."""
        with self._lock:
            self._failures[key] = _Failures(self._known(key, now).count + 1, now)
            self._failures.move_to_end(key)
            while len(self._failures) > self._most:
                self._failures.popitem(last=False)

    def _known(self, key: str, now: datetime) -> _Failures:
        known = self._failures.get(key)
        if known is None or now - known.last > self._forget_after:
            return _Failures(0, now)
        return known
