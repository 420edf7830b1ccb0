"""Whether the desk and its database are up; needs no sign-in and says nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from review_ui.desk import Desk, TheDesk
from review_ui.version import installed_version

router = APIRouter(prefix="/status", tags=["status"])


@dataclass(frozen=True, slots=True)
class Status:
    """What anybody may know."""

    name: str
    version: str
    database: bool


@router.get("")
def status(at: TheDesk) -> Status:
    """Say whether the database answers."""
    return Status("NeuroVigie", installed_version(), _answers(at))


def _answers(at: Desk) -> bool:
    try:
        with at.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
