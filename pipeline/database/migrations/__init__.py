"""The history of the schema, run by Alembic through `pipeline.database.migrate`."""
