"""Tells the index what the vault holds, from one thread: storing never waits for the database."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile

from dicom_node.outermost import outcome_of
from pipeline import logs
from pipeline.domain.errors import DatabaseUnavailable, VaultError
from pipeline.domain.ports import Index, Vault
from pipeline.domain.receipt import Receipt

BATCH = 200
MOST_WAITING = 10_000
"""Receipts kept in memory; beyond, the vault's own list of pending ones is read when there is room again."""
LOOK_AGAIN_S = 5.0
"""Time between two looks at what is pending in the vault, when there is nothing else to do."""
LOOK_LATE_S = 25.0
"""How much longer it is when there is: other processes store into the vault too."""


QUIET_S = 0.02
TOGETHER_S = 0.3
"""Receipts are indexed when none came for the first time, or one has waited for the second, or an association
has ended: the images of a series come in one go, and who waits for an answer goes first."""

UNSETTLED_S = 20.0
"""How long at most a receipt is left alone whose file the vault cannot make: a full disk is emptied."""


def outage_delay_s(attempt: int) -> float:
    """How long to leave an unavailable database alone: short, since a case must be seen soon after."""
    return float(min(0.25 * 2 ** min(attempt, 10), 5.0))


def refusal_delay_s(attempt: int) -> float:
    """How long to leave a receipt alone that the index refuses: growing to an hour."""
    return float(min(10.0 * 2 ** min(attempt, 20), 3600.0))


@dataclass(frozen=True, slots=True)
class Closed:
    """An association was released, after the receipts before it."""

    association_id: str


@dataclass(frozen=True, slots=True)
class _Refusal:
    attempts: int
    due: float


