"""The rota on screen: a gap weeks ahead, a duty that closes it, an exchange, a calendar file; and figures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.deskside import PHONE, Deskside, database_url, deskside, postgres_server

__all__ = ["database_url", "deskside", "postgres_server"]

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(300)]


def test_a_duty_closes_a_gap_is_exchanged_and_goes_out_and_in_as_a_calendar(deskside: Deskside, tmp_path: Path) -> None:
    admin = deskside.window("root").page
    admin.get_by_role("link", name="Set-up").click()
    expect(admin.locator("[data-incomplete]")).to_be_visible()
    admin.fill("[name=fallback_phone]", PHONE)
    admin.get_by_role("button", name="Save the set-up").click()
    expect(admin.get_by_text("Saved.")).to_be_visible()

    keeper = deskside.window("coordinator").page
    keeper.get_by_role("link", name="Rota").click()
    expect(keeper.locator("[data-gap=carhaix]")).to_be_visible()
    keeper.locator("[data-part-of-rota=experts]").click()
    for name in ("Dr Expert", "Dr Colleague"):
        keeper.get_by_role("button", name=f"Change: {name}").click()
        keeper.get_by_label("Diagnostic neuroradiology").check()
        keeper.fill("[data-expert-form] [name=centre]", "CHU de Brest")
        keeper.fill("[data-expert-form] [name=phone]", PHONE)
        keeper.get_by_role("button", name="Save").click()
        expect(keeper.locator(f"[data-expert='{name}']")).to_contain_text(PHONE)

    keeper.locator("[data-part-of-rota=week]").click()
    keeper.click("[data-add-duty]")
    keeper.locator("[name=expert]").select_option(str(deskside.desk.accounts["expert"]))
    begins = deskside.desk.clock.now - timedelta(days=1)
    keeper.fill("[data-duty-form] [name=starts_at]", f"{begins:%Y-%m-%dT%H:%M}")
    keeper.fill("[data-duty-form] [name=ends_at]", f"{begins + timedelta(days=60):%Y-%m-%dT%H:%M}")
    keeper.get_by_role("button", name="Save").click()
    expect(keeper.locator("[data-duty]")).to_contain_text("Dr Expert")
    expect(keeper.locator("[data-gap]")).to_have_count(0)
    keeper.locator("[data-part-of-rota=gaps]").click()
    expect(keeper.get_by_text("No gap in the next six weeks.")).to_be_visible()

    mine = deskside.window("expert").page
    mine.get_by_role("link", name="Rota").click()
    mine.locator("[data-duty]").click()
    mine.get_by_role("button", name="Ask somebody to take it").click()
    mine.locator("[name=taker]").select_option(str(deskside.desk.accounts["colleague"]))
    mine.get_by_role("button", name="Ask", exact=True).click()
    expect(mine.locator("[data-exchange=proposed]")).to_be_visible()
    taker = deskside.window("colleague").page
    taker.get_by_role("link", name="Rota").click()
    taker.locator("[data-part-of-rota=exchanges]").click()
    taker.get_by_role("button", name="Accept").click()
    expect(taker.locator("[data-exchange=accepted]")).to_be_visible()
    taker.locator("[data-part-of-rota=week]").click()
    expect(taker.locator("[data-duty]")).to_contain_text("Dr Colleague")

    keeper.locator("[data-part-of-rota=file]").click()
    with keeper.expect_download() as download:
        keeper.get_by_role("link", name="Everybody’s duties as iCalendar").click()
    file = tmp_path / "rota.ics"
    download.value.save_as(file)
    file.write_text(file.read_text().replace("Dr Colleague", "Dr Colleague, again"))
    keeper.set_input_files("[name=file]", file)
    keeper.get_by_role("button", name="See what would change").click()
    expect(keeper.locator("[data-imported=false]")).to_contain_text("leave 1 as they are")
    assert "Dr Colleague" in str(deskside.ask("coordinator", "GET", "/rota/duties"))
