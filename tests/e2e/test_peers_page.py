"""DICOM peers on screen: an administrator adds one, tests it, and sees why somebody was refused."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from pipeline.database.peers import Activity, write_activity
from pipeline.testing.instances import TinySlice
from tests.e2e.deskside import Deskside, database_url, deskside, postgres_server

__all__ = ["database_url", "deskside", "postgres_server"]

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(300)]


def test_an_administrator_makes_a_stranger_a_peer_and_tests_it(deskside: Deskside) -> None:
    desk = deskside.desk
    refused = Activity(
        ae_title="CT1",
        host="127.0.0.1",
        day=desk.clock.now.date(),
        refused_at=desk.clock.now,
        refusal="no_certificate",
        why="it shows no certificate, and must",
    )
    with desk.engine.begin() as connection:
        write_activity(connection, [refused])
    page = deskside.window("root").page
    page.get_by_role("link", name="DICOM peers").click()
    stranger = page.locator("[data-stranger=CT1]")
    expect(stranger).to_contain_text("it showed no certificate")
    stranger.get_by_role("button", name="Make it a peer").click()
    form = page.locator("[data-peer-form]")
    expect(form.locator("input[name=ae_title]")).to_have_value("CT1")
    form.locator("input[name=port]").fill("1")
    form.locator("input[name=site]").fill("carhaix")
    form.locator("summary").click()
    form.locator("textarea[name=networks]").fill("anywhere")
    form.get_by_role("button", name="Save the peer").click()
    expect(form.get_by_role("alert")).to_contain_text("no network")
    form.locator("textarea[name=networks]").fill("10.1.0.0/16")
    form.get_by_role("button", name="Save the peer").click()
    peer = page.locator("[data-peer=CT1]")
    expect(peer.locator("[data-refusal=no_certificate]")).to_be_visible()
    peer.locator("[data-test-peer]").click()
    expect(peer.locator("[data-step=route_refused]")).to_contain_text("nothing listens", timeout=60_000)
    if folder := os.environ.get("NEUROVIGIE_PICTURES"):
        page.screenshot(path=f"{folder}/peers.png", full_page=True)
    page.get_by_role("button", name="Français").click()
    expect(peer.locator("[data-step=route_refused]")).to_contain_text("rien n’écoute")
    expect(page.get_by_role("heading", name="Correspondants DICOM")).to_be_visible()


def test_a_phantom_is_marked_on_the_worklist(deskside: Deskside) -> None:
    deskside.desk.receive(TinySlice(extra={"QualityControlImage": "YES"}))
    page = deskside.window("expert").page
    expect(page.locator("[data-test-case]")).to_have_text("Test")
