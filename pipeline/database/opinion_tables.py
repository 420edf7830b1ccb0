"""The tables of opinions and of the treatment that follows; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, UniqueConstraint
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
    Column("suggested", JSONB),  # what models had suggested, a Suggestion; none while they had not
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

treatment = Table(
    "treatment",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    at("needle_at"),  # thrombolysis: the bolus
    at("puncture_at"),  # thrombectomy: the groin
    at("departed_at"),  # left the hospital that asked
    Column("revision", Integer, nullable=False, server_default="1"),
    of("changed_by", "account"),
    now("changed_at"),
)
"""When a case was treated or left, as people tell it afterwards; who told what when is in the case's events."""
