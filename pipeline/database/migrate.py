"""Bring a database to the schema this version needs."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCK = 7_310_112_026
"""Key of the advisory lock under which only one process migrates at a time; any fixed number."""


def migrate(engine: Engine) -> None:
    """Upgrade to the newest schema, in one transaction, one process at a time; idempotent."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(config(connection), "head")


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, with the connection it must use."""
    made = Config()
    made.set_main_option("script_location", str(files("pipeline.database") / "migrations"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def schema_is_current(connection: Connection) -> bool:
    """Whether the database has exactly the schema this version was written for."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head
