"""A whole NeuroVigie and a real Chromium: what a doctor sees, from the scanner's C-STORE on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage, MRImageStorage

import review_ui
from dicom_node.scu.checkpoint import keep_answers
from pipeline.testing.running import Running, running

PASSWORD = "correct horse battery"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@dataclass(slots=True)
class House:
    """A running NeuroVigie that images can be sent to."""

    parts: Running

    @property
    def address(self) -> str:
        return f"http://localhost:{self.parts.web_port}"

    def account(self, name: str, full_name: str, password: str | None = PASSWORD) -> str:
        """Make an expert's account; without a password it gets a one-time one, which is returned."""
        command = [
            sys.executable,
            "-m",
            "review_ui.accounts",
            "add",
            name,
            "--role",
            "expert",
            "--full-name",
            full_name,
        ]
        command += ["--password-stdin"] if password else []
        environment = {**os.environ, "DATABASE_URL": self.parts.database_url()}
        done = subprocess.run(command, input=password, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    def receive(self, images: Iterable[Dataset]) -> None:
        """Send images in one association, as a scanner does."""
        entity = AE("SCANNER")
        entity.add_requested_context(CTImageStorage)
        entity.add_requested_context(MRImageStorage)
        association = entity.associate("127.0.0.1", self.parts.dicom_port)
        assert association.is_established
        keep_answers(association)
        statuses = [association.send_c_store(image).Status for image in images]
        association.release()
        assert set(statuses) == {0x0000}


@dataclass(slots=True)
class Window:
    """One browser window of one person, with everything it complained about and everywhere it went."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self._went_to(request.url))

    def _went_to(self, url: str) -> None:
        if not url.startswith((self.address, "blob:")):
            self.foreign.append(url)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.page.goto(self.address)
        self.page.get_by_role("button", name="English").click()
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=password]", password)
        self.page.click("form button")

    def row(self, patient_name: str) -> Any:
        return self.page.locator("li[data-case-row]", has_text=patient_name)

    def open(self, patient_name: str) -> None:
        """Open a case and wait for its first image."""
        self.row(patient_name).locator("a[data-case]").click()
        self.until("window.__neurovigie !== undefined && __neurovigie.voxel(0, 0) !== undefined", "the first image")

    def until(self, script: str, what: str, *, within_s: float = 30.0) -> Any:
        """Ask the page again and again; the page's own policy forbids Playwright's way, which is eval."""
        deadline = time.monotonic() + within_s
        while not (found := self.page.evaluate(script)):
            assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
            self.page.wait_for_timeout(30)
        return found

    def viewer(self, field_name: str) -> Any:
        return self.page.evaluate(f"__neurovigie.{field_name}")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything of NeuroVigie, with two experts."""
    built = Path(review_ui.__file__).parent / "static" / "app" / "index.html"
    assert built.exists(), "the desk's pages are not built: run `npm ci && npm run build` in review_ui/web"
    with running(tmp_path_factory.mktemp("house")) as parts:
        started = House(parts)
        started.account("anne", "Dr Anne Le Gall")
        started.account("yann", "Dr Yann Morvan")
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, without a graphics card."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def window(house: House, browser: Browser) -> Iterator[Callable[..., Window]]:
    """Opens windows that share nothing, and closes them after the test."""
    contexts: list[BrowserContext] = []

    def opened(width: int = 1440, height: int = 900, *, phone: bool = False) -> Window:
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=phone, is_mobile=phone)
        contexts.append(context)
        return Window(context.new_page(), house.address)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def anne(window: Callable[..., Window]) -> Window:
    """Dr Anne Le Gall's window, signed in."""
    hers = window()
    hers.sign_in("anne")
    hers.page.get_by_role("heading", name="Worklist").wait_for()
    return hers
