"""What Alembic runs: migrate over the connection that `pipeline.database.migrate` hands in."""

from __future__ import annotations

from alembic import context

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
    token_tables,
)
from pipeline.database.columns import metadata


def include_object(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:  # noqa: ARG001, FBT001
    """Leave the job engine's own tables to their own migration."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=include_object,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
