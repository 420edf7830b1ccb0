"""`neurovigie doctor`: what is missing or misconfigured, each with its remedy."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from pipeline.command.postgres import place_of
from pipeline.command.postgres.binaries import choose, installations
from pipeline.command.preflight import check_disk, check_port, check_tls, holder_of, is_held
from pipeline.domain.errors import NeuroVigieError
from pipeline.settings import Settings

LEVELS = ("ok", "warning", "problem")
_LEAST_MEMORY_BYTES = 4 << 30
_EARLIEST_YEAR = 2026


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at: ``level`` is ok, warning or problem; ``remedy`` says what to do."""

    name: str
    level: str
    says: str
    remedy: str = ""


def examine(settings: Settings) -> list[CheckResult]:
    """Look at everything; changes nothing and needs nothing to be running."""
    return [result for check in _CHECKS for result in check(settings)]


def worst(results: Sequence[CheckResult]) -> str:
    """The gravest level among the results."""
    return max((result.level for result in results), key=LEVELS.index, default="ok")


def report(results: Sequence[CheckResult]) -> str:
    """A line for each result, and its remedy under it."""
    lines = []
    for result in results:
        lines.append(f"{result.level:8} {result.name}: {result.says}")
        if result.remedy:
            lines.append(f"{'':8}   {result.remedy}")
    return "\n".join(lines)


def _python(_: Settings) -> Iterator[CheckResult]:
    yield CheckResult("Python", "ok", ".".join(map(str, sys.version_info[:3])))


def _memory(_: Settings) -> Iterator[CheckResult]:
    total = psutil.virtual_memory().total
    if total < _LEAST_MEMORY_BYTES:
        yield CheckResult("Memory", "warning", f"{total / 1e9:.0f} GB", "The models need about 4 GB in all.")
    else:
        yield CheckResult("Memory", "ok", f"{total / 1e9:.0f} GB")


def _clock(_: Settings) -> Iterator[CheckResult]:
    now = datetime.now(UTC)
    if now.year < _EARLIEST_YEAR:
        yield CheckResult("Clock", "problem", f"it says {now:%Y-%m-%d}", "Set the clock: waiting times depend on it.")
    else:
        yield CheckResult("Clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def _home(settings: Settings) -> Iterator[CheckResult]:
    home = settings.folders
    if not home.root.exists():
        yield CheckResult("Home", "ok", f"{home.root} does not exist yet; `neurovigie up` makes it")
        return
    if not os.access(home.root, os.W_OK | os.X_OK):
        yield CheckResult("Home", "problem", f"{home.root} cannot be written", "Give it to this user (chown).")
        return
    yield CheckResult("Home", "ok", f"{home.root}, {'in use' if is_held(home) else 'not running'}")
    for folder in (home.vault, home.derived, home.logs):
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield CheckResult("Home", "warning", f"other users may enter {folder}", f"chmod 700 {folder}")


def _disk(settings: Settings) -> Iterator[CheckResult]:
    root = settings.folders.root
    existing = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(existing).free / 1e9
    try:
        if root.exists():
            check_disk(settings.folders, settings.disk_watermark)
    except NeuroVigieError as error:
        yield CheckResult("Disk", "problem", str(error), "Images are refused until there is room.")
    else:
        yield CheckResult("Disk", "ok", f"{free:.0f} GB free: about {free / 0.04:.0f} head CTs with their copies")


def _network(settings: Settings) -> Iterator[CheckResult]:
    try:
        check_tls(settings)
        yield CheckResult("TLS", "ok", "certificate and key fit" if settings.tls_cert else "only this machine can call")
    except NeuroVigieError as error:
        yield CheckResult("TLS", "problem", str(error))
    if is_held(settings.folders):
        says = ", ".join(f"{name} {value}" for name, value in holder_of(settings.folders).items())
        yield CheckResult("Ports", "ok", f"NeuroVigie is running: {says}")
        return
    for host, port, option in (
        (settings.dicom_host, settings.dicom_port, "--dicom-port"),
        (settings.web_host, settings.web_port, "--web-port"),
    ):
        try:
            check_port(host, port, option)
            yield CheckResult("Ports", "ok", f"{port} is free")
        except NeuroVigieError as error:
            yield CheckResult("Ports", "problem", str(error))


def _database(settings: Settings) -> Iterator[CheckResult]:
    if settings.database_url:
        yield from _reach(settings.database_url, "the server of DATABASE_URL")
        return
    try:
        place = place_of(settings.folders.postgres)
        version = place.data / "PG_VERSION"
        chosen = choose(installations(), version.read_text().strip() if version.exists() else None)
    except (NeuroVigieError, OSError) as error:
        yield CheckResult("PostgreSQL", "problem", str(error))
        return
    where = f"PostgreSQL {chosen.major}, data in {place.data}"
    if is_held(settings.folders):
        yield from _reach(place.url, where)
    else:
        yield CheckResult("PostgreSQL", "ok", f"embedded {where}; it starts with `neurovigie up`")


def _reach(url: str, what: str) -> Iterator[CheckResult]:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
            schema = _schema(connection)
    except psycopg.OperationalError:
        yield CheckResult("PostgreSQL", "problem", f"{what} does not answer", "Start it, or correct DATABASE_URL.")
        return
    if version < 14:
        yield CheckResult("PostgreSQL", "problem", f"version {version} is too old", "PostgreSQL 14 or later is needed.")
    elif schema is None:
        yield CheckResult("PostgreSQL", "warning", f"{what} has no tables yet", "`neurovigie up` makes them.")
    else:
        yield CheckResult("PostgreSQL", "ok", f"{what} answers, schema {schema}")


def _schema(connection: psycopg.Connection) -> str | None:
    known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if known is None or known[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _bundles(_: Settings) -> Iterator[CheckResult]:
    folder = _package_folder("models") / "bundles"
    found = sorted(path.parent.parent for path in folder.glob("*/configs/metadata.json"))
    if not found:
        yield CheckResult("Models", "problem", "no bundle is installed", "Reinstall NeuroVigie.")
    for bundle in found:
        try:
            version = json.loads((bundle / "configs" / "metadata.json").read_text())["version"]
        except (ValueError, KeyError, OSError):
            yield CheckResult("Models", "problem", f"bundle {bundle.name} is damaged", "Reinstall NeuroVigie.")
        else:
            yield CheckResult("Models", "ok", f"bundle {bundle.name} {version}")
    if find_spec("torch") is None:
        yield CheckResult("Models", "problem", "torch is not installed", "Run `pip install torch`.")


def _front_end(_: Settings) -> Iterator[CheckResult]:
    if (_package_folder("review_ui") / "static" / "app" / "index.html").exists():
        yield CheckResult("Desk", "ok", "the pages are built")
    else:
        yield CheckResult("Desk", "problem", "the pages are not built", "Run `make install` in the checkout.")


def _dcmtk(_: Settings) -> Iterator[CheckResult]:
    if shutil.which("storescu"):
        yield CheckResult("DCMTK", "ok", "installed (only tests use it)")
    else:
        yield CheckResult("DCMTK", "ok", "not installed, and not needed to run")


def _package_folder(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = find_spec(name)
    return Path(next(iter(spec.submodule_search_locations or []))) if spec else Path(name)


_CHECKS: tuple[Callable[[Settings], Iterator[CheckResult]], ...] = (
    _python,
    _memory,
    _clock,
    _home,
    _disk,
    _network,
    _database,
    _bundles,
    _front_end,
    _dcmtk,
)
