"""``python -m benchmarks.viewer [--runs N]``: how soon is a case on screen, and does memory stay?

A whole NeuroVigie is started in an empty folder and three generated cases are sent to it: two head CTs of 40
images and a CT angiography of 140, all of 512 x 512. Once their frames are transcoded, Chromium without a graphics
card opens them:

- cold: a browser that has nothing yet, from the address of the case to its first picture
- next: from the click in the worklist, in a page that has read another case; prepared meanwhile, or not
- line: the same at 5 Mbit/s with 20 ms, and until all 140 slices of the angiography are there at a quarter resolution
- memory: what the page holds after three, and after thirty, cases opened in turn

A picture is on screen when the pane has drawn it, be it of reduced resolution; "sharp" when it is whole.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright
from pydicom import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage

from dicom_node.scu.checkpoint import keep_answers
from pipeline.domain.finding import Side
from pipeline.phantom import Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind, datasets
from pipeline.testing.running import Running, eventually, running

PASSWORD = "a password of nobody"
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_SLOW = {"offline": False, "latency": 20, "downloadThroughput": 5e6 / 8, "uploadThroughput": 5e6 / 8}
_FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
_DRAWN = "window.__neurovigie?.screenOf(0, 0) !== undefined"
_SHARP = "window.__neurovigie?.voxel(0, 0) !== undefined"
_CASES = ("FIRST", "SECOND", "ANGIO")


@dataclass(slots=True)
class Figures:
    """Seconds of each situation, one a run."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Take in one run, and say it meanwhile."""
        print(f"{name}: {value:.2f} s", file=sys.stderr, flush=True)
        self.seconds.setdefault(name, []).append(value)

    def lines(self) -> Iterable[str]:
        """Rows of the table in RESULTS.md."""
        for name, runs in self.seconds.items():
            yield f"| {name} | {statistics.median(runs):.2f} s | {min(runs):.2f} to {max(runs):.2f} |"


def studies() -> list[PhantomStudy]:
    """The three cases."""
    plain, angio = PhantomSeries(), PhantomSeries(SeriesKind.CTA, images=140, spacing_mm=1.1)
    wanted = ((plain, Haemorrhage(40, Side.LEFT)), (plain, Haemorrhage(20, Side.RIGHT)), (angio, None))
    return [
        PhantomStudy(seed, replace(PhantomPatient(), PatientID=f"B{seed}", PatientName=name), (series,), blood)
        for seed, (name, (series, blood)) in enumerate(zip(_CASES, wanted, strict=True), start=701)
    ]


def send(parts: Running, images: Iterable[Dataset]) -> int:
    """Send images as a scanner does; how many there were."""
    entity = AE("SCANNER")
    entity.add_requested_context(CTImageStorage)
    association = entity.associate("127.0.0.1", parts.dicom_port)
    keep_answers(association)
    statuses = [association.send_c_store(image).Status for image in images]
    association.release()
    assert set(statuses) == {0}
    return len(statuses)


def prepare(parts: Running) -> None:
    """An account, the cases, and their frames transcoded."""
    command = [sys.executable, "-m", "review_ui.accounts", "add", "reader", "--role", "expert", "--password-stdin"]
    environment = parts.part("review_ui").environ()
    subprocess.run(command, input=PASSWORD, env=environment, text=True, check=True, capture_output=True)
    images = sum(send(parts, datasets(study)) for study in studies())
    frames = parts.home / "derived" / "frames"
    eventually(lambda: sum(1 for _ in frames.glob("*/*.jphc")) >= images, "every frame is transcoded", within_s=600)
    idle = "SELECT count(*) FROM analysis WHERE state IN ('waiting', 'running')"
    eventually(lambda: parts.rows(idle) == [(0,)], "every analysis has ended", within_s=600)


def until(page: Page, script: str, within_s: float = 120) -> None:
    """Ask the page again and again."""
    deadline = time.monotonic() + within_s
    while not page.evaluate(script):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(5)


def worklist(page: Page) -> None:
    """Back to the worklist."""
    page.keyboard.press("Escape")
    page.locator("li[data-case-row]").first.wait_for()


def click(page: Page, name: str) -> float:
    """Open a case from the worklist; the moment of the click."""
    row = page.locator("li[data-case-row]", has_text=name).locator("a[data-case]")
    row.scroll_into_view_if_needed()
    at = time.monotonic()
    row.click()
    return at


