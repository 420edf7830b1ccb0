"""What an administrator must say before anybody relies on being called."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import TypeAdapter

from pipeline.database.set_up import SetUp, read_set_up, save_set_up
from pipeline.domain.access import may_set_up, sees_every_site
from review_ui.desk import SignedIn, TheDesk
from review_ui.http.description import refuses
from review_ui.http.problems import Problem
from review_ui.rota.sent import SetUpSent

router = APIRouter(prefix="/set-up", tags=["set-up"])


@dataclass(frozen=True, slots=True)
class SetUpView:
    """What was said; ``complete`` is false until there is a telephone of last resort."""

    complete: bool
    fallback_phone: str
    site_phones: dict[str, str]
    public_url: str
    holiday_region: str
    revision: int


@router.get("")
def show(who: SignedIn, at: TheDesk) -> SetUpView:
    """What was set up; a hospital sees the number that is meant for itself."""
    with at.engine.begin() as connection:
        said = read_set_up(connection)
    if said is not None and not sees_every_site(who.viewer):
        said = SetUp(said.phone_of(who.site_id or ""))
    return _view(said)


@router.put("", responses=refuses(409))
def save(sent: SetUpSent, who: SignedIn, at: TheDesk) -> SetUpView:
    """Say it; over somebody else's word, the answer is what stands."""
    if not may_set_up(who.viewer):
        raise Problem(403, "forbidden", "Only an administrator sets this up.")
    url = sent.public_url.rstrip("/")
    said = SetUp(sent.fallback_phone, dict(sent.site_phones), url, sent.holiday_region, sent.revision)
    with at.engine.begin() as connection:
        kept = save_set_up(connection, said, who.id, at.clock())
        standing = _view(read_set_up(connection))
    if not kept:
        current = TypeAdapter(SetUpView).dump_python(standing, mode="json")
        raise Problem(409, "changed_meanwhile", "Somebody changed the set-up.", current=current)
    return standing


def _view(said: SetUp | None) -> SetUpView:
    if said is None:
        return SetUpView(
            complete=False, fallback_phone="", site_phones={}, public_url="", holiday_region="", revision=0
        )
    return SetUpView(
        complete=True,
        fallback_phone=said.fallback_phone,
        site_phones=dict(said.site_phones),
        public_url=said.public_url,
        holiday_region=said.holiday_region,
        revision=said.revision,
    )
