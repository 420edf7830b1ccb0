"""Exchanges of duties in the database: proposed, answered once, and carried out in the answer's own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update

from pipeline.database.rota import (
    By,
    RotaRefused,
    add_duty,
    lock_rota,
    note,
    read_duty,
    read_experts,
    replace_duty,
)
from pipeline.database.rota_tables import exchange
from pipeline.database.signals import ROTA, signal
from pipeline.domain.rota import Duty, Exchange, ExchangeAnswer, ExchangeState, Period, answer, hand_over, suits


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """A proposal, its id and when it was made and answered."""

    id: UUID
    exchange: Exchange
    note: str
    proposed_at: datetime
    answered_at: datetime | None


def propose(connection: Connection, wanted: Exchange, words: str, by: By) -> UUID:
    """Write down a proposal. Raises `RotaRefused` when it could not be carried out."""
    _check(connection, wanted)
    values = {
        "duty_id": wanted.duty_id,
        "giver": wanted.giver,
        "taker": wanted.taker,
        "starts_at": wanted.part.starts_at,
        "ends_at": wanted.part.ends_at,
        "note": words,
        "proposed_at": by.at,
    }
    made: UUID = connection.execute(insert(exchange).values(values).returning(exchange.c.id)).scalar_one()
    signal(connection, ROTA)
    return made


def read_exchanges(connection: Connection, since: datetime) -> list[StoredExchange]:
    """Proposals about time after ``since``, the newest first."""
    rows = connection.execute(
        select(exchange).where(exchange.c.ends_at > since).order_by(exchange.c.proposed_at.desc())
    )
    return [_stored(row) for row in rows]


def read_exchange(connection: Connection, exchange_id: UUID) -> StoredExchange | None:
    """One proposal, locked until the transaction ends."""
    row = connection.execute(select(exchange).where(exchange.c.id == exchange_id).with_for_update()).one_or_none()
    return None if row is None else _stored(row)


def answer_exchange(
    connection: Connection, known: StoredExchange, said: ExchangeAnswer, by: By, *, organises: bool
) -> ExchangeState | None:
    """Answer a locked proposal; none when this person may not. Raises `RotaRefused` when the rota moved on."""
    state = answer(known.exchange, said, by.account_id, organises=organises)
    if state is None:
        return None
    if state is ExchangeState.ACCEPTED:
        _carry_out(connection, known.exchange, by)
    answered = {"state": state.value, "answered_at": by.at, "answered_by": by.account_id}
    connection.execute(update(exchange).where(exchange.c.id == known.id).values(answered))
    signal(connection, ROTA)
    return state


def _carry_out(connection: Connection, wanted: Exchange, by: By) -> None:
    lock_rota(connection)
    known = _check(connection, wanted)
    pieces = [one.duty for one in hand_over(known, wanted.part, wanted.taker, _new_ids())]
    replace_duty(connection, pieces[0], by)
    for one in pieces[1:]:
        add_duty(connection, one, by)
    note(connection, "handed_over", {"duty": str(known.id), "to": str(wanted.taker)}, by)


def _check(connection: Connection, wanted: Exchange) -> Duty:
    known, taker = read_duty(connection, wanted.duty_id), read_experts(connection).get(wanted.taker)
    if known is None or known.expert_id != wanted.giver or known.period.shared(wanted.part) != wanted.part:
        raise RotaRefused("not_his_duty", "That time is not, or no longer, a duty of the one who gives it away.")
    if taker is None or not suits(taker, known):
        raise RotaRefused("not_suited", "The other expert does not have that skill, or not for all of these sites.")
    return known


def _new_ids() -> Iterator[UUID]:
    while True:
        yield uuid4()


def _stored(row: Row[Any]) -> StoredExchange:
    part = Period(row.starts_at, row.ends_at)
    known = Exchange(row.duty_id, part, row.giver, row.taker, ExchangeState(row.state))
    return StoredExchange(row.id, known, row.note, row.proposed_at, row.answered_at)
