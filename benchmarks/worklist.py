"""``python -m benchmarks.worklist [--cases N] [--seconds N]``: does the worklist stay smooth with many open cases?

A whole NeuroVigie is started in an empty folder and gets N studies of one image, each a case. Chromium without a
graphics card opens the worklist; while somebody takes and releases cases through the API as fast as it answers, the
page notes the time between the frames it draws and every task of more than 50 ms: at rest, while scrolling from top to
bottom, and while a name is typed into the search.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import APIRequestContext, Page, sync_playwright
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from benchmarks.viewer import PASSWORD, send, sign_in, until
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from pipeline.testing.running import Running, eventually, running

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_WATCH = """(() => {
  window.__frames = []; window.__long = [];
  const note = (list) => __long.push(...list.getEntries().map((one) => one.duration));
  new PerformanceObserver(note).observe({ type: 'longtask' });
  let before = performance.now();
  const frame = (now) => { __frames.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
})()"""
_SCROLL = "window.__down = setInterval(() => window.scrollBy(0, 60), 16)"
_STOP = "clearInterval(window.__down)"
_TAKEN = "() => { const got = [__frames, __long]; window.__frames = []; window.__long = []; return got; }"


@dataclass(frozen=True, slots=True)
class Smoothness:
    """How a page drew while something went on."""

    what: str
    updates_per_s: float
    frames_ms: list[float]
    long_ms: list[float]

    def line(self) -> str:
        """A row of the table in RESULTS.md."""
        p95 = statistics.quantiles(self.frames_ms, n=20)[-1]
        return (
            f"| {self.what} | {self.updates_per_s:.0f} | {statistics.median(self.frames_ms):.0f} / {p95:.0f} / "
            f"{max(self.frames_ms):.0f} ms | {len(self.long_ms)}, the longest {max(self.long_ms, default=0):.0f} ms |"
        )


def patients(count: int) -> Iterator[Dataset]:
    """One image of each."""
    for n in range(count):
        made = TinySlice(study=f"s{n}", patient_id=f"P{n}", patient_name=f"PATIENT^Number {n}").dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = UID(TRANSFER_SYNTAX)
        yield made


def prepare(parts: Running, cases: int) -> None:
    """An account and as many cases."""
    command = [sys.executable, "-m", "review_ui.accounts", "add", "reader", "--role", "expert", "--password-stdin"]
    environment = parts.part("review_ui").environ()
    subprocess.run(command, input=PASSWORD, env=environment, text=True, check=True, capture_output=True)
    send(parts, patients(cases))
    eventually(lambda: parts.rows('SELECT count(*) FROM "case"') == [(cases,)], "every case is there", within_s=600)
    busy = "SELECT count(*) FROM analysis WHERE state IN ('waiting', 'running')"
    eventually(lambda: parts.rows(busy) == [(0,)], "every analysis has ended", within_s=600)


def watched(
    page: Page, asking: APIRequestContext, address: str, ids: list[str], seconds: float, what: str
) -> Smoothness:
    """Take and release cases in turn, and what the page noted meanwhile."""
    page.evaluate(_TAKEN)
    done, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        case = ids[(done // 2) % len(ids)]
        verb = "take" if done % 2 == 0 else "release"
        answer = asking.post(f"{address}/api/v1/cases/{case}/{verb}", headers={"X-NeuroVigie": "1"}, data={})
        assert answer.ok, answer.text()
        done += 1
    took = time.monotonic() - began
    frames, long_tasks = page.evaluate(_TAKEN)
    return Smoothness(what, done / took, frames, long_tasks)


def measure(page: Page, address: str, seconds: float) -> list[Smoothness]:
    """The three situations."""
    asking = page.context.request
    rows: list[dict[str, Any]] = asking.get(f"{address}/api/v1/worklist").json()["cases"]
    ids = [str(row["id"]) for row in rows][::7]
    page.evaluate(_WATCH)
    found = [watched(page, asking, address, ids, seconds, "at rest")]
    page.evaluate(_SCROLL)
    found.append(watched(page, asking, address, ids, seconds, "scrolling"))
    page.evaluate(_STOP)
    page.evaluate("window.scrollTo(0, 0)")
    page.locator("input[name=search]").press_sequentially("number 49", delay=20)
    found.append(watched(page, asking, address, ids, seconds, "searching"))
    return found


def main(arguments: list[str]) -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.worklist")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=15)
    said = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as parts, sync_playwright() as playwright:
        prepare(parts, said.cases)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_FLAGS))
        address = f"http://localhost:{parts.web_port}"
        context, _ = sign_in(browser, address)
        page = context.pages[0]
        began = time.monotonic()
        page.reload(wait_until="commit")
        until(page, "document.querySelector('li[data-case-row]') !== null")
        first = time.monotonic() - began
        found = measure(page, address, said.seconds)
        browser.close()
    print(f"{said.cases} open cases; the first row {first:.2f} s after a reload\n")
    print("| | updates/s | between frames: median / p95 / longest | tasks over 50 ms |", "|---|---|---|---|", sep="\n")
    print(*(one.line() for one in found), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
