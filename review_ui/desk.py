"""What the routes work with, and who is asking."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from pipeline.domain.access import may_see_patients
from pipeline.domain.deadlines import Deadlines
from review_ui.accounts import sessions
from review_ui.accounts.account import Account
from review_ui.accounts.passwords import Passwords
from review_ui.accounts.sign_in import Door
from review_ui.bundles import BundleTexts
from review_ui.dicomweb.receiving import Receiver
from review_ui.dicomweb.series_metadata import MetadataReader
from review_ui.dicomweb.viewers import OtherViewers
from review_ui.events.hub import EventHub
from review_ui.health import Health
from review_ui.http.description import COOKIE
from review_ui.http.problems import Problem
from review_ui.metrics.scrape import Scrape
from review_ui.peers.checkup import CheckUp
from review_ui.rendering.child import Renderer

Clock = Callable[[], datetime]
"""Tells the time, in UTC."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one desk is made of; made once by `review_ui.app.create_app`."""

    engine: Engine
    home_root: Path
    vault_root: Path
    derived_root: Path
    clock: Clock
    passwords: Passwords
    door: Door
    sign_in_turns: Semaphore
    hub: EventHub
    metadata: MetadataReader
    renderer: Renderer
    receiver: Receiver
    viewers: OtherViewers
    bundles: BundleTexts
    health: Health
    scrape: Scrape
    deadlines: Deadlines
    check_up: CheckUp


async def desk(request: Request) -> Desk:
    """The desk of this application."""
    found: Desk = request.app.state.desk
    return found


TheDesk = Annotated[Desk, Depends(desk)]


def whoever(request: Request, at: TheDesk) -> Account:
    """The account of the session, whatever it still has to do."""
    token = request.cookies.get(COOKIE)
    found = None
    if token:
        with at.engine.begin() as connection:
            found = sessions.whose(connection, token, at.clock())
    if found is None:
        raise Problem(401, "not_signed_in", "Sign in first.")
    return found


Whoever = Annotated[Account, Depends(whoever)]


def signed_in(account: Whoever) -> Account:
    """The account of the session, ready to work."""
    if account.must_change_password:
        raise Problem(403, "must_change_password", "Choose your own password first.")
    return account


SignedIn = Annotated[Account, Depends(signed_in)]


def sees_patients(account: SignedIn) -> Account:
    """The account of the session, if images and what is known of patients are shown to it at all."""
    if not may_see_patients(account.viewer):
        raise Problem(
            403,
            "grant_needed",
            "Images and patient data are not shown to administrators, "
            "unless another administrator or a coordinator has granted it for a while.",
        )
    return account


SeesPatients = Annotated[Account, Depends(sees_patients)]
