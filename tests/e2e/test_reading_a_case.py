"""The main story: a study arrives at an open worklist, is read with its overlay, and is taken by one of two."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect
from pydicom import Dataset, dcmread

from pipeline.domain.finding import Side
from pipeline.phantom import Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, datasets
from pipeline.phantom.studies import diffusion
from pipeline.testing.running import eventually

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(180)]

IMAGES = 30
ALARMING = re.compile(r"Content Security Policy|Refused to")


def head(seed: int, name: str, *, bleeds: bool = True) -> PhantomStudy:
    """A head CT of 30 images of 5 mm, with or without a large haemorrhage on the left."""
    return PhantomStudy(
        seed=seed,
        patient=replace(PhantomPatient(), PatientID=f"E2E-{seed}", PatientName=name),
        series=(PhantomSeries(images=IMAGES, spacing_mm=5.0, rows=256),),
        haemorrhage=Haemorrhage(40, Side.LEFT) if bleeds else None,
    )


def segmentations(house, StudyInstanceUID: str) -> list[Dataset]:
    """Those of one study that lie in the vault: an object is known before its file is there."""
    rows = house.parts.rows("SELECT path FROM result_object WHERE kind = 'seg' AND path <> ''")
    read = [dcmread(house.parts.home / "vault" / path) for (path,) in rows]
    return [one for one in read if one.StudyInstanceUID == StudyInstanceUID]


def test_a_study_is_seen_arriving_and_read_with_every_voxel_of_its_overlay(house, anne):
    study = list(datasets(head(101, "ARRIVING^Alix")))
    expect(anne.row("ARRIVING")).to_have_count(0)

    house.receive(study)

    expect(anne.row("ARRIVING Alix")).to_be_visible(timeout=5_000)
    expect(anne.row("ARRIVING").locator("[data-state=analysed]")).to_be_visible(timeout=90_000)
    expect(anne.row("ARRIVING")).to_contain_text("Red")
    expect(anne.row("ARRIVING")).to_contain_text("Suspected haemorrhage")
    expect(anne.row("ARRIVING")).to_contain_text("AI, to be confirmed")

    anne.open("ARRIVING")
    anne.until("__neurovigie.overlayVoxels > 0", "the lesion's overlay on the slice the case opens at")
    anne.until(f"__neurovigie.loaded === {IMAGES}", "every slice")
    assert anne.viewer("letters") == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert anne.viewer("range") == {"lower": 0, "upper": 80}

    ordered = sorted(study, key=lambda image: float(image.ImagePositionPatient[2]))
    for index in (0, 11, IMAGES - 1):
        anne.page.keyboard.press("Home")
        for _ in range(index):
            anne.page.keyboard.press("ArrowDown")
        anne.until(f"__neurovigie.index === {index}", f"slice {index}")
        anne.until("__neurovigie.voxel(0, 0) !== undefined", "the whole resolution")
        shown, image = anne.viewer("voxel(100, 140)"), ordered[index]
        stored = int(image.pixel_array[140, 100])
        assert shown == stored * float(image.RescaleSlope) + float(image.RescaleIntercept)
        assert anne.viewer("position_mm") == pytest.approx(float(image.ImagePositionPatient[2]), abs=1e-3)

    anne.until("__neurovigie.overlayVoxelsInAll > 0", "the overlay")
    kept = eventually(lambda: segmentations(house, study[0].StudyInstanceUID), "the segmentation is in the vault")
    assert anne.viewer("overlayVoxelsInAll") in [int(np.count_nonzero(one.pixel_array)) for one in kept]

    with anne.page.expect_download() as downloading:
        anne.page.locator("[data-made=seg]").click(timeout=30_000)
    assert downloading.value.suggested_filename.startswith("neurovigie-seg-")
    assert dcmread(downloading.value.path()).SOPInstanceUID in [one.SOPInstanceUID for one in kept]

    assert anne.foreign == []
    assert [said for said in anne.complaints if ALARMING.search(said)] == []


def test_of_two_who_take_a_case_at_once_one_gets_it_and_the_other_is_told_who(house, anne, window):
    house.receive(list(datasets(head(105, "WANTED^Wenn", bleeds=False)))[:3])
    his = window()
    # His page hears nothing of hers in time, as when both click in the same moment.
    his.page.route("**/api/v1/events*", lambda route: route.abort())
    expect(anne.row("WANTED")).to_be_visible(timeout=5_000)
    his.sign_in("yann")
    for one in (anne, his):
        one.row("WANTED").locator("a[data-case]").click()
        expect(one.page.get_by_role("button", name="Take the case").first).to_be_visible()

    anne.page.keyboard.press("t")
    expect(anne.page.get_by_text("Yours")).to_be_visible()
    his.page.get_by_role("button", name="Take the case").first.click()

    expect(his.page.get_by_text("Too late: Dr Anne Le Gall has already taken this case.")).to_be_visible()
    expect(his.page.get_by_text("Taken by Dr Anne Le Gall")).to_be_visible()


def test_images_that_arrive_while_a_case_is_open_appear_without_moving_the_reader(house, anne):
    study = list(datasets(head(102, "GROWING^Gael", bleeds=False)))
    house.receive(study[: IMAGES // 2])
    expect(anne.row("GROWING")).to_be_visible(timeout=5_000)
    anne.open("GROWING")
    anne.until(f"__neurovigie.count === {IMAGES // 2}", "half of the images")
    anne.page.keyboard.press("Home")
    anne.page.keyboard.press("ArrowDown")
    anne.until("__neurovigie.index === 1", "the second slice")
    before = anne.viewer("position_mm")
    expect(anne.page.locator("[data-label=received]")).to_have_text(f"Only {IMAGES // 2} of {IMAGES} images received")

    house.receive(study[IMAGES // 2 :])

    anne.until(f"__neurovigie.count === {IMAGES}", "the other half", within_s=15)
    assert anne.viewer("position_mm") == before
    expect(anne.page.locator("[data-label=received]")).to_have_text(f"Images received: {IMAGES} of {IMAGES}")


def test_a_name_made_of_html_is_shown_as_the_text_it_is(house, anne):
    name = "<b>BOLD</b><img src=x onerror=document.title='hit'>^Z"
    house.receive(list(datasets(head(103, name, bleeds=False)))[:3])
    expect(anne.row("BOLD")).to_contain_text("<b>BOLD</b>", timeout=5_000)
    anne.open("BOLD")
    expect(anne.page.locator("[data-label=name]")).to_contain_text("<b>BOLD</b>")
    assert anne.page.locator("main img, main b b").count() == 0
    assert "hit" not in anne.page.title()


def test_diffusion_is_analysed_and_opens_as_one_stack_per_b_value(house, anne):
    house.receive(
        datasets(diffusion(104, replace(PhantomPatient(), PatientID="E2E-104", PatientName="DIFFUSION^Dominique")))
    )
    expect(anne.row("DIFFUSION").locator("[data-state=analysed]").first).to_be_visible(timeout=90_000)
    anne.open("DIFFUSION")
    expect(anne.page.locator("[data-stack]")).to_have_text(["b 1000", "b 0"])
    strong, place = anne.viewer("voxel(64, 64)"), anne.viewer("position_mm")
    anne.page.click("[data-stack='0']")
    anne.until(f"__neurovigie.voxel(64, 64) !== {strong}", "the other b-value")
    assert anne.viewer("position_mm") == place
