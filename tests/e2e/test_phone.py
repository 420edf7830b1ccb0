"""On a telephone: woken, led to the case by an opaque link, key images, take, call back, and nothing kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from sqlalchemy import insert, select

from pipeline.database.calling_tables import channel, notification, push_subscription
from pipeline.database.channels import NewChannel, turn_on
from pipeline.database.tables import analysis, result_object, series
from pipeline.domain.notification import ChannelKind
from pipeline.push.vapid import make_key
from pipeline.testing.browser import Browser as WokenBrowser
from pipeline.testing.instances import TinySlice
from tests.e2e.deskside import PHONE, Deskside, database_url, deskside, postgres_server
from tests.integration.desk.conftest import DeskBench, wait_until

__all__ = ["database_url", "deskside", "postgres_server"]

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(600)]

ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "given_name": "Jane", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": PHONE,
    "question": "Thrombolysis?",
}


def key_image(folder: Path) -> None:
    """A Secondary Capture as we make them, of plain red."""
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.SOPClassUID, one.SOPInstanceUID, one.BitsAllocated = SecondaryCaptureImageStorage, "1.2.3", 8
    one.Rows, one.Columns = 64, 64
    one.PixelData = np.tile(np.uint8([200, 0, 0]), (64, 64, 1)).tobytes()
    folder.mkdir()
    one.save_as(folder / "sc.dcm", enforce_file_format=True)


def case_with_a_key_image(bench: DeskBench) -> None:
    """Images of the patient of `ASKED`, analysed, with a picture in the vault."""
    bench.receive(TinySlice(patient_name="DOE^JANE", patient_id="P1", extra={"PatientBirthDate": "19500101"}))
    ((series_id,),) = bench.execute(select(series.c.id))
    made = insert(analysis).values(series_id=series_id, version=1, state="analysed").returning(analysis.c.id)
    ((analysis_id,),) = bench.execute(made)
    key_image(bench.vault_root / "made")
    row = {"analysis_id": analysis_id, "sop_instance_uid": "3", "series_instance_uid": "3", "kind": "sc"}
    bench.execute(insert(result_object).values(path="made/sc.dcm", sha256="x", **row))


def test_an_opaque_link_leads_through_the_door_to_the_case_where_it_is_taken(deskside: Deskside) -> None:
    bench = deskside.desk
    bench.execute(insert(channel).values(name="pager", kind="webhook", address="https://pager.example", active=True))
    deskside.on_duty("expert")
    case_with_a_key_image(bench)
    deskside.ask("carhaix", "POST", "/requests", ASKED)
    ((token,),) = bench.execute(select(notification.c.token))

    hand = deskside.window("expert", 390, 844, phone=True)
    page = hand.page
    page.context.clear_cookies()  # a day later
    page.goto(f"{bench.address}/n/{token}")
    page.fill("input[name=name]", "expert")
    page.fill("input[name=password]", DeskBench.PASSWORD)
    page.click("form button")

    expect(page.get_by_role("heading", name="DOE JANE")).to_be_visible()
    assert page.url.startswith(f"{bench.address}/cases/")
    picture = page.locator("[data-key-image]")
    picture.scroll_into_view_if_needed()
    wait_until(lambda: picture.evaluate("one => one.naturalWidth") == 64)
    expect(page.locator("[data-not-diagnostic]")).to_be_visible()
    bar = page.locator("[data-answer-bar]")
    expect(bar.locator("[data-telephone]")).to_have_attribute("href", "tel:" + PHONE.replace(" ", ""))
    bar.locator("[data-take]").click()
    expect(page.locator("[data-phase=held]")).to_contain_text("Dr Expert holds this case.")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ((opened,),) = bench.execute(select(notification.c.opened_at))
    assert opened == bench.clock.now


def test_a_link_that_is_not_ones_own_leads_nowhere_and_says_so(deskside: Deskside) -> None:
    page = deskside.window("carhaix", 390, 844, phone=True).page
    page.goto(f"{deskside.desk.address}/n/whatever")
    expect(page.get_by_role("alert")).to_contain_text("not meant for your account")


SUBSCRIBES = """
PushManager.prototype.subscribe = async function (options) {
  window.__asked = options;
  return { toJSON: () => (%s), unsubscribe: async () => true };
};
"""
"""Without a maker's push service there is nobody to subscribe with: the browser's part is played here."""


def test_a_browser_is_woken_shows_no_patient_and_opens_the_case(deskside: Deskside) -> None:
    bench = deskside.desk
    make_key(bench.settings.folders.root)
    with bench.engine.begin() as connection:
        turn_on(connection, NewChannel("phones", ChannelKind.PUSH, "push.example"), bench.clock.now)
    deskside.on_duty("expert")
    hand = deskside.window("expert", 390, 844, phone=True, permissions=["notifications"])
    page, woken = hand.page, WokenBrowser()
    endpoint = "https://push.example/one"
    mine = {"endpoint": endpoint, "keys": {"p256dh": woken.p256dh, "auth": woken.auth}}
    page.add_init_script(SUBSCRIBES % json.dumps(mine))
    page.goto(f"{bench.address}/settings")
    page.click("[data-wake]")
    expect(page.locator("[data-waking=awake]")).to_be_visible()
    assert bench.execute(select(push_subscription.c.endpoint)) == [(endpoint,)]
    assert page.evaluate("window.__asked.userVisibleOnly && window.__asked.applicationServerKey.length > 80")
    assert page.evaluate("caches.keys()") == []  # nothing is kept

    case = deskside.ask("carhaix", "POST", "/requests", ASKED)["case"]
    ((token,),) = bench.execute(select(notification.c.token))
    worker = page.context.new_cdp_session(page)
    registrations: list[str] = []
    worker.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: registrations.extend(one["registrationId"] for one in said["registrations"]),
    )
    worker.send("ServiceWorker.enable")
    hand.until("navigator.serviceWorker.ready.then(() => true)", "the service worker")
    said = {"kind": "call", "token": token, "text": "Orange case, site carhaix: open", "link": ""}
    worker.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": bench.address, "registrationId": registrations[-1], "data": json.dumps(said)},
    )
    shown = "navigator.serviceWorker.ready.then((one) => one.getNotifications())"
    hand.until(f"{shown}.then((all) => all.length === 1)", "the notification")
    seen = page.evaluate(f"{shown}.then((all) => ({{title: all[0].title, body: all[0].body, data: all[0].data}}))")
    assert seen == {"title": "Orange case, site carhaix: open", "body": "", "data": {"path": f"/n/{token}"}}
    page.goto(bench.address + seen["data"]["path"])
    expect(page.get_by_role("heading", name="Doe Jane")).to_be_visible()
    assert page.url == f"{bench.address}/cases/{case}"
