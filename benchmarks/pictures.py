"""``python -m benchmarks.pictures [FOLDER]``: the pictures of docs/pictures, of made-up patients, desktop and phone.

A whole NeuroVigie is started in an empty folder; the demo's pretended hospitals send their made-up studies, one of
them asks for an opinion, an expert takes the case, answers it and signs. Then Chromium goes through the main views,
1440 x 900 and as a telephone of 390 x 844, in English by Paris time.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.viewer import until
from pipeline.command.demo_cast import PORT_BRUME, Expected, Scene, scenes
from pipeline.command.demo_rooms import (
    Running,
    await_up,
    ended_well,
    make_peers_known,
    sender,
    start,
    stop,
    temporary_home,
)
from pipeline.domain.finding import Side
from pipeline.phantom import Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind, write_study

PASSWORD = "a password of nobody"
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_DESKTOP = {"viewport": {"width": 1440, "height": 900}}
_PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
_PEOPLE = {
    "anne": ("expert", "Dr Anne Le Gall", None),
    "yann": ("expert", "Dr Yann Morvan", None),
    "coordination": ("coordinator", "Claire Jaouen", None),
    "system": ("administrator", "System administrator", None),
    "brume": ("site", "Dr Ewen Cariou", PORT_BRUME.site),
}
_TELEPHONE = "+33 2 98 11 11 11"
_PATIENT = PhantomPatient("DEMO-0020", "KERIVEN^Loïc", "19480412", "M")
_HERE = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def watched() -> Scene:
    """The case that is asked about: plain CT with blood, and an angiography."""
    series = (PhantomSeries(), PhantomSeries(SeriesKind.CTA, images=60, spacing_mm=2.4, bottom_mm=-40.0))
    study = PhantomStudy(120, _PATIENT, series, Haemorrhage(38.0, Side.LEFT), started=datetime.now())  # noqa: DTZ005
    return Scene("asked", "asked about", PORT_BRUME, study, Expected())


def earlier() -> Scene:
    """What the same hospital sent of the same patient three weeks ago."""
    started = datetime.now() - timedelta(days=21)  # noqa: DTZ005
    study = PhantomStudy(121, _PATIENT, (PhantomSeries(images=30, spacing_mm=5.3),), started=started)
    return Scene("prior", "three weeks ago", PORT_BRUME, study, Expected())


def send_all(running: Running, folder: Path, cast: list[Scene]) -> None:
    """Send every study, from its hospital."""
    for scene in cast:
        files = write_study(replace(scene.study), folder / scene.name)
        ended_well(sender(scene, files, running), f"{scene.title} could not be sent")


def add_people(running: Running) -> None:
    """An account of every role."""
    for name, (role, full_name, site) in _PEOPLE.items():
        words = ["add", name, "--role", role, "--full-name", full_name, "--password-stdin"]
        words += ["--site", site] if site else []
        command = [sys.executable, "-m", "review_ui.accounts", *words]
        subprocess.run(
            command, input=PASSWORD, env=dict(running.environment), text=True, check=True, capture_output=True
        )


@dataclass(slots=True)
class Desk:
    """The desk's address, the browser, and people's signed-in windows."""

    address: str
    browser: Browser
    contexts: dict[tuple[str, str], BrowserContext] = field(default_factory=dict)

    def context(self, name: str, kind: str = "desktop") -> BrowserContext:
        """Somebody's own browser, signed in."""
        if (name, kind) not in self.contexts:
            shape: Any = _DESKTOP if kind == "desktop" else _PHONE
            context = self.browser.new_context(**shape, locale="en-GB", timezone_id="Europe/Paris")
            page = context.new_page()
            page.goto(self.address)
            page.get_by_role("button", name="English").click()
            page.fill("input[name=name]", name)
            page.fill("input[name=password]", PASSWORD)
            page.click("form button")
            page.get_by_role("heading", name="Worklist").wait_for()
            page.close()
            self.contexts[name, kind] = context
        return self.contexts[name, kind]

    def page(self, name: str, kind: str = "desktop") -> Page:
        """A window of somebody's own."""
        return self.context(name, kind).new_page()

    def ask(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """One call of the API in somebody's name."""
        answer = self.context(name).request.fetch(
            f"{self.address}/api/v1{path}", method=method, data=body, headers={"X-NeuroVigie": "1"}
        )
        assert answer.ok, answer.text()
        return answer.json() if answer.body() else None


def put_on_duty(desk: Desk) -> None:
    """A telephone of last resort, and three weeks of rota with a gap in it."""
    phones = {"fallback_phone": _TELEPHONE, "site_phones": {PORT_BRUME.site: _TELEPHONE}}
    desk.ask("system", "PUT", "/set-up", {**phones, "revision": 0})
    people = {one["name"]: one["id"] for one in desk.ask("system", "GET", "/rota/experts")}
    monday = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    experts = [people[_PEOPLE[name][1]] for name in ("anne", "yann")]
    for expert, centre in zip(experts, ("CHU de Brest", "CHU de Rennes"), strict=True):
        told = {
            "revision": 0,
            "centre": centre,
            "skills": ["diagnostic"],
            "languages": ["fr", "en"],
            "phone": _TELEPHONE,
        }
        desk.ask("system", "PUT", f"/rota/experts/{expert}", told)
    for day in range(20):
        if day == 9:
            continue
        for rank in (1, 2):
            times = [(monday + timedelta(days=day + later)).isoformat() for later in (0, 1)]
            duty = {"expert": experts[(day + rank) % 2], "skill": "diagnostic", "rank": rank}
            desk.ask("system", "POST", "/rota/duties", {**duty, "starts_at": times[0], "ends_at": times[1]})


def ask_for_an_opinion(desk: Desk) -> str:
    """The hospital's request; gives the case."""
    began = datetime.now(UTC) - timedelta(hours=1, minutes=50)
    asked = {
        "patient": {
            "family_name": "KERIVEN", "given_name": "Loïc", "patient_id": _PATIENT.PatientID,
            "birth_date": _PATIENT.PatientBirthDate, "sex": "M",
        },
        "urgency": "urgent", "requester": "Dr Ewen Cariou", "call_back": "+33 2 98 22 22 22",
        "question": "Bleeding on the plain scan? He takes apixaban.",
        "onset": {"kind": "known", "at": began.isoformat()}, "nihss": {"total": 17}, "age_years": 78,
        "modified_rankin": 1, "anticoagulant": "doac", "anticoagulant_name": "apixaban",
        "systolic_mmhg": 182, "diastolic_mmhg": 96, "glucose_mmol_per_l": 7.1,
    }  # fmt: skip
    return str(desk.ask("brume", "POST", "/requests", asked)["case"])


def write_opinion(page: Page) -> None:
    """Take the open case and begin an opinion: what the model suggests waits for a person."""
    page.get_by_role("button", name="Take the case").first.click()
    page.locator("[data-opinion-column] button").first.click()
    page.click("[data-begin]")
    page.get_by_role("button", name="Neurosurgery").click()
    page.fill("[name=conclusion]", "Haematoma of the left basal ganglia. Reverse the anticoagulant, call neurosurgery.")
    page.locator("[data-kept=saved]").wait_for()


def image_is_there(page: Page) -> None:
    """Every pane shows its slice, whole."""
    until(page, "window.__neurovigie !== undefined && __neurovigie.panes.every((one) => one.voxel(0, 0) !== undefined)")
    until(page, "__neurovigie.loaded === __neurovigie.count")


def calm(page: Page) -> None:
    """Nothing that is still coming, and no cursor over anything."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(1_500)


@dataclass(frozen=True, slots=True)
class View:
    """One picture: whose window, where, and what must be there first."""

    name: str
    who: str
    path: str
    ready: Callable[[Page], object] = calm
    act: Callable[[Page], object] = calm


def views(case: str) -> Iterator[View]:
    """The main views."""

    def shows(selector: str) -> Callable[[Page], object]:
        return lambda page: page.locator(selector).first.wait_for()

    def opinion(page: Page) -> None:
        image_is_there(page)
        toggle = page.locator("[data-opinion-column=closed] button")
        if toggle.count():
            toggle.first.click()
        if page.evaluate("innerWidth") < 900:
            page.locator("[data-opinion-column=open]").evaluate("(column) => column.scrollIntoView()")

    yield View("worklist", "anne", "/", shows("li[data-case-row]"))
    yield View("case", "yann", f"/cases/{case}", image_is_there)
    yield View("opinion", "anne", f"/cases/{case}", opinion)
    yield View("request", "brume", "/requests/new", shows("[data-send]"))
    yield View("requests", "brume", "/requests", shows("main"))
    yield View("calls", "yann", "/calls", shows("main h1"))
    yield View("rota", "coordination", "/rota", shows("[data-duty]"))
    yield View("figures", "coordination", "/figures", shows("[data-agreement]"))
    yield View("peers", "system", "/peers", shows("[data-peer]"))
    yield View("setup", "system", "/setup", shows("[data-set-up]"))
    yield View("settings", "anne", "/settings", shows("main section"))


def take_pictures(desk: Desk, case: str, folder: Path) -> None:
    """Every view, twice."""
    for kind in ("desktop", "phone"):
        for view in views(case):
            page = desk.page(view.who, kind)
            page.goto(desk.address + view.path)
            view.ready(page)
            calm(page)
            save(page, folder / f"{view.name}{'_phone' if kind == 'phone' else ''}.webp")
            page.close()


def save(page: Page, path: Path) -> None:
    """A screenshot as WebP: a few dozen kilobytes."""
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        taken.save(path, "WEBP", quality=82, method=6)
    print(f"{path} {path.stat().st_size // 1000} kB", file=sys.stderr, flush=True)


@contextmanager
def house() -> Iterator[tuple[Running, Path]]:
    """A NeuroVigie of its own, with the demo's hospitals."""
    with temporary_home() as home:
        process = start(home)
        try:
            running = await_up(process, home)
            make_peers_known(running)
            yield running, home
        finally:
            stop(process)


def settled(desk: Desk) -> bool:
    """Whether no case waits for a model or for images any more."""
    rows = desk.ask("system", "GET", "/worklist")["cases"]
    return bool(rows) and all(row["state"] in ("analysed", "not_analysed", "failed") for row in rows)


def main(arguments: list[str]) -> int:
    """Make the pictures."""
    folder = Path(arguments[0]) if arguments else _HERE
    folder.mkdir(parents=True, exist_ok=True)
    with house() as (running, home), sync_playwright() as playwright:
        add_people(running)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_FLAGS))
        desk = Desk(running.said["address"].rstrip("/"), browser)
        put_on_duty(desk)
        send_all(running, home / "phantoms", [*scenes()[:-1], earlier(), watched()])
        case = ask_for_an_opinion(desk)
        page = desk.page("anne")
        while not settled(desk):
            page.wait_for_timeout(1_000)
        page.goto(f"{desk.address}/cases/{case}")
        image_is_there(page)
        write_opinion(page)
        page.close()
        take_pictures(desk, case, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
