"""Sites in the database."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.tables import site
from pipeline.domain.site import LOCAL_SITE


def ensure_site(connection: Connection, site_id: str, name: str = "") -> None:
    """Make a site known; an existing one keeps its name."""
    connection.execute(insert(site).values(id=site_id, name=name or site_id).on_conflict_do_nothing())


def ensure_local_site(connection: Connection) -> None:
    """Make the site "local" known."""
    ensure_site(connection, LOCAL_SITE, "This machine")
