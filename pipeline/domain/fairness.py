"""In which order those on duty are called: by rank, then whoever speaks the language, then whoever has had least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pipeline.domain.rota import Duty, Expert

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has to do now, and how often he was called of late."""

    held: int = 0
    called: int = 0
    last_called_at: datetime | None = None


def calling_order(
    on_duty: Sequence[Duty], experts: Mapping[UUID, Expert], loads: Mapping[UUID, Load], language: str = ""
) -> tuple[UUID, ...]:
    """Everybody on duty once: a rank is an order, inside a rank the work is shared."""

    def key(duty: Duty) -> tuple[object, ...]:
        load = loads.get(duty.expert_id, Load())
        who = experts.get(duty.expert_id)
        speaks = not language or (who is not None and language in who.languages)
        last = load.last_called_at or _NEVER
        return duty.rank, not speaks, load.held, load.called, last, duty.expert_id

    return tuple(dict.fromkeys(duty.expert_id for duty in sorted(on_duty, key=key)))
