"""Opinions: begun with what models suggest, drafted, signed, amended; the hospital reads what is signed."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter
from sqlalchemy import Connection

from pipeline.database import opinions
from pipeline.database.opinions import StoredOpinion
from pipeline.domain.access import may_see, may_take
from pipeline.domain.opinion import Draft, edited, lacking
from review_ui.accounts.account import Account
from review_ui.cases.select import one_case
from review_ui.desk import SeesPatients, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem, not_found
from review_ui.opinions.sent import DraftSent, RevisionSent, SignatureSent
from review_ui.opinions.views import OpinionView, opinion_view

router = APIRouter(tags=["opinions"])

_VIEW = TypeAdapter(OpinionView)


@router.get("/cases/{case_id}/opinions")
def of_case(case_id: UUID, who: SeesPatients, at: TheDesk) -> list[OpinionView]:
    """The opinions of a case with their signed versions; one's own draft too, nobody else's."""
    with at.engine.begin() as connection:
        if one_case(connection, case_id, who.viewer) is None:
            raise not_found()
        found = opinions.opinions_of(connection, case_id)
        shown = [one for one in found if one.versions or one.author_id == who.id]
        return [_shown(connection, one, who) for one in shown]


@router.post("/cases/{case_id}/opinions")
def begin(case_id: UUID, who: SeesPatients, at: TheDesk) -> OpinionView:
    """One's own opinion of a case, begun if there is none; a second opinion is another and overwrites nothing."""
    with at.engine.begin() as connection:
        case = one_case(connection, case_id, who.viewer)
        if case is None:
            raise not_found()
        if not may_take(who.viewer, case.site):
            raise Problem(403, "forbidden", "Only those who give opinions write them.")
        opinion_id = opinions.begin_opinion(connection, case_id, who.id, at.clock())
        return _view(connection, opinion_id, who)


@router.put("/opinions/{opinion_id}/draft", responses=refuses(409))
def write(opinion_id: UUID, sent: DraftSent, who: SeesPatients, at: TheDesk) -> OpinionView:
    """Change the draft; from another window meanwhile, the answer is what stands, and nothing is overwritten."""
    with at.engine.begin() as connection:
        known = _mine(connection, opinion_id, who, sent.revision)
        draft = edited(known.draft or Draft(), sent.content.meant(), sent.confirmed)
        opinions.save_draft(connection, known, draft, at.clock())
        return _view(connection, opinion_id, who)


@router.post("/opinions/{opinion_id}/suggestions", responses=refuses(409))
def suggest(opinion_id: UUID, sent: RevisionSent, who: SeesPatients, at: TheDesk) -> OpinionView:
    """Take in what models say by now, unconfirmed, wherever nothing was said yet."""
    with at.engine.begin() as connection:
        known = _mine(connection, opinion_id, who, sent.revision)
        if known.draft is None:
            raise Problem(409, "not_drafted", "Nothing is being written.")
        opinions.take_suggestions(connection, known, at.clock())
        return _view(connection, opinion_id, who)


@router.post("/opinions/{opinion_id}/sign", responses=refuses(409))
def sign(opinion_id: UUID, sent: SignatureSent, who: SeesPatients, at: TheDesk) -> OpinionView:
    """Sign the draft: the hospital sees it at once, the calling ends, and results are owed to its archive."""
    with at.engine.begin() as connection:
        known = _mine(connection, opinion_id, who, sent.revision)
        if known.draft is None:
            raise Problem(409, "nothing_to_sign", "Nothing was written since it was last signed.")
        missing = lacking(known.draft, known.signed, sent.why)
        if missing:
            raise Problem(409, "lacking", "Something must still be done before this is signed.", lacking=list(missing))
        opinions.sign_opinion(connection, known, who.id, sent.why, at.clock())
        return _view(connection, opinion_id, who)


@router.post("/opinions/{opinion_id}/amend", responses=refuses(409))
def amend(opinion_id: UUID, sent: RevisionSent, who: SeesPatients, at: TheDesk) -> OpinionView:
    """Begin to amend what one signed; until it is signed again, what was signed stands."""
    with at.engine.begin() as connection:
        known = _mine(connection, opinion_id, who, sent.revision)
        if known.signed is None or known.draft is not None:
            raise Problem(409, "not_amendable", "It is not signed yet, or is being amended already.")
        opinions.save_draft(connection, known, Draft(known.signed.content), at.clock())
        return _view(connection, opinion_id, who)


@router.post("/opinions/{opinion_id}/discard", responses=refuses(409))
def discard(opinion_id: UUID, sent: RevisionSent, who: SeesPatients, at: TheDesk) -> OpinionView:
    """Throw an amendment away; what was signed stands."""
    with at.engine.begin() as connection:
        known = _mine(connection, opinion_id, who, sent.revision)
        if known.signed is None or known.draft is None:
            raise Problem(409, "not_amending", "Nothing signed is being amended.")
        opinions.save_draft(connection, known, None, at.clock())
        return _view(connection, opinion_id, who)


def _mine(connection: Connection, opinion_id: UUID, who: Account, revision: int) -> StoredOpinion:
    """One's own opinion at the revision one has seen, unchanged by anybody else until the transaction ends."""
    known = opinions.read_opinion(connection, opinion_id, lock=True)
    if known is None or not may_see(who.viewer, known.site_id):
        raise not_found()
    if known.author_id != who.id:
        raise Problem(403, "not_yours", "An opinion is changed by its author only; write a second one.")
    if known.revision != revision:
        current = _VIEW.dump_python(opinion_view(known, who.id), mode="json")
        raise Problem(409, "changed_meanwhile", "It was changed in another window.", current=current)
    return known


def _view(connection: Connection, opinion_id: UUID, who: Account) -> OpinionView:
    found = opinions.read_opinion(connection, opinion_id)
    assert found is not None  # noqa: S101 - opinions are never deleted
    return _shown(connection, found, who)


def _shown(connection: Connection, one: StoredOpinion, who: Account) -> OpinionView:
    newer = one.author_id == who.id and opinions.has_newer(connection, one)
    return opinion_view(one, who.id, newer=newer)
