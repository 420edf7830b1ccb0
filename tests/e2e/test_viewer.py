"""The viewer's panes: side by side and scrolled together, measured in, cut along other planes, and given back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from playwright.sync_api import expect
from pydicom import Dataset
from scipy.ndimage import map_coordinates

from pipeline.phantom import PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind, datasets
from pipeline.phantom.studies import diffusion, normal_head
from pipeline.testing.running import eventually

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(240)]

PLAIN = PhantomSeries(images=20, spacing_mm=7.5, rows=256)
ANGIO = PhantomSeries(SeriesKind.CTA, images=30, spacing_mm=4.0, rows=256, bottom_mm=-20.0)


def patient(seed: int, name: str) -> PhantomPatient:
    return replace(PhantomPatient(), PatientID=f"VIEWER-{seed}", PatientName=name)


def z_of(image: Dataset) -> float:
    return float(image.ImagePositionPatient[2])


def hounsfield(image: Dataset) -> np.ndarray:
    return image.pixel_array * float(image.get("RescaleSlope", 1)) + float(image.get("RescaleIntercept", 0))


def by_series(images: list[Dataset]) -> list[list[Dataset]]:
    """Images of each series in order of position, the series in the order they were sent."""
    uids = list(dict.fromkeys(str(image.SeriesInstanceUID) for image in images))
    return [sorted((one for one in images if one.SeriesInstanceUID == uid), key=z_of) for uid in uids]


def nearest(images: list[Dataset], z: float) -> Dataset:
    return min(images, key=lambda image: abs(z_of(image) - z))


def pane(window, at: int, what: str):
    return window.viewer(f"panes[{at}].{what}")


def point_at(window, at: int, column: float, row: float) -> tuple[float, float]:
    """Where a pixel of a pane's slice is on the page."""
    box = window.page.locator(f"[data-screen='{at}']").bounding_box()
    x, y = pane(window, at, f"screenOf({column}, {row})")
    return box["x"] + x, box["y"] + y


def drag(window, *places: tuple[float, float]) -> None:
    window.page.mouse.move(*places[0])
    window.page.mouse.down()
    for place in places[1:]:
        window.page.mouse.move(*place, steps=3)
    window.page.mouse.up()


def all_filed(house, images: list[Dataset]) -> None:
    """Wait until every image is known, so that the case opens with all its series."""
    for series in by_series(images):
        uid = series[0].SeriesInstanceUID
        wanted = [(len(series),)]
        query = f"SELECT images FROM series WHERE series_instance_uid = '{uid}'"
        eventually(lambda wanted=wanted, query=query: house.parts.rows(query) == wanted, "every image is filed")


def number_in(text: str) -> float:
    return float(re.search(r"-?[\d,]+\.?\d*", text)[0].replace(",", ""))


def test_series_hang_side_by_side_and_scroll_together_with_the_prior(house, anne):
    who = patient(501, "SIDE^Berthe")
    images = list(datasets(PhantomStudy(501, who, (PLAIN, ANGIO))))
    before = list(datasets(PhantomStudy(502, who, (PLAIN,), started=datetime(2026, 11, 2, 9, 0))))  # noqa: DTZ001
    house.receive(before)
    house.receive(images)
    plain, angio = by_series(images)
    all_filed(house, [*before, *images])
    page = anne.page
    anne.open("SIDE")
    anne.until("__neurovigie.panes.length === 3", "three panes")
    anne.until("__neurovigie.panes.every((pane) => pane.voxel(0, 0) !== undefined)", "an image in each")
    assert pane(anne, 0, "series") == plain[0].SeriesInstanceUID
    assert pane(anne, 1, "series") == angio[0].SeriesInstanceUID
    assert pane(anne, 2, "series") == before[0].SeriesInstanceUID
    for at in range(3):
        labels = page.locator(f"[data-screen='{at}']")
        for what in ("name", "study-time", "slice", "position", "window", "scale", "received"):
            expect(labels.locator(f"[data-label={what}]")).to_be_visible()
        expect(labels.locator("[data-label=name]")).to_have_text("SIDE Berthe")
        expect(labels.locator("[data-letter=left]")).to_have_text("R")
        expect(labels.locator("[data-label=prior]")).to_have_count(1 if at == 2 else 0)
    expect(page.locator("[data-label=approximate]")).to_have_count(1)

    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    anne.until("__neurovigie.panes[0].index === 9", "the tenth slice")
    z = z_of(plain[9])
    anne.until(f"Math.abs(__neurovigie.panes[1].position_mm - {z_of(nearest(angio, z))}) < 0.01", "the angiography")
    anne.until("__neurovigie.panes[2].index === 9", "the prior, whose top lies as far away")

    page.keyboard.press("l")  # free, then put side by side anew
    page.locator("[data-screen='2']").hover()
    page.mouse.wheel(0, 100)
    anne.until("__neurovigie.at === 2 && __neurovigie.panes[2].index === 10", "the prior alone")
    assert pane(anne, 0, "index") == 9
    page.keyboard.press("l")
    page.keyboard.press("ArrowDown")
    anne.until("__neurovigie.panes[2].index === 11 && __neurovigie.panes[0].index === 10", "together again")

    page.keyboard.press(",")
    anne.until("__neurovigie.at === 1", "the pane before")
    page.keyboard.press("x")
    page.mouse.click(*point_at(anne, 1, 128, 90))
    expect(page.locator("[data-cross]").first).to_be_visible()
    page.select_option("[data-layout-choice]", "2x3")
    expect(page.locator("[data-pane]")).to_have_count(6)


