"""The tables of what is owed to other systems, and of what is late; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from pipeline.database.columns import at, identifier, metadata, now, of, words

destination = Table(
    "destination",
    metadata,
    identifier(),
    of("site_id", "site"),  # whose results it gets; a peer that moved to another site gets nothing until confirmed
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # dicom | stow
    Column("peer_id", ForeignKey("peer.id", ondelete="SET NULL")),  # for kind "dicom"
    words("url"),  # for kind "stow"
    words("ca_path"),  # who vouches for its certificate (PEM); empty: the machine's own list
    words("token_path"),  # a file with a bearer token; the secret itself is never here
    Column("deliver_when", Text, nullable=False, server_default="off"),  # off | signed | unsigned
    at("on_since"),  # results made before it was turned on are not owed
    Column("tls", Boolean, nullable=False, server_default="false"),  # for kind "dicom"
    Column("commitment", Boolean, nullable=False, server_default="true"),  # ask for it where the peer offers it
    now("created_at"),
)
"""Another system that may be owed our results: off until an administrator turns it on."""

delivery = Table(
    "delivery",
    metadata,
    identifier(),
    of("destination_id", "destination"),
    of("result_object_id", "result_object"),
    of("case_id", "case"),
    Column("state", Text, nullable=False, server_default="owed"),
    words("why"),
    Column("event", Text, nullable=False),  # what made it owed: analysis_committed | opinion_signed | resend
    Column("token", Integer, nullable=False, server_default="0"),  # fences out an overtaken attempt
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("asked", Integer, nullable=False, server_default="0"),  # how often storage commitment was asked for
    at("next_at"),  # when the clerk looks at it again; none once nothing is left to do
    now("owed_at"),
    at("sending_at"),
    at("sent_at"),  # when the peer said it has it
    at("committed_at"),  # when the peer said it keeps it
    UniqueConstraint("destination_id", "result_object_id"),
    Index(None, "next_at"),
    Index(None, "case_id"),
    Index(None, "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    Index("ix_delivery_unsettled", "state", postgresql_where=text("next_at IS NOT NULL OR state = 'given_up'")),
)
"""One of our objects, owed to one destination until that says it has it."""

storage_commitment = Table(
    "storage_commitment",
    metadata,
    Column("transaction_uid", Text, primary_key=True),
    of("destination_id", "destination"),
    now("asked_at"),
    at("answered_at"),
)
"""Storage commitment that we asked a destination for (PS3.4 annex J)."""

overdue_stage = Table(
    "overdue_stage",
    metadata,
    identifier(),
    of("case_id", "case"),
    of("series_id", "series"),
    Column("stage", Text, nullable=False),  # arrival | start | analysis | results
    Column("due_at", DateTime(timezone=True), nullable=False),
    now("raised_at"),
    at("resolved_at"),  # when the stage ended after all
    UniqueConstraint("series_id", "stage", "due_at"),
    Index(None, "case_id"),
    Index("ix_overdue_stage_open", "stage", postgresql_where=text("resolved_at IS NULL")),
)
"""A stage of a series that outlived its deadline, and for how long a person was told so."""
