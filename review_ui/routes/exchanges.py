"""Exchanges of duties: one expert asks another, who accepts or declines."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Connection

from pipeline.database import exchanges, rota
from pipeline.database.rota import By
from pipeline.domain.access import may_keep_rota
from pipeline.domain.rota import Exchange, ExchangeAnswer
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.rota.asking import keep, refusing, see
from review_ui.rota.sent import ExchangeSent
from review_ui.rota.views import ExchangeView, exchange_view

router = APIRouter(prefix="/rota/exchanges", tags=["rota"])


@router.get("")
def show(who: SignedIn, at: TheDesk) -> list[ExchangeView]:
    """The proposals about time to come, the newest first."""
    see(who)
    with at.engine.begin() as connection:
        known = rota.read_experts(connection)
        return [exchange_view(one, known) for one in exchanges.read_exchanges(connection, at.clock())]


@router.post("", status_code=201, responses=refuses(404, 409))
def propose(sent: ExchangeSent, who: SignedIn, at: TheDesk) -> ExchangeView:
    """Ask somebody to do a part of one's duty; for others, those who keep the rota do."""
    see(who)
    with at.engine.begin() as connection:
        duty = rota.read_duty(connection, sent.duty)
        if duty is None:
            raise not_found()
        if duty.expert_id != who.id:
            keep(who)
        wanted = Exchange(duty.id, sent.period, duty.expert_id, sent.taker)
        made = refusing(lambda: exchanges.propose(connection, wanted, sent.note, By(who.id, at.clock())))
        return _view(connection, made)


@router.post("/{exchange_id}/{said}", responses=refuses(409))
def answer(exchange_id: UUID, said: ExchangeAnswer, who: SignedIn, at: TheDesk) -> ExchangeView:
    """Accept, decline or withdraw a proposal; an accepted one is on the rota at once."""
    see(who)
    with at.engine.begin() as connection:
        known = exchanges.read_exchange(connection, exchange_id)
        if known is None:
            raise not_found()
        by, organises = By(who.id, at.clock()), may_keep_rota(who.viewer)
        state = refusing(lambda: exchanges.answer_exchange(connection, known, said, by, organises=organises))
        if state is None:
            raise Problem(409, "not_yours_to_answer", "It was answered already, or is for somebody else to answer.")
        return _view(connection, exchange_id)


def _view(connection: Connection, exchange_id: UUID) -> ExchangeView:
    found = exchanges.read_exchange(connection, exchange_id)
    assert found is not None  # noqa: S101 - read in the transaction that wrote it
    return exchange_view(found, rota.read_experts(connection))
