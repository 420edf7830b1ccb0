"""axe finds nothing serious on the desk's pages: sign-in, worklist, case, rota, figures, set-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import review_ui
from tests.e2e.deskside import Deskside, database_url, deskside, postgres_server
from tests.integration.desk.test_desk_opinions import analysed

__all__ = ["database_url", "deskside", "postgres_server"]

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(300)]

AXE = Path(review_ui.__file__).parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def serious(page: Page) -> list[tuple[str, str]]:
    """What axe finds at fault, of the kinds that keep people out: rule and the first place."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("(only) => axe.run(document, { runOnly: only })", RULES)
    return [
        (one["id"], str(one["nodes"][0]["target"]))
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_no_page_keeps_anybody_out(deskside: Deskside) -> None:
    case_id = analysed(deskside.desk)
    deskside.on_duty("expert")
    page = deskside.window("root").page
    found = {"worklist": serious(page)}
    for name, where, shown in (
        ("case", f"/cases/{case_id}", "[data-opinion-column]"),
        ("rota", "/rota", "[data-duty]"),
        ("figures", "/figures", "[data-agreement]"),
        ("set-up", "/setup", "[data-set-up]"),
        ("peers", "/peers", "[data-add-peer]"),
    ):
        page.goto(deskside.desk.address + where)
        expect(page.locator(shown).first).to_be_visible()
        if name == "case":
            page.locator("[data-opinion-column] button").first.click()
            page.click("[data-begin]")
            page.click("[data-score]")
            expect(page.locator("[data-region]")).to_have_count(10)
        found[name] = serious(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    found["sign-in"] = serious(page)
    assert found == {name: [] for name in found}
