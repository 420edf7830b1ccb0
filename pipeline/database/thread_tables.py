"""The tables of what the participants of a case write to one another; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Table, Text, UniqueConstraint, Uuid

from pipeline.database.columns import identifier, metadata, now, of

message = Table(
    "message",
    metadata,
    identifier(),
    of("case_id", "case"),
    of("author_id", "account"),
    Column("key", Uuid, nullable=False),  # the sender's own id of it: sent twice over a bad line, it stands once
    Column("text", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),  # no two of a case at the same moment
    UniqueConstraint("author_id", "key"),
    UniqueConstraint("case_id", "made_at"),
)
"""Written once, never changed."""

message_seen = Table(
    "message_seen",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),  # the newest message that was on this person's screen
    now("at"),
)
"""How far each person has read."""
