"""The tables beside `peer`: what the node saw of its callers, and who changed what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import at, identifier, metadata, now, of, words

peer_activity = Table(
    "peer_activity",
    metadata,
    Column("ae_title", Text, primary_key=True),  # empty where a connection was refused before it named itself
    Column("host", Text, primary_key=True),  # as the peer has it; of a caller that is no peer, its address
    at("seen_at"),  # when an association was last accepted
    Column("day", Date, nullable=False),  # of UTC, of which images and bytes are counted
    Column("images", Integer, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    at("refused_at"),
    words("refusal"),  # pipeline.domain.refusal
    words("why"),
)
"""What the node saw of each caller, peer or stranger; written by the node alone, every few seconds."""

peer_change = Table(
    "peer_change",
    metadata,
    identifier(),
    Column("ae_title", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("before", JSONB(none_as_null=True)),  # none when it was added; never a secret
    Column("after", JSONB(none_as_null=True)),  # none when it was removed
    of("account_id", "account", optional=True),  # none from the command line
    now("at"),
    Index(None, "at"),
)
"""Who changed what about a peer, in order."""
