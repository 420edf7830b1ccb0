"""The embedded PostgreSQL: binaries from a pip wheel, everything else under our own supervisor."""

from __future__ import annotations

from pipeline.command.postgres.place import Place, place_of
from pipeline.command.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "Place", "place_of"]
