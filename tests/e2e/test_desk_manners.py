"""How the desk behaves: passwords, keys, languages, a lost line, a phone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from pipeline.phantom import PhantomPatient, datasets
from pipeline.phantom.studies import normal_head

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(120)]


def a_few_images(seed: int, name: str):
    """The first three images of a head CT."""
    patient = replace(PhantomPatient(), PatientID=f"MANNERS-{seed}", PatientName=name)
    return list(datasets(normal_head(seed, patient, images=20)))[:3]


def test_a_one_time_password_must_be_changed_before_anything_is_seen(house, window):
    given = json.loads(house.account("newcomer", "Dr Newcomer", password=None))["password"]
    page = (his := window()).page
    his.sign_in("newcomer", given)
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    page.fill("input[name=current]", given)
    page.fill("input[name=new]", "a long enough sentence")
    page.fill("input[name=again]", "a long enough sentense")
    page.click("form button")
    expect(page.get_by_role("alert")).to_have_text("The two new passwords differ.")
    page.fill("input[name=again]", "a long enough sentence")
    page.click("form button")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


def test_a_wrong_password_is_refused_in_a_sentence(window):
    page = (hers := window()).page
    hers.sign_in("anne", "not her password")
    expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")


def test_the_banner_and_every_word_change_language_and_stay_so(anne):
    page = anne.page
    expect(page.get_by_role("note")).to_have_text("Research use only — not a medical device; a human signs.")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("note")).to_contain_text("Recherche uniquement")
    expect(page.get_by_role("heading", name="Liste de travail")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Liste de travail")).to_be_visible()


def test_the_worklist_is_read_and_a_case_opened_and_left_with_keys_alone(house, anne):
    house.receive(a_few_images(201, "KEYS^Kim"))
    expect(anne.row("KEYS")).to_be_visible(timeout=5_000)
    page = anne.page
    for _ in range(anne.page.locator("li[data-case-row]").count()):
        page.keyboard.press("j")
        if "KEYS" in str(page.evaluate("document.activeElement.textContent")):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="KEYS Kim")).to_be_visible()
    anne.until("window.__neurovigie?.voxel(0, 0) !== undefined", "the first image")
    page.keyboard.press("3")
    anne.until("__neurovigie.range.upper === 2000", "the bone window")
    page.keyboard.press("t")
    expect(page.get_by_text("Yours")).to_be_visible()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("button", name="Take the case").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


def test_a_lost_line_is_said_and_nothing_is_missed_when_it_comes_back(house, anne):
    expect(anne.page.get_by_text("Live", exact=True)).to_be_visible()
    house.parts.kill("review_ui")
    expect(anne.page.get_by_role("alert")).to_contain_text("Not live since")
    house.receive(a_few_images(202, "MISSED^Maud"))
    expect(anne.row("MISSED")).to_be_visible(timeout=30_000)
    expect(anne.page.get_by_text("Live", exact=True)).to_be_visible()
    expect(anne.page.get_by_role("alert")).to_have_count(0)


def test_a_phone_shows_list_and_case_without_overflow_and_scrolls_by_finger(house, window):
    house.receive(a_few_images(203, "POCKET^Perig-with-a-very-long-name-that-does-not-fit"))
    page = (hers := window(390, 844, phone=True)).page
    hers.sign_in("anne")
    expect(hers.row("POCKET")).to_be_visible(timeout=10_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    hers.open("POCKET")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    hers.until("__neurovigie.loaded === 3", "every slice")
    box = page.locator("[data-pane]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    at = hers.viewer("index")
    for kind, lift in (("touchStart", 0), *(("touchMove", 25 * step) for step in range(1, 8)), ("touchEnd", None)):
        points = [] if lift is None else [{"x": x, "y": y - lift}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(20)
    hers.until(f"__neurovigie.index !== {at}", "another slice")


def test_an_address_of_a_case_that_does_not_exist_says_so(house, anne):
    anne.page.goto(f"{house.address}/cases/00000000-0000-0000-0000-000000000000")
    expect(anne.page.get_by_text("This case does not exist, or is not yours to see.")).to_be_visible()
