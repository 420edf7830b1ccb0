"""What stands on every pane: whose image it is, when, where in the patient, how it is shown and how much of it came."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from playwright.sync_api import expect

from pipeline.phantom import PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind, datasets
from tests.e2e.test_viewer import all_filed

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(240)]

WHO = replace(PhantomPatient(), PatientID="EVERY-1", PatientName="PANE^Éva", PatientBirthDate="19480412")
PLAIN = PhantomSeries(images=20, spacing_mm=7.5)
ANGIO = PhantomSeries(SeriesKind.CTA, images=30, spacing_mm=4.0, bottom_mm=-20.0)
SLOW = {"offline": False, "latency": 20, "downloadThroughput": 250_000, "uploadThroughput": 250_000}


def test_every_pane_says_whose_and_what_it_is_and_an_image_of_unknown_sides_says_so(house, anne):
    now, before = datetime(2026, 11, 20, 3, 4), datetime(2026, 11, 2, 9, 0)  # noqa: DTZ001
    images = list(datasets(PhantomStudy(520, WHO, (PLAIN, ANGIO), started=now)))
    earlier = list(datasets(PhantomStudy(521, WHO, (PLAIN,), started=before)))
    angio = [one for one in images if one.SeriesInstanceUID != images[0].SeriesInstanceUID]
    for one in angio:
        del one.ImageOrientationPatient
    house.receive(earlier)
    house.receive(images)
    all_filed(house, [*earlier, *images])
    page = anne.page
    anne.row("PANE Éva").locator("a[data-case]").wait_for()
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    anne.row("PANE Éva").locator("a[data-case]").click()
    expect(page.locator("[data-label=reduced]").first).to_have_text("Reduced resolution")  # while it lasts
    line.send("Network.emulateNetworkConditions", {**SLOW, "downloadThroughput": -1, "uploadThroughput": -1})
    anne.until("__neurovigie.panes.length === 3", "three panes")
    anne.until("__neurovigie.panes.every((one) => one.voxel(0, 0) !== undefined)", "an image in each")
    expect(page.locator("[data-label=reduced]")).to_have_count(0)

    for at, (kind, count) in enumerate((("plain", 20), ("angio", 30), ("prior", 20))):
        pane = page.locator(f"[data-screen='{at}']")
        said = {
            one.get_attribute("data-label"): " ".join(one.inner_text().split())
            for one in pane.locator("[data-label]").all()
        }
        assert said["name"] == "PANE Éva"
        assert "1948-04-12" in said["born"]
        assert said["study-time"] == ("2026-11-02 09:00" if kind == "prior" else "2026-11-20 03:04")
        assert re.fullmatch(rf"Slice \d+/{count}", said["slice"])
        assert f"{count} of {count}" in said["received"]
        assert re.fullmatch(r"W [\d,]+ L -?[\d,]+", said["window"])
        assert said["scale"].endswith((" cm", " mm"))
        assert (said.get("prior") == "PRIOR") == (kind == "prior")
        letters = [one.inner_text() for one in pane.locator("[data-letter]").all()]
        if kind == "angio":
            assert letters == []
            assert said["laterality"] == "Laterality unknown"
            assert "unknown" in said["position"].lower()
        else:
            assert letters == ["R", "L", "A", "P"]  # left, right, above and below
            assert re.search(r"-?\d+\.\d mm", said["position"])
            assert "laterality" not in said
