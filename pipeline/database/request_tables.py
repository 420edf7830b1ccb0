"""The tables of requests for an opinion; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import at, identifier, metadata, now, of, words

request = Table(
    "request",
    metadata,
    identifier(),
    of("site_id", "site"),
    of("case_id", "case"),
    Column("key", Uuid),  # the sender's own id of it: sent twice over a bad line, it is made once
    Column("state", Text, nullable=False, server_default="open"),  # open | answered | withdrawn
    words("why"),  # it was withdrawn
    Column("content", JSONB, nullable=False),  # an OpinionRequest
    Column("version", Integer, nullable=False, server_default="1"),
    Column("link", Text, nullable=False, server_default="none"),  # none | sure | unsure | by_hand
    Column("unsure", JSONB, nullable=False, server_default="[]"),  # ids of the cases to choose among
    Column("linked_by", ForeignKey("account.id")),
    at("linked_at"),
    of("made_by", "account"),
    now("made_at"),
    now("changed_at"),
    at("answered_at"),
    UniqueConstraint("site_id", "key"),
    Index(None, "case_id"),
    Index(None, "made_at"),
)

request_version = Table(
    "request_version",
    metadata,
    identifier(),
    of("request_id", "request"),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    of("by", "account"),
    now("at"),
    UniqueConstraint("request_id", "version"),
)
"""Every version of what was asked; the newest is also in `request.content`."""
