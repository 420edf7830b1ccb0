"""The migrations and the tables say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from pipeline.database import (  # noqa: F401 - their import fills the metadata
    calling_tables,
    delivery_tables,
    grant_tables,
    measured_tables,
    opinion_tables,
    peer_tables,
    prior_tables,
    request_tables,
    retention_tables,
    rota_tables,
    tables,
    thread_tables,
    token_tables,
)
from pipeline.database.columns import metadata
from pipeline.database.engine import connect
from pipeline.database.migrate import migrate, schema_is_current


def test_a_migrated_database_has_exactly_the_tables_the_code_knows(database_url: str) -> None:
    engine = connect(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert [one for one in differences if "procrastinate" not in str(one)] == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    engine = connect(database_url)
    migrate(engine)
    with engine.connect() as connection:
        assert schema_is_current(connection)
    engine.dispose()


def test_an_engines_errors_never_quote_parameters(database_url: str) -> None:
    engine = connect(database_url)
    assert engine.hide_parameters
    engine.dispose()