class Indexer:
    """Feeds an `Index` with receipts in the order they came, in batches, until it has them all."""

    def __init__(self, vault: Vault, index: Index) -> None:
        self._vault = vault
        self._index = index
        self._news = threading.Condition()
        self._waiting: deque[Receipt | Closed] = deque()
        self._open: set[str] = set()
        self._incomplete: set[str] = set()
        self._refused: dict[str, _Refusal] = {}
        self._singly = 0
        self._outage = 0
        self._not_before = 0.0
        self._next_look = 0.0
        self._stopping = False
        self._hurry = threading.Event()

    def association_opened(self, association_id: str) -> None:
        """Take note that receipts of this association may still come."""
        with self._news:
            self._open.add(association_id)

    def received(self, receipt: Receipt) -> None:
        """Take a receipt; never blocks, and loses nothing when full: it is pending in the vault."""
        with self._news:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(receipt)
            else:
                self._next_look = 0.0
                self._misses(receipt)
            self._news.notify()

    def association_closed(self, association_id: str, *, released: bool) -> None:
        """Take note that the association has ended; called after its last `received`.

        One that was cut says nothing about its series: the index is not told, and the quiet time decides.
        """
        with self._news:
            if released:
                self._waiting.append(Closed(association_id))
                self._hurry.set()
            else:
                self._forget_association(association_id)
            self._news.notify()

    def stop(self) -> None:
        """End `run` once the index has everything, or at once during an outage: the rest stays pending."""
        with self._news:
            self._stopping = True
            self._hurry.set()
            self._news.notify()

    def run(self, clock: Callable[[], float]) -> None:
        """Work until `stop`; the loop of a thread."""
        while not self._may_end():
            self._gather(clock)
            rest_s = self._safe_step(clock())
            with self._news:
                rests = clock() < self._not_before
                if rest_s > 0 and (rests or not self._waiting) and not self._may_end():
                    self._news.wait(rest_s)

    def _gather(self, clock: Callable[[], float]) -> None:
        """Let a few come together; the end of an association is told at once."""
        gathers_until = clock() + TOGETHER_S
        before = 0
        while before != len(self._waiting) < BATCH and clock() < gathers_until:
            before = len(self._waiting)
            if self._hurry.wait(QUIET_S):
                self._hurry.clear()
                return

    def _safe_step(self, now: float) -> float:
        rest_s = outcome_of(lambda: self.step(now))
        if not isinstance(rest_s, Exception):
            return rest_s
        logs.get().error("indexing_failed", error=type(rest_s).__name__)
        self._outage += 1  # nothing is known about its end either, so `stop` does not wait for that
        self._not_before = now + LOOK_AGAIN_S
        return LOOK_AGAIN_S

    def _may_end(self) -> bool:
        return self._stopping and bool(self._outage or not self._waiting)

    def step(self, now: float) -> float:
        """Do one piece of work at monotonic time ``now``; seconds until there may be another."""
        if now < self._not_before:
            return self._not_before - now
        if now >= self._next_look + (LOOK_LATE_S if self._waiting else 0.0):
            self._look_at_pending(now)
        if not self._waiting:
            return max(self._next_look - now, 0.0)
        try:
            self._work(now)
        except DatabaseUnavailable:
            return self._rest(now)
        self._recovered()
        return 0.0

    def _work(self, now: float) -> None:
        first = self._waiting[0]
        if isinstance(first, Closed):
            self._close(first)
            self._waiting.popleft()
            return
        batch = self._batch()
        try:
            self._vault.settle(batch)
        except VaultError as exc:
            self._refuse(batch, exc, now)
            return
        self._record(batch, now)

    def _batch(self) -> list[Receipt]:
        size = 1 if self._singly else BATCH
        with self._news:
            receipts = takewhile(lambda entry: isinstance(entry, Receipt), self._waiting)
            return [entry for entry in islice(receipts, size) if isinstance(entry, Receipt)]

    def _record(self, batch: list[Receipt], now: float) -> None:
        against = objection(partial(self._index.record, batch))
        if against is not None:
            self._refuse(batch, against, now)
            return
        self._forget(batch)
        self._done(batch)

    def _refuse(self, batch: list[Receipt], error: Exception, now: float) -> None:
        """Try a refused batch one by one; leave a refused receipt pending, for later."""
        if len(batch) > 1:
            self._singly = len(batch)
            return
        path = batch[0].path
        attempts = self._refused[path].attempts + 1 if path in self._refused else 0
        delay_s = refusal_delay_s(attempts)
        if isinstance(error, VaultError):
            delay_s = min(delay_s, UNSETTLED_S)
        self._refused[path] = _Refusal(attempts, now + delay_s)
        with self._news:
            self._misses(batch[0])
        if attempts == 0 or not isinstance(error, VaultError):
            logs.get().error("receipt_refused", receipt=path, attempt=attempts + 1, error=type(error).__name__)
        self._done(batch)

    def _misses(self, receipt: Receipt) -> None:
        """The index hears of this one after its association's end, which therefore proves nothing."""
        association_id = receipt.arrival.association_id
        if association_id in self._open:
            self._incomplete.add(association_id)

    def _forget_association(self, association_id: str) -> None:
        self._open.discard(association_id)
        self._incomplete.discard(association_id)

    def _done(self, batch: list[Receipt]) -> None:
        self._singly = max(self._singly - len(batch), 0)
        for _ in batch:
            self._waiting.popleft()

    def _forget(self, batch: list[Receipt]) -> None:
        for receipt in batch:
            self._refused.pop(receipt.path, None)
        try:
            self._vault.indexed(batch)
        except VaultError as exc:
            # They stay pending and are recorded again later, which changes nothing.
            logs.get().warning("pending_not_cleared", count=len(batch), error=str(exc))

    def _close(self, closed: Closed) -> None:
        with self._news:
            whole = closed.association_id not in self._incomplete
        against = objection(partial(self._index.association_closed, closed.association_id)) if whole else None
        if against is not None:  # the quiet time completes the series instead
            name = type(against).__name__
            logs.get().error("association_not_closed", association=closed.association_id, error=name)
        with self._news:
            self._forget_association(closed.association_id)

    def _look_at_pending(self, now: float) -> None:
        """Take up what the vault still holds for the index: after a start, an outage, a refusal.

        How its associations ended nobody knows: the quiet time completes their series.
        """
        self._next_look = now + LOOK_AGAIN_S
        try:
            with self._news:
                known = {entry.path for entry in self._waiting if isinstance(entry, Receipt)}
            pending = (receipt for receipt in self._vault.pending() if receipt.path not in known)
            due = (receipt for receipt in pending if self._is_due(receipt, now))
            found = list(islice(due, MOST_WAITING))
        except VaultError as exc:
            logs.get().warning("pending_not_read", error=str(exc))
            return
        with self._news:
            self._waiting.extend(found)

    def _is_due(self, receipt: Receipt, now: float) -> bool:
        refusal = self._refused.get(receipt.path)
        return refusal is None or refusal.due <= now

    def _rest(self, now: float) -> float:
        if self._outage == 0:
            logs.get().warning("database_unavailable", count=len(self._waiting))
        delay = outage_delay_s(self._outage)
        self._outage += 1
        self._not_before = now + delay
        return delay

    def _recovered(self) -> None:
        if self._outage:
            logs.get().info("database_back", attempt=self._outage, count=len(self._waiting))
        self._outage = 0


def objection(work: Callable[[], None]) -> Exception | None:
    """What the index has against a piece of work, which must not stop the others.

    Raises `DatabaseUnavailable`, which is no objection.
    """
    outcome = outcome_of(work)
    if isinstance(outcome, DatabaseUnavailable):
        raise outcome
    return outcome
