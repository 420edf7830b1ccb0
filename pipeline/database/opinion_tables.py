"""The tables of opinions; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import at, identifier, metadata, now, of, words

opinion = Table(
    "opinion",
    metadata,
    identifier(),
    of("case_id", "case"),
    of("author_id", "account"),
    Column("revision", Integer, nullable=False, server_default="1"),  # of the draft: rises with every change
    Column("draft", JSONB),  # a Draft; none once it was signed and nothing is being amended
    now("begun_at"),
    now("changed_at"),
    at("signed_at"),  # the newest version
    UniqueConstraint("case_id", "author_id"),  # a second opinion is another row and overwrites nothing
    Index(None, "signed_at"),
)

opinion_version = Table(
    "opinion_version",
    metadata,
    identifier(),
    of("opinion_id", "opinion"),
    Column("number", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    of("signed_by", "account"),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    words("why"),
    UniqueConstraint("opinion_id", "number"),
)
"""What was signed: written once, never changed."""
