"""The folder in which one NeuroVigie lives, and what lies where in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one installation; everything it writes is below ``root``."""

    root: Path

    @property
    def vault(self) -> Path:
        """The images as they were received (see `dicom_node.vault`)."""
        return self.root / "vault"

    @property
    def derived(self) -> Path:
        """What can be made again: masks and transcoded frames."""
        return self.root / "derived"

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL; empty when DATABASE_URL names another one."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Held by the supervisor for as long as it runs."""
        return self.root / "lock"
