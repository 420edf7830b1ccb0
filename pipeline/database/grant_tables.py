"""The table of who let which administrator see images; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Table, Text

from pipeline.database.columns import at, identifier, metadata, of

image_grant = Table(
    "image_grant",
    metadata,
    identifier(),
    of("account_id", "account"),
    of("granted_by", "account"),
    Column("why", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    of("ended_by", "account", optional=True),
    at("ended_at"),  # before its end, by somebody's word
    CheckConstraint("account_id <> granted_by", name="by_somebody_else"),
    Index("ix_image_grant_account_id_ends_at", "account_id", "ends_at"),
)
"""Rows are never deleted: they are the record of who could see patients' data, from when until when, and why."""
