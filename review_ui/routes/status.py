"""Whether the desk and its database are up; needs no sign-in and says nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from pipeline.version import installed_version
from review_ui.desk import TheDesk

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
    return Status("NeuroVigie", installed_version(), at.health.database_answers())
