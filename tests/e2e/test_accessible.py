"""axe finds nothing on any page of the desk, as each role sees it; letters can be switched off."""

from __future__ import annotations

from collections.abc import Iterator
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


def faults(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds: how bad, the rule, and the first place."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("(only) => axe.run(document, { runOnly: only })", RULES)
    return [(one["impact"], one["id"], str(one["nodes"][0]["target"])) for one in found["violations"]]


def serious(page: Page) -> list[tuple[str, str]]:
    """Of the kinds that keep people out."""
    return [(rule, place) for impact, rule, place in faults(page) if impact in ("serious", "critical")]


def of_administrators(case_id: str) -> Iterator[tuple[str, str]]:
    """Addresses, and what must be there before the page is looked at."""
    yield f"/cases/{case_id}", "main"
    yield "/rota", "[data-duty]"
    yield "/figures", "[data-agreement]"
    yield "/setup", "[data-set-up]"
    yield "/peers", "[data-add-peer]"
    yield "/deliveries", "main h1"
    yield "/requests", "main h1"
    yield "/settings", "input[name=letters]"


def of_hospitals(case_id: str, request_id: str) -> Iterator[tuple[str, str]]:
    yield f"/cases/{case_id}", "[data-opinion-column]"
    yield "/requests/new", "[data-send]"
    yield f"/requests/{request_id}/edit", "[data-send]"
    yield f"/requests/{request_id}/link", "main h1"
    yield "/requests", "[data-request]"


def looked_at(deskside: Deskside, page: Page, pages: Iterator[tuple[str, str]]) -> dict[str, Any]:
    found = {}
    for where, shown in pages:
        page.goto(deskside.desk.address + where)
        expect(page.locator(shown).first).to_be_visible()
        found[where] = faults(page)
    return found


def test_no_page_keeps_anybody_out(deskside: Deskside) -> None:
    case_id = analysed(deskside.desk)
    (asked,) = deskside.ask("carhaix", "GET", f"/cases/{case_id}/requests")
    deskside.on_duty("expert")
    root = deskside.window("root").page
    hospital = deskside.window("carhaix").page
    expert = deskside.window("expert", 390, 844, phone=True).page
    found: dict[str, Any] = {"worklist": faults(root), "worklist on a phone": faults(expert)}
    found |= {f"root {where}": said for where, said in looked_at(deskside, root, of_administrators(case_id)).items()}
    found |= looked_at(deskside, hospital, of_hospitals(case_id, asked["id"]))
    found |= looked_at(deskside, expert, iter([("/calls", "main h1"), ("/n/nobody-s", "main")]))
    expert.goto(f"{deskside.desk.address}/cases/{case_id}")
    expert.locator("[data-opinion-column] button").first.click()
    expert.click("[data-begin]")
    expert.click("[data-score]")
    expect(expert.locator("[data-region]")).to_have_count(10)
    found["writing on a phone"] = faults(expert)
    root.get_by_role("button", name="Sign out").click()
    expect(root.locator("input[name=password]")).to_be_visible()
    found["sign-in"] = faults(root)
    assert found == {name: [] for name in found}


def test_keys_of_one_letter_can_be_off_or_need_alt(deskside: Deskside) -> None:
    analysed(deskside.desk)
    page = deskside.window("expert").page
    expect(page.locator("li[data-case-row]")).to_be_visible()
    page.goto(f"{deskside.desk.address}/settings")
    page.check("input[name=letters][value=off]")
    page.get_by_role("link", name="Worklist").click()
    page.locator("a[data-case]").focus()
    page.keyboard.press("t")
    page.keyboard.press("/")
    expect(page.locator("input[name=search]")).not_to_be_focused()
    expect(page.locator("[data-take]")).to_be_visible()  # nobody has taken it
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Doe Jane")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("localStorage.setItem('neurovigie.letters', 'alt')")
    page.reload()
    expect(page.get_by_role("heading", name="Doe Jane")).to_be_visible()
    page.keyboard.press("Alt+t")
    expect(page.get_by_text("Yours")).to_be_visible()
