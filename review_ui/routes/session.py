"""Signing in and out, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints
from starlette.concurrency import run_in_threadpool

from review_ui.accounts import sessions
from review_ui.accounts.account import Account
from review_ui.accounts.passwords import LONGEST, WeakPassword, check_new
from review_ui.accounts.sign_in import Attempt, Locked, Welcome, Wrong
from review_ui.accounts.store import change_password
from review_ui.desk import Desk, TheDesk, Whoever
from review_ui.http.description import COOKIE, refuses
from review_ui.http.problems import Problem
from review_ui.views import AccountView, account_view

router = APIRouter(prefix="/session", tags=["session"])

Secret = Annotated[str, StringConstraints(max_length=LONGEST, pattern=r"^[^\x00]*$")]


class Credentials(BaseModel):
    """Who wants in."""

    name: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
    password: Secret


class NewPassword(BaseModel):
    """A change of one's own password."""

    current: Secret
    new: Secret


@router.post("", responses=refuses(401, 429))
async def sign_in(credentials: Credentials, request: Request, response: Response, at: TheDesk) -> AccountView:
    """Begin a session; its cookie is out of reach of scripts and of other sites.

    Passwords are checked a few at a time: a whole hospital that signs in at once holds up nobody who is at work.
    """
    address = request.client.host if request.client else ""
    now = at.clock()
    attempt = Attempt(credentials.name, credentials.password, address)
    async with at.sign_in_turns:
        outcome = await run_in_threadpool(at.door.sign_in, attempt, now)
    if isinstance(outcome, Locked):
        wait = max(1, round((outcome.until - now).total_seconds()))
        raise Problem(429, "locked", f"Too many attempts; try again in {wait} s.", {"Retry-After": str(wait)})
    if not isinstance(outcome, Welcome):
        raise Problem(401, "wrong_password", "Unknown name or wrong password.")
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, outcome.token, httponly=True, samesite="strict", secure=secure, path="/")
    return account_view(outcome.account)


@router.get("")
def who_am_i(who: Whoever) -> AccountView:
    """Whoever is signed in."""
    return account_view(who)


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response, at: TheDesk) -> None:
    """End the session; signing out twice is no error."""
    token = request.cookies.get(COOKIE)
    if token:
        with at.engine.begin() as connection:
            sessions.end(connection, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.post("/password", status_code=204, responses=refuses(429))
def choose_password(wanted: NewPassword, request: Request, who: Whoever, at: TheDesk) -> None:
    """Change one's own password; every other session of the account ends."""
    _check_current(wanted.current, who, at)
    try:
        check_new(who.name, wanted.current, wanted.new)
    except WeakPassword as error:
        raise Problem(422, "weak_password", str(error)) from error
    password_hash = at.passwords.hash(wanted.new)
    keep = sessions.digest(request.cookies[COOKIE])
    with at.engine.begin() as connection:
        change_password(connection, who.id, password_hash, keep=keep)


def _check_current(password: str, who: Account, at: Desk) -> None:
    """A stolen session must not be enough to guess the password: failures lock the account here too."""
    outcome = at.door.check(who, password, at.clock())
    if isinstance(outcome, Locked):
        raise Problem(429, "locked", "Too many attempts; try again in some minutes.")
    if isinstance(outcome, Wrong):
        raise Problem(403, "wrong_password", "The current password is not right.")
