"""The four processes, and every decision about them that needs no process: order, restarts, environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.settings import Settings

LONGEST_PAUSE_S = 30.0
_FIRST_PAUSE_S = 0.25
_STEADY_AFTER_S = 60.0
"""A part that lived this long is taken to have started well: its next death counts as the first."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process: its name, the module that ``python -m`` runs, and the time it may take to end."""

    name: str
    module: str
    grace_s: float = 10.0


PARTS = (
    Part("node", "dicom_node", grace_s=12.0),
    Part("worker", "pipeline.worker"),
    Part("clerk", "pipeline.clerk"),
    Part("web", "review_ui"),
)
"""In starting order: the door first, since an image can always be kept."""


@dataclass(frozen=True, slots=True)
class Restart:
    """When a dead part starts again, and how many times in a row it has died by now."""

    deaths: int
    pause_s: float


def after_death(deaths_before: int, lived_s: float) -> Restart:
    """Double the pause with every death in a row, from a quarter of a second to half a minute."""
    deaths = 1 if lived_s >= _STEADY_AFTER_S else deaths_before + 1
    return Restart(deaths, min(_FIRST_PAUSE_S * 2.0 ** (deaths - 1), LONGEST_PAUSE_S))


def how_it_ended(exit_code: int) -> str:
    """An exit code in words; negative is the signal that ended the process (subprocess)."""
    if exit_code < 0:
        return f"was ended by signal {-exit_code}"
    return "ended" if exit_code == 0 else f"ended with exit code {exit_code}"


def environment(base: Mapping[str, str], settings: Settings, database_url: str) -> dict[str, str]:
    """The environment of the four processes: ours, with every setting spelled out."""
    chosen = {
        "NEUROVIGIE_HOME": str(settings.folders.root),
        "NEUROVIGIE_AE_TITLE": settings.ae_title,
        "NEUROVIGIE_DICOM_HOST": settings.dicom_host,
        "NEUROVIGIE_DICOM_PORT": str(settings.dicom_port),
        "NEUROVIGIE_WEB_HOST": settings.web_host,
        "NEUROVIGIE_WEB_PORT": str(settings.web_port),
        "DATABASE_URL": database_url,
        "PYTHONUNBUFFERED": "1",
    }
    for name, path in (("CERT", settings.tls_cert), ("KEY", settings.tls_key)):
        if path is not None:
            chosen[f"NEUROVIGIE_TLS_{name}"] = str(path.expanduser().resolve())
    return {**base, **chosen}


def address_of(settings: Settings) -> str:
    """The desk's address for a browser."""
    scheme = "https" if settings.tls_cert is not None else "http"
    host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
    return f"{scheme}://{host}:{settings.web_port}/"