def test_lengths_angles_and_regions_are_those_of_the_images_sent(house, anne):
    image = sorted(datasets(normal_head(503, patient(503, "MEASURED^Mo"), images=20)), key=z_of)[10]
    house.receive(datasets(normal_head(503, patient(503, "MEASURED^Mo"), images=20)))
    expect(anne.row("MEASURED")).to_be_visible(timeout=10_000)
    anne.open("MEASURED")
    anne.until("__neurovigie.count === 20", "every image")
    page = anne.page
    page.keyboard.press("Home")
    for _ in range(10):
        page.keyboard.press("ArrowDown")
    anne.until("__neurovigie.index === 10 && !__neurovigie.reduced", "the slice")
    rows_mm, columns_mm = map(float, image.PixelSpacing)

    page.keyboard.press("d")
    drag(anne, point_at(anne, 0, 150, 200), point_at(anne, 0, 350, 300))
    said = page.locator("[data-measure=length] [data-says]").text_content()
    assert number_in(said) == pytest.approx(np.hypot(200 * columns_mm, 100 * rows_mm), abs=0.3)

    page.keyboard.press("a")
    drag(anne, point_at(anne, 0, 200, 400), point_at(anne, 0, 300, 400))
    drag(anne, point_at(anne, 0, 300, 350), point_at(anne, 0, 300, 330))
    said = page.locator("[data-measure=angle] [data-says]").text_content()
    assert number_in(said) == pytest.approx(90, abs=0.6)

    page.keyboard.press("e")
    drag(anne, point_at(anne, 0, 180.5, 220.5), point_at(anne, 0, 220.5, 250.5))
    mean, deviation, area = page.locator("[data-measure=ellipse] [data-says]").all_text_contents()
    y, x = np.mgrid[: image.Rows, : image.Columns]
    inside = hounsfield(image)[((x - 200.5) / 20) ** 2 + ((y - 235.5) / 15) ** 2 <= 1]
    assert mean.endswith("HU")
    assert number_in(mean) == pytest.approx(inside.mean(), abs=0.5)
    assert number_in(deviation) == pytest.approx(inside.std(ddof=1), abs=0.5)
    assert number_in(area) == pytest.approx(np.pi * 20 * columns_mm * 15 * rows_mm / 100, abs=0.05)

    page.keyboard.press("Delete")
    expect(page.locator("[data-measure=ellipse]")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-measure]")).to_have_count(0)  # they belong to their slice


def test_a_map_of_diffusion_is_read_in_its_own_unit(house, anne):
    images = list(datasets(diffusion(504, patient(504, "MAPPED^Max"))))
    house.receive(images)
    adc = by_series(images)[1]
    all_filed(house, images)
    anne.open("MAPPED")
    anne.until(f"__neurovigie.panes[1]?.series === '{adc[0].SeriesInstanceUID}'", "the ADC map beside")
    anne.until("__neurovigie.panes[1].voxel(0, 0) !== undefined", "its first image")
    anne.page.mouse.move(*point_at(anne, 1, 64, 40))
    said = anne.page.locator("[data-screen='1'] [data-label=value]").inner_text()
    assert re.fullmatch(r"ADC [\d,.]+ ×10⁻⁶ mm²/s", said)
    assert number_in(said) == pytest.approx(float(hounsfield(adc[pane(anne, 1, "index")])[40, 64]), rel=0.01)


