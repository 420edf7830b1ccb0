"""What a browser may keep, and how it asks whether that is still good."""

from __future__ import annotations

from collections.abc import Mapping

KEPT = "private, max-age=31536000, immutable"
"""Pixels of one SOPInstanceUID: the corrected demographics of another version leave them as they are."""

REVALIDATED = "private, no-cache"
"""Kept, but asked for again each time: what came since, or was corrected, must show."""


def unchanged(headers: Mapping[str, str], etag: str) -> bool:
    """Whether what the browser kept is still what we would send."""
    kept = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    return etag in kept or kept == ["*"]
