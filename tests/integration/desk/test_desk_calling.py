"""From a request to whoever takes it: called, passed over, refused, taken over, and what survives a dead clerk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipeline.clerk.escalate import escalate
from pipeline.database.calling_tables import call, escalation
from pipeline.database.tables import event
from pipeline.domain.steadiness import Reading
from tests.integration.desk.conftest import wait_until

PHONE = "+33 2 98 11 11 11"
ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": PHONE,
}


class Night:
    """A desk with two experts on duty, and a clerk whose clocks the test moves."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.counted = timedelta(days=1)
        self.client = {name: desk.client(name) for name in ("root", "coordinator", "expert", "colleague", "carhaix")}
        self.ask("root", "PUT", "/set-up", {"fallback_phone": PHONE, "revision": 0})
        said = {"revision": 0, "centre": "chu", "skills": ["diagnostic"], "phone": PHONE}
        for rank, name in enumerate(("expert", "colleague"), start=1):
            who = str(desk.accounts[name])
            self.ask("coordinator", "PUT", f"/rota/experts/{who}", said)
            times = {
                "starts_at": (desk.clock.now - timedelta(days=1)).isoformat(),
                "ends_at": (desk.clock.now + timedelta(days=30)).isoformat(),
            }
            self.ask("root", "POST", "/rota/duties", {"expert": who, "skill": "diagnostic", "rank": rank, **times})

    def ask(self, name: str, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.client[name].request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def clerk_looks(self, **later: float) -> None:
        self.desk.clock.move(**later)
        self.counted += timedelta(**later)
        escalate(self.desk.engine, Reading("boot", self.counted, self.desk.clock.now))

    def requested(self) -> str:
        made = self.ask("carhaix", "POST", "/requests", ASKED)
        return str(made["case"])

    def calling(self, case: str, name: str = "carhaix") -> Any:
        return self.ask(name, "GET", f"/cases/{case}/calling")

    def called(self, case: str) -> list[tuple[str, str]]:
        return [(one["person"], one["outcome"]) for one in self.calling(case)["calls"]]


@pytest.fixture
def night(desk: Any) -> Night:
    """Two experts on duty and a clerk that looks when told to."""
    return Night(desk)


def test_who_does_not_answer_is_passed_over_until_the_requester_is_told_to_telephone(night: Night) -> None:
    case = night.requested()
    assert night.called(case) == [("Dr Expert", "waiting")]
    (mine,) = night.ask("expert", "GET", "/calls")
    assert (mine["case"], mine["tier"], night.ask("colleague", "GET", "/calls")) == (case, "orange", [])
    night.clerk_looks(minutes=4.9)
    assert night.called(case) == [("Dr Expert", "waiting")]
    night.clerk_looks(minutes=0.1)
    assert night.called(case) == [("Dr Expert", "silent"), ("Dr Colleague", "waiting")]
    night.clerk_looks(minutes=5)
    night.clerk_looks(minutes=5)
    shown = night.calling(case)
    assert shown["calls"][2]["kind"] == "coordinator"
    assert (shown["alarm"]["minutes"], shown["alarm"]["phone"]) == (15, PHONE)
    (row,) = night.ask("carhaix", "GET", "/worklist")["cases"]
    assert (row["called"]["people"], row["called"]["phone"]) == ([], PHONE)  # nobody's answer is waited for any more
    assert row["called"]["since"] == shown["since"]
    assert row["warnings"] == [
        {"code": "nobody_found", "text": f"nobody has acknowledged this case: telephone {PHONE}"}
    ]
    night.ask("colleague", "POST", f"/cases/{case}/take")
    held = night.calling(case)
    assert (held["phase"], held["owner"], held["alarm"], held["next_at"]) == ("held", "Dr Colleague", None, None)
    row = night.ask("carhaix", "GET", "/worklist")["cases"][0]
    assert (row["warnings"], row["called"]) == ([], None)
    kinds = [row.kind for row in night.desk.execute(select(event.c.kind).order_by(event.c.id))]
    assert [kind for kind in kinds if kind in {"called", "alarm", "alarm_over", "taken"}] == [
        "called", "called", "called", "alarm", "taken", "alarm_over",
    ]  # fmt: skip


def test_refusing_releasing_and_taking_over_always_leave_one_owner_or_somebody_called(night: Night) -> None:
    case = night.requested()
    night.ask("expert", "POST", f"/cases/{case}/refuse", {"why": "in theatre"})
    assert night.called(case) == [("Dr Expert", "refused"), ("Dr Colleague", "waiting")]
    night.ask("colleague", "POST", f"/cases/{case}/take")
    stale = night.ask("expert", "POST", f"/cases/{case}/take-over", {"owner": "Dr Root"}, 409)
    assert (stale["error"], stale["owner"]) == ("changed_meanwhile", "Dr Colleague")
    assert night.ask("expert", "POST", f"/cases/{case}/take-over", {"owner": "Dr Colleague"})["owner"] == "Dr Expert"
    night.ask("coordinator", "POST", f"/cases/{case}/take-over", {"owner": "Dr Expert"}, 403)
    night.ask("expert", "POST", f"/cases/{case}/release")
    shown = night.calling(case)
    assert (shown["phase"], shown["owner"], shown["calls"][-1]["outcome"]) == ("calling", None, "waiting")
    night.ask("carhaix", "POST", f"/cases/{case}/refuse", {"why": "x"}, 403)


def test_a_coordinator_hands_a_case_to_a_named_expert_who_takes_it_from_whoever_holds_it(night: Night) -> None:
    case, colleague = night.requested(), str(night.desk.accounts["colleague"])
    night.ask("expert", "POST", f"/cases/{case}/take")
    night.ask("expert", "POST", f"/cases/{case}/hand", {"to": colleague}, 403)
    night.ask("coordinator", "POST", f"/cases/{case}/hand", {"to": str(night.desk.accounts["carhaix"])}, 404)
    handed = night.ask("coordinator", "POST", f"/cases/{case}/hand", {"to": colleague})
    assert (handed["owner"], handed["calls"][-1]["person"], handed["calls"][-1]["kind"]) == (
        "Dr Expert",
        "Dr Colleague",
        "handed",
    )
    assert night.ask("coordinator", "POST", f"/cases/{case}/hand", {"to": colleague}, 409)["error"] == "not_handed"
    (mine,) = night.ask("colleague", "GET", "/calls")
    assert (mine["case"], mine["kind"]) == (case, "handed")
    (row,) = night.ask("expert", "GET", "/worklist")["cases"]
    assert (row["owner"], row["called"]["people"]) == ("Dr Expert", ["Dr Colleague"])
    assert night.ask("colleague", "POST", f"/cases/{case}/take")["owner"] == "Dr Colleague"
    assert night.calling(case)["calls"][-1]["outcome"] == "took"

    night.ask("coordinator", "POST", f"/cases/{case}/hand", {"to": str(night.desk.accounts["expert"])})
    night.clerk_looks(minutes=5.1)
    shown = night.calling(case)
    assert (shown["owner"], shown["calls"][-1]["outcome"], shown["next_at"]) == ("Dr Colleague", "silent", None)
    kinds = [row.kind for row in night.desk.execute(select(event.c.kind).order_by(event.c.id))]
    assert [kind for kind in kinds if kind in {"handed", "taken_over", "handed_back"}] == [
        "handed", "taken_over", "handed", "handed_back",
    ]  # fmt: skip


def test_a_clock_that_is_set_fires_nothing_early_and_delays_nothing(night: Night) -> None:
    case = night.requested()
    night.clerk_looks(minutes=1)
    night.desk.clock.move(hours=3)  # somebody sets the clock
    night.clerk_looks(minutes=0.01)
    assert night.called(case) == [("Dr Expert", "waiting")]
    night.clerk_looks(minutes=3.9)
    assert night.called(case) == [("Dr Expert", "waiting")]
    night.desk.clock.move(hours=-5)
    night.clerk_looks(minutes=0.01)
    night.clerk_looks(minutes=0.1)
    assert night.called(case) == [("Dr Expert", "silent"), ("Dr Colleague", "waiting")]


@pytest.fixture
def clerk(night: Night, tmp_path: Path) -> Iterator[Any]:
    """Starts clerks, real processes, and ends the last one."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ,
        "DATABASE_URL": night.desk.settings.database_url,
        "NEUROVIGIE_HOME": str(tmp_path / "clerk"),
    }

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-m", "pipeline.clerk"], env=environment))
        return started[-1]

    yield start
    for one in started:
        one.send_signal(signal.SIGKILL)
        one.wait(timeout=30)


def test_a_deadline_outlives_the_clerk_that_was_killed_before_it(night: Night, clerk: Any) -> None:
    night.desk.clock.now = datetime.now(UTC) - timedelta(minutes=4, seconds=50)
    night.client["carhaix"] = night.desk.client("carhaix")
    case = night.requested()
    first = clerk()
    wait_until(lambda: bool(night.desk.execute(select(escalation.c.case_id))))
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=30)
    clerk()
    outcomes = select(call.c.outcome).where(call.c.case_id == case).order_by(call.c.number)
    wait_until(lambda: [row.outcome for row in night.desk.execute(outcomes)] == ["silent", "waiting"], within_s=60)
    silent, waiting = night.desk.execute(select(call).where(call.c.case_id == case).order_by(call.c.number))
    assert waiting.called_at >= silent.due_at
