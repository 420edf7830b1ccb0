"""Who asks DICOMweb for something: a person signed in, a hospital's system, or a viewer opened by link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, and_

from pipeline.database.tables import study
from pipeline.domain.access import may_see_patients
from review_ui.cases.select import shown_to
from review_ui.desk import TheDesk, sees_patients, signed_in, whoever
from review_ui.http.problems import Problem
from review_ui.tokens.store import Holder, holder_of

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who may read; ``allowed`` is the condition on a study and its case."""

    allowed: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Storer:
    """A system that may store, and the hospital to which all it stores belongs."""

    name: str
    site_id: str


def reader(request: Request, at: TheDesk) -> Reader:
    """Who reads: by token where one is sent, else by the session of the browser."""
    if "authorization" not in request.headers:
        return Reader(shown_to(sees_patients(signed_in(whoever(request, at))).viewer))
    holder = _holder(request, at)
    if not holder.may_read or (holder.viewer is not None and not may_see_patients(holder.viewer)):
        raise Problem(403, "forbidden", "This token does not allow reading.")
    return Reader(_allowed(holder))


def storer(request: Request, at: TheDesk) -> Storer:
    """Who stores: only a hospital's system, never a browser."""
    holder = _holder(request, at)
    if not holder.may_store or holder.site_id is None:
        raise Problem(403, "forbidden", "This token does not allow storing.")
    return Storer(holder.name, holder.site_id)


TheReader = Annotated[Reader, Depends(reader)]
TheStorer = Annotated[Storer, Depends(storer)]


def _holder(request: Request, at: TheDesk) -> Holder:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token.strip():
        with at.engine.connect() as connection:
            found = holder_of(connection, token.strip(), at.clock())
    if found is None:
        raise Problem(401, "no_token", "Send a token of this service that has not ended.", _CHALLENGE)
    return found


def _allowed(holder: Holder) -> ColumnElement[bool]:
    if holder.viewer is not None:
        return and_(study.c.id == holder.study_id, shown_to(holder.viewer))
    return study.c.site_id == holder.site_id
