"""A desk in this process, with its clock in the test's hand, and Chromium windows on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from pipeline.clerk.escalate import escalate
from pipeline.domain.steadiness import Reading
from tests.e2e.conftest import Window
from tests.integration.conftest import database_url, postgres_server
from tests.integration.desk.conftest import DeskBench

__all__ = ["PHONE", "Deskside", "database_url", "deskside", "postgres_server"]

PHONE = "+33 2 98 11 11 11"
_PATIENCE_MS = 30_000
"""Three browsers on a machine that is busy with something else."""


class Deskside:
    """A desk, a clerk that looks when told to, and people in front of browsers whose clocks agree with theirs."""

    def __init__(self, desk: DeskBench, browser: Browser) -> None:
        self.desk = desk
        self._browser = browser
        self._counted = timedelta(days=1)
        self._contexts: list[BrowserContext] = []
        self._clients: dict[str, Any] = {}

    def ask(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """One call of the API in somebody's name."""
        client = self._clients.setdefault(name, self.desk.client(name))
        answer = client.request(method, f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def on_duty(self, *names: str) -> None:
        """These experts are on duty, in this order, and there is a telephone of last resort."""
        self.ask("root", "PUT", "/set-up", {"fallback_phone": PHONE, "revision": 0})
        for rank, name in enumerate(names, start=1):
            who = str(self.desk.accounts[name])
            said = {"revision": 0, "centre": "chu", "skills": ["diagnostic"], "phone": PHONE}
            self.ask("root", "PUT", f"/rota/experts/{who}", said)
            times = [(self.desk.clock.now + timedelta(days=days)).isoformat() for days in (-1, 30)]
            duty = {"expert": who, "skill": "diagnostic", "rank": rank, "starts_at": times[0], "ends_at": times[1]}
            self.ask("root", "POST", "/rota/duties", duty)

    def later(self, **by: float) -> None:
        """Time passes for everybody, and the clerk looks."""
        self.desk.clock.move(**by)
        self._counted += timedelta(**by)
        for context in self._contexts:
            context.clock.set_fixed_time(self.desk.clock.now)
        escalate(self.desk.engine, Reading("boot", self._counted, self.desk.clock.now))

    def window(self, name: str, width: int = 1440, height: int = 900, *, phone: bool = False, **more: Any) -> Window:
        """Somebody's own browser, signed in."""
        size: Any = {"width": width, "height": height}
        context = self._browser.new_context(
            viewport=size, has_touch=phone, is_mobile=phone, **{"timezone_id": "Europe/Paris", **more}
        )
        context.clock.set_fixed_time(self.desk.clock.now)
        self._contexts.append(context)
        opened = Window(context.new_page(), self.desk.address)
        opened.sign_in(name, DeskBench.PASSWORD)
        opened.page.get_by_role("heading", name="Worklist").wait_for()
        return opened

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def deskside(database_url: str, tmp_path: Path, browser: Browser) -> Iterator[Deskside]:
    """A desk with two hospitals and an account of each role, and no case."""
    bench = DeskBench(database_url, tmp_path / "home")
    made = Deskside(bench, browser)
    expect.set_options(timeout=_PATIENCE_MS)
    try:
        with bench.serving():
            yield made
            made.close()
    finally:
        expect.set_options(timeout=None)
        bench.close()
