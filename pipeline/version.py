"""The version that runs."""

from __future__ import annotations

from importlib import metadata


def installed_version() -> str:
    """The distribution's version, or "unknown" in a checkout that was never installed."""
    try:
        return metadata.version("neurovigie")
    except metadata.PackageNotFoundError:
        return "unknown"