def test_cuts_of_a_tilted_gantry_show_the_values_sent_where_they_are_in_the_patient(house, anne):
    series = PhantomSeries(images=18, spacing_mm=8.0, rows=256, tilt_deg=18.5, fine_from=6)
    images = list(datasets(PhantomStudy(505, patient(505, "TILTED^Ti"), (series,))))
    house.receive(images)
    (slices,) = by_series(images)
    all_filed(house, images)  # a case opened before stays where its first images were
    anne.open("TILTED Ti")
    anne.until("__neurovigie.count === 18", "every image")
    anne.page.click("[data-planes]")
    anne.until("__neurovigie.panes.length === 4 && __neurovigie.panes[3].view === 'sagittal'", "three planes")
    for at, view in enumerate(("axial", "coronal", "sagittal"), start=1):
        anne.until(f"__neurovigie.panes[{at}].view === '{view}'", view)
        anne.until(f"__neurovigie.panes[{at}].voxel(0, 0) !== undefined", f"the {view} picture")
        columns, rows = pane(anne, at, "size")
        compared = [
            found
            for u in (0.35, 0.45, 0.55)
            for v in (0.4, 0.5, 0.6)
            if (found := both(anne, at, slices, int(u * columns), int(v * rows))) is not None
        ]
        assert len(compared) >= 5
        for shown, sent in compared:
            assert shown == pytest.approx(sent, abs=1.0)
    expect(anne.page.locator("[data-label=tilt]").first).to_contain_text("18.5")

    anne.page.keyboard.press(";")
    anne.page.keyboard.press(";")
    columns, rows = pane(anne, 2, "size")
    thin = pane(anne, 2, f"voxel({columns // 2}, {rows // 2})")
    anne.page.keyboard.press("s")
    anne.until("__neurovigie.panes[2].slab_mm === 5", "a slab")
    anne.until("__neurovigie.panes[2].voxel(0, 0) !== undefined", "its picture")
    assert pane(anne, 2, f"voxel({columns // 2}, {rows // 2})") >= thin - 2


def both(window, at: int, slices: list[Dataset], column: int, row: int) -> tuple[float, float] | None:
    """A value on a cut, and the one that the images sent give at the same point of the patient."""
    shown = pane(window, at, f"voxel({column}, {row})")
    point = np.array(pane(window, at, f"patient({column}, {row})"))
    axes = np.array(slices[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    normal = np.cross(*axes)
    origins = np.array([image.ImagePositionPatient for image in slices], dtype=float)
    depths, depth = origins @ normal, float(point @ normal)
    k = int(np.searchsorted(depths, depth)) - 1
    if not 0 <= k < len(slices) - 1:
        return None
    values = []
    for one in (k, k + 1):
        rows_mm, columns_mm = map(float, slices[one].PixelSpacing)
        i, j = (point - origins[one]) @ axes[0] / columns_mm, (point - origins[one]) @ axes[1] / rows_mm
        values.append(float(map_coordinates(hounsfield(slices[one]), [[j], [i]], order=1)[0]))
    share = (depth - depths[k]) / (depths[k + 1] - depths[k])
    return shown, values[0] + (values[1] - values[0]) * share


def test_a_series_that_is_no_volume_says_why_it_is_not_cut(house, anne):
    images = sorted(datasets(normal_head(506, patient(506, "GAPPED^Gus"), images=40)), key=z_of)
    house.receive(images[:10] + images[20:24])
    expect(anne.row("GAPPED")).to_be_visible(timeout=10_000)
    anne.open("GAPPED")
    anne.until("__neurovigie.count === 14", "every image")
    anne.page.keyboard.press("m")
    expect(anne.page.locator("[data-label=notcut]")).to_have_text("No other plane: slices are missing in between.")
    assert anne.viewer("view") == "acquired"


def test_what_a_case_held_is_given_back_when_the_next_is_opened(house, anne):
    names = [f"TURN^{letter}" for letter in "ABC"]
    for seed, name in enumerate(names, start=510):
        house.receive(datasets(normal_head(seed, patient(seed, name), images=20)))
    for name in names:
        expect(anne.row(name.replace("^", " "))).to_be_visible(timeout=15_000)
    held = []
    for name in names * 3:
        anne.open(name.replace("^", " "))
        anne.until("__neurovigie.loaded === 20", "every slice")
        held.append(anne.page.evaluate("__neurovigie.held()"))
        anne.page.keyboard.press("Escape")
        expect(anne.page.get_by_role("heading", name="Worklist")).to_be_visible()
    # Its own 20 images of 512 x 512, and a few around where the next case will open.
    assert max(one["images"] for one in held) <= 20 + 6 * 5
    assert max(one["bytes"] for one in held) <= (20 + 6 * 5) * 512 * 512 * 2
    assert anne.page.locator("canvas").count() == 0
