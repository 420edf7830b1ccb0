"""What the desk's JSON looks like: pure view models, one per answer of the API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import PlainSerializer, TypeAdapter

from pipeline.domain.access import Viewer, may_see_patients
from pipeline.domain.opinion_request import Onset, OnsetKind, Window, windows
from pipeline.domain.priority import Tier, reading_key
from review_ui.accounts.account import Account

Instant = Annotated[
    datetime,
    PlainSerializer(lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z"), return_type=str),
]
"""ISO 8601 in UTC, ending in Z."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """Whoever is signed in."""

    id: UUID
    name: str
    full_name: str
    role: str
    site_id: str | None
    language: str
    must_change_password: bool


@dataclass(frozen=True, slots=True)
class PatientView:
    """The patient as the images name them; ``birth_date`` is DICOM's YYYYMMDD.

    ``withheld``: whoever asks is not shown who it is.
    """

    name: str
    id: str
    birth_date: str
    sex: str
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class WindowView:
    """The end of a window for treatment, to be counted down to."""

    code: str
    ends_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledView:
    """Who is being called for a case; with ``alarm_at`` nobody was found, and ``phone`` is to be called.

    ``since`` is from when nobody has held it, ``next_at`` when somebody else is called too.
    """

    people: list[str]
    since: Instant | None
    next_at: Instant | None
    alarm_at: Instant | None
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of the worklist. ``images`` and ``expected`` leave out what we made ourselves.

    ``called`` is none unless somebody is, or should be, called for the case now. ``test``: a phantom's, nobody's.
    """

    id: UUID
    site: str
    site_name: str
    patient: PatientView
    tier: str
    reasons: list[dict[str, Any]]
    state: str
    why: str
    first_image_at: Instant
    visible_at: Instant | None
    last_image_at: Instant | None
    alerted_at: Instant | None
    images: int
    expected: int | None
    owner: str | None
    taken_at: Instant | None
    closed_at: Instant | None
    warnings: list[dict[str, Any]]
    modalities: list[str]
    roles: list[str]
    version: int
    deadline_at: Instant | None = None
    rules: str = ""
    missing: list[str] = field(default_factory=list)
    windows: list[WindowView] = field(default_factory=list)
    called: CalledView | None = None
    messages: int = 0
    test: bool = False


_WITHHELD = PatientView("", "", "", "", withheld=True)


def shown_as(row: CaseRow, viewer: Viewer) -> CaseRow:
    """A case as this viewer is shown it: for an administrator without a grant it is of nobody in particular."""
    return row if may_see_patients(viewer) else replace(row, patient=_WITHHELD)


@dataclass(frozen=True, slots=True)
class Worklist:
    """The open cases in reading order, and the newest event they already contain."""

    cases: list[CaseRow]
    last_event: int


def account_view(account: Account) -> AccountView:
    """An account as its own person sees it."""
    return AccountView(
        account.id,
        account.name,
        account.full_name,
        account.role.value,
        account.site_id,
        account.language,
        account.must_change_password,
    )


def case_fields(row: Mapping[Any, Any], counts: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields every view of a case has, from its row and from what its series say of it."""
    patient = PatientView(row["patient_name"], row["patient_id"], row["patient_birth_date"], row["patient_sex"])
    same = (
        "id", "tier", "reasons", "state", "why", "first_image_at", "visible_at", "last_image_at", "alerted_at",
        "owner", "taken_at", "closed_at", "warnings", "version", "deadline_at", "rules", "missing",
        "test",
    )  # fmt: skip
    return {key: row[key] for key in same} | {
        "patient": patient,
        "site": row["site_id"],
        "site_name": row["site_name"] or row["site_id"],
        "images": counts["images"],
        "expected": counts["expected"],
        "modalities": counts["modalities"] or [],
        "roles": counts["roles"] or [],
        "windows": [WindowView(one.code, one.ends_at) for one in _windows(row["request"])],
    }


def _windows(asked: Mapping[str, Any] | None) -> tuple[Window, ...]:
    """The windows for treatment, from what the case keeps of its request."""
    at = (asked or {}).get("onset_at")
    return windows(Onset(OnsetKind.KNOWN, datetime.fromisoformat(at))) if at else ()


def in_reading_order(rows: Iterable[CaseRow]) -> list[CaseRow]:
    """Most urgent tier first; in a tier by deadline, then whoever has waited longest; tests behind everybody."""
    return sorted(
        rows,
        key=lambda row: (
            row.test,
            *reading_key(Tier(row.tier), row.deadline_at or row.first_image_at, row.first_image_at),
            row.id,
        ),
    )


_CASE_ROW = TypeAdapter(CaseRow)
_WORKLIST = TypeAdapter(Worklist)


def worklist_json(worklist: Worklist) -> bytes:
    """A worklist as JSON, without checking again what we have just built."""
    return _WORKLIST.dump_json(worklist)


def case_json(row: CaseRow) -> bytes:
    """A worklist line as one line of JSON."""
    return _CASE_ROW.dump_json(row)


def without_patient(case: bytes) -> bytes:
    """The JSON of a worklist line as `shown_as` shows it to whoever may not know the patient."""
    told = json.loads(case)
    told["patient"] = asdict(_WITHHELD)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