def timed_open(page: Page, name: str, figures: Figures, what: str) -> None:
    """From the click to the first picture, and to the sharp one."""
    at = click(page, name)
    until(page, _DRAWN)
    figures.add(f"{what}, first picture", time.monotonic() - at)
    until(page, _SHARP)
    figures.add(f"{what}, sharp", time.monotonic() - at)


def sign_in(browser: Browser, address: str) -> tuple[BrowserContext, Any]:
    """A signed-in context, and what makes another one signed in too."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.fill("input[name=name]", "reader")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button")
    page.locator("li[data-case-row]").first.wait_for()
    return context, context.storage_state()


def cold(browser: Browser, state: Any, address: str, line: dict[str, Any], figures: Figures, what: str) -> None:
    """The address of a case, in a browser that has nothing yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state)
    page = context.new_page()
    throttle(context.new_cdp_session(page), line)
    at = time.monotonic()
    page.goto(address, wait_until="commit")
    until(page, _DRAWN)
    figures.add(f"{what}, first picture", time.monotonic() - at)
    until(page, _SHARP)
    figures.add(f"{what}, sharp", time.monotonic() - at)
    context.close()


def throttle(session: CDPSession, line: dict[str, Any]) -> None:
    """Make the line as fast as asked."""
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", line)


def open_cases(context: BrowserContext, line: dict[str, Any], figures: Figures, what: str) -> None:
    """Open cases one after the other in one page, prepared and not, and the angiography until it is all there."""
    page = context.new_page()
    throttle(context.new_cdp_session(page), line)
    page.goto(context.pages[0].url)
    page.locator("li[data-case-row]").first.wait_for()
    page.wait_for_timeout(4_000)  # the viewer's code comes while nobody waits for it
    timed_open(page, "FIRST", figures, f"{what}, a case nobody has prepared")
    until(page, "__neurovigie.loaded === __neurovigie.count")
    page.wait_for_timeout(3_000)  # a reader reads; the next case is prepared
    worklist(page)
    timed_open(page, "SECOND", figures, f"{what}, the next case")
    until(page, "__neurovigie.loaded === __neurovigie.count")
    worklist(page)
    at = click(page, "ANGIO")
    until(page, "window.__neurovigie?.count === 140")
    page.evaluate(
        "(async () => { for (;;) { const h = await __neurovigie.held(); window.__seen = h.seen;"
        " window.__whole = h.whole; await new Promise((go) => setTimeout(go, 20)); } })(), 0"
    )
    until(page, "window.__seen >= 140")
    figures.add(f"{what}, all 140 slices at a quarter resolution or better", time.monotonic() - at)
    until(page, "window.__whole >= 140", within_s=300)
    figures.add(f"{what}, all 140 slices sharp", time.monotonic() - at)
    page.close()


def memory(context: BrowserContext) -> list[str]:
    """What a page holds after three and after thirty cases."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    page.goto(context.pages[0].url)
    page.locator("li[data-case-row]").first.wait_for()
    said = []
    for turn in range(1, 31):
        click(page, _CASES[turn % 3])
        until(page, _SHARP)
        until(page, "__neurovigie.loaded === __neurovigie.count")
        if turn in (3, 15, 30):
            held = page.evaluate("__neurovigie.held()")
            session.send("HeapProfiler.collectGarbage")
            used = session.send("Runtime.getHeapUsage")["usedSize"]
            said.append(f"| {turn} | {held['images']} | {held['bytes'] / 2**20:.0f} MiB | {used / 2**20:.0f} MiB |")
        worklist(page)
    page.close()
    return said


def main(arguments: list[str]) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.viewer")
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args(arguments).runs
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as parts, sync_playwright() as playwright:
        prepare(parts)
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        address = f"http://localhost:{parts.web_port}"
        context, state = sign_in(browser, address)
        ((case_id,),) = parts.rows("SELECT id FROM \"case\" WHERE patient_id = 'B701'")
        for _ in range(runs):
            for name, line in (("loopback", _FAST), ("5 Mbit/s, 20 ms", _SLOW)):
                cold(browser, state, f"{address}/cases/{case_id}", line, figures, f"{name}, cold")
                fresh = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state)
                fresh.new_page().goto(address)
                open_cases(fresh, line, figures, name)
                fresh.close()
        held = memory(context)
        browser.close()
    print(f"| from the address or the click to | median of {runs} | least to most |", "|---|---|---|", sep="\n")
    print(*figures.lines(), sep="\n")
    print("\n| cases opened | images known | pixels | heap after collection |", "|---|---|---|---|", *held, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
