"""What an open page should read again: told once, to whoever may know it, with no place in any history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.database.signals import ROTA, SEEN
from pipeline.domain.access import Viewer, may_see, may_see_patients, may_see_rota


@dataclass(frozen=True, slots=True)
class Signal:
    """Something other than a case changed; without ``case`` and ``site`` it may be anywhere."""

    kind: str
    case: str = ""
    site: str = ""


def read_signal(payload: str) -> Signal:
    """What `pipeline.database.signals.signal` sent."""
    told = json.loads(payload)
    return Signal(told["kind"], told.get("case", ""), told.get("site", ""))


def all_kinds() -> Iterator[Signal]:
    """What must be taken to have changed after a time in which nobody listened."""
    yield Signal(ROTA)
    yield Signal(SEEN)


def may_hear(viewer: Viewer, signal: Signal) -> bool:
    """Whether this viewer may know that something changed."""
    if signal.kind == ROTA:
        return may_see_rota(viewer)
    own = not signal.site or may_see(viewer, signal.site)
    return own and may_see_patients(viewer)


def encoded_signal(signal: Signal) -> bytes:
    """A signal as the event stream format has it; without an id, for it moves no place to resume from."""
    told = {"case": signal.case} if signal.case else {}
    return f"event: {signal.kind}\ndata: {json.dumps(told)}\n\n".encode()
