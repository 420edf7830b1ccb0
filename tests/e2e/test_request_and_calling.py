"""Three browsers: a hospital asks, the first expert does not answer, the second takes the case."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.deskside import PHONE, Deskside, database_url, deskside, postgres_server
from tests.e2e.test_accessible import serious

__all__ = ["database_url", "deskside", "postgres_server"]

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(600)]


def ask_for_an_opinion(page: Page) -> None:
    """Fill in a request whose NIHSS total contradicts its items, and send it."""
    page.get_by_role("link", name="Requests").click()
    page.get_by_role("link", name="Ask for an opinion").click()
    page.fill("[name=question]", "Thrombolysis?")
    page.fill("[name=requester]", "Dr Morvan")
    page.fill("[name=family_name]", "Doe")
    page.fill("[name=given_name]", "Jane")
    page.get_by_label("Time known").check()
    page.fill("[name=onset_at]", "2026-11-21T06:05")  # on La Réunion
    expect(page.locator("#about-onset_at")).to_have_text("Paris 11/21, 03:05 · 11/21, 02:05 UTC")
    page.get_by_role("radiogroup", name="5a Left arm").get_by_text("4", exact=True).click()
    page.click("[data-nihss-zeros]")
    expect(page.locator("[data-nihss-running]")).to_have_text("Running total 4, 15 of 15 items")
    page.fill("[name=nihss_total]", "7")
    expect(page.locator("[data-flag=nihss_total_differs]")).to_be_visible()
    page.click("[data-send]")
    expect(page.locator("[name=call_back]")).to_be_focused()  # it is lacking
    page.fill("[name=call_back]", "02 98 00 00 00")
    page.click("[data-send]")
    expect(page.get_by_role("heading", name="Doe Jane")).to_be_visible()


def answer(page: Page) -> None:
    """Take the open case, and sign an answer."""
    page.get_by_role("button", name="Take the case").click()
    page.locator("[data-opinion-column] button").first.click()
    page.click("[data-begin]")
    page.click("[data-choice='haemorrhage.present:false']")
    page.get_by_role("button", name="Intravenous thrombolysis").click()
    page.fill("[name=conclusion]", "No bleeding on the images.")
    expect(page.locator("[data-kept=saved]")).to_be_visible()
    page.click("[data-sign]")


def test_of_two_experts_the_one_who_is_silent_is_passed_over_and_the_hospital_sees_all_of_it(
    deskside: Deskside,
) -> None:
    deskside.on_duty("expert", "colleague")
    hospital = deskside.window("carhaix", timezone_id="Indian/Reunion")
    first, second = (deskside.window(name) for name in ("expert", "colleague"))

    ask_for_an_opinion(hospital.page)
    expect(first.page.locator("[data-called]")).to_contain_text("You are called, 5 min to answer")
    expect(first.page.locator("[data-calls='1']")).to_be_visible()
    expect(second.page.locator("[data-called]")).to_contain_text("Called: Dr Expert")
    expect(hospital.page.locator("[data-outcome=waiting]")).to_contain_text("Dr Expert")
    expect(hospital.page.locator("[data-windows]")).to_contain_text("3 h 35 left")

    deskside.later(minutes=5)
    expect(second.page.locator("[data-called]")).to_contain_text("You are called")
    expect(first.page.locator("[data-calls]")).to_have_count(0)
    expect(hospital.page.locator("[data-outcome=silent]")).to_contain_text("Dr Expert")

    deskside.later(minutes=5)
    deskside.later(minutes=5)
    alarm = hospital.page.locator("[data-alarm]")
    expect(alarm).to_contain_text("Nobody has acknowledged for 15 min")
    expect(alarm.get_by_role("link", name=PHONE)).to_have_attribute("href", "tel:" + PHONE.replace(" ", ""))

    second.row("Doe").locator("a[data-case]").click()
    second.page.get_by_role("button", name="Take the case").click()
    expect(alarm).to_have_count(0)
    expect(hospital.page.locator("[data-phase=held]")).to_contain_text("Dr Colleague holds this case.")
    expect(first.row("Doe")).to_contain_text("Taken by Dr Colleague")

    hospital.page.get_by_label("Write to the others").fill("She took apixaban at 20:00.")
    hospital.page.keyboard.press("Enter")
    expect(second.page.locator("[data-message]")).to_contain_text("She took apixaban at 20:00.")
    second.page.locator("[data-thread]").scroll_into_view_if_needed()
    expect(hospital.page.locator("[data-message]")).to_contain_text("read by Dr Colleague")

    # The first one is there after all, takes it over, and cannot: somebody is called again at once.
    first.row("Doe").locator("a[data-case]").click()
    first.page.click("[data-takeover]")
    first.page.click("[data-takeover-sure]")
    expect(hospital.page.locator("[data-phase=held]")).to_contain_text("Dr Expert holds this case.")
    first.page.locator("[data-calling] [data-refuse]").click()
    first.page.get_by_role("button", name="In theatre").click()
    first.page.get_by_role("button", name="Refuse the case").click()
    expect(hospital.page.locator("[data-outcome=refused]")).to_contain_text("In theatre")
    expect(hospital.page.locator("[data-outcome=waiting]")).to_contain_text("Dr Colleague")

    second.page.keyboard.press("Escape")
    second.row("Doe").locator("a[data-case]").click()
    answer(second.page)
    expect(hospital.page.locator("[data-signed]")).to_contain_text("No bleeding on the images.")
    expect(hospital.page.locator("[data-phase=ended]")).to_be_visible()
    expect(hospital.page.locator("[data-request]")).to_contain_text("Answered")
    assert [one.foreign for one in (hospital, first, second)] == [[], [], []]


def test_an_edit_over_somebody_elses_is_shown_side_by_side_and_chosen_field_by_field(deskside: Deskside) -> None:
    asked = {
        "patient": {"family_name": "Doe"},
        "urgency": "urgent",
        "requester": "Dr Morvan",
        "call_back": PHONE,
        "question": "Thrombolysis?",
    }
    made = deskside.ask("carhaix", "POST", "/requests", asked)
    page = deskside.window("carhaix").page
    page.goto(f"{deskside.desk.address}/requests/{made['id']}/edit")
    page.fill("[name=question]", "Thrombectomy?")
    page.fill("[name=weight_kg]", "71,5")
    theirs = asked | {"question": "Transfer?", "inr": 1.1, "version": 1}
    deskside.ask("expert", "PUT", f"/requests/{made['id']}", theirs)

    page.click("[data-send]")
    expect(page.locator("[data-differs]")).to_have_count(3)
    save = page.get_by_role("button", name="Save what I chose")
    expect(save).to_be_disabled()
    page.locator("[data-differs=question]").get_by_label("Thrombectomy?").check()
    save.click()
    expect(page.locator("[data-request]")).to_contain_text("Thrombectomy?")
    stored = deskside.ask("expert", "GET", f"/requests/{made['id']}")
    assert (stored["question"], stored["inr"], stored["weight_kg"], stored["version"]) == (
        "Thrombectomy?",
        1.1,
        71.5,
        3,
    )


def test_a_filter_hides_no_urgent_case_without_saying_so(deskside: Deskside) -> None:
    asked = {"requester": "Dr Morvan", "call_back": PHONE, "urgency": "differed"}
    for name in ("Doe", "Le Gall"):
        deskside.ask("carhaix", "POST", "/requests", asked | {"patient": {"family_name": name}})
    window = deskside.window("expert")
    page = window.page
    expect(page.locator("[data-case-row]")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("gall")
    expect(page.locator("[data-case-row]")).to_have_count(1)
    expect(page.locator("[data-hidden='1']")).to_contain_text("1 case is hidden by this filter.")
    urgent = asked | {"urgency": "urgent", "patient": {"family_name": "Roe"}}
    deskside.ask("carhaix", "POST", "/requests", urgent)
    expect(page.locator("[data-hidden='2']")).to_contain_text("1 urgent case that nobody holds is hidden")
    page.click("[data-show-all]")
    expect(page.locator("[data-case-row]")).to_have_count(3)
    page.select_option("[name=held]", "me")
    expect(page.locator("[data-case-row]")).to_have_count(0)
    page.select_option("[name=held]", "any")
    page.click("[data-only=orange]")
    expect(page.locator("[data-case-row]")).to_have_count(1)
    expect(window.row("Roe")).to_be_visible()


def test_no_page_of_asking_and_being_called_keeps_anybody_out(deskside: Deskside) -> None:
    deskside.on_duty("expert")
    asked = {"patient": {"family_name": "Doe"}, "urgency": "urgent", "requester": "Dr Morvan", "call_back": PHONE}
    made = deskside.ask("carhaix", "POST", "/requests", asked)
    for _ in range(3):
        deskside.later(minutes=5)  # until the alarm stands on every page
    found = {}
    for name, pages in (
        ("carhaix", ("/requests/new", "/requests", f"/requests/{made['id']}/link", "/settings")),
        ("expert", ("/calls", "/settings")),
    ):
        page = deskside.window(name).page
        for path in pages:
            page.goto(deskside.desk.address + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            found[name, path] = serious(page)
    assert found == {key: [] for key in found}
