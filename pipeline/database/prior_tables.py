"""The tables of earlier studies fetched from a hospital's archive; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from pipeline.database.columns import at, identifier, metadata, now, of, words

prior_source = Table(
    "prior_source",
    metadata,
    Column("peer_id", ForeignKey("peer.id", ondelete="CASCADE"), primary_key=True),
    now("created_at"),
)
"""Peers an administrator named as archives to fetch earlier studies from; none are asked otherwise."""

prior_search = Table(
    "prior_search",
    metadata,
    identifier(),
    Column("case_id", ForeignKey("case.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="waiting"),  # waiting | done | given_up
    words("why"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("studies", Integer, nullable=False, server_default="0"),  # found and wanted
    Column("images", Integer, nullable=False, server_default="0"),  # that the archive says it sent
    now("asked_at"),
    at("next_at"),  # when the clerk looks at it again; none once nothing is left to do
    Index(None, "next_at"),
)
"""The search for one case's earlier studies."""

prior_study = Table(
    "prior_study",
    metadata,
    identifier(),
    of("site_id", "site"),
    Column("study_instance_uid", Text, nullable=False),
    now("asked_at"),
    UniqueConstraint("site_id", "study_instance_uid"),
)
"""Studies asked for as earlier ones: shown to compare with, never analysed, on no worklist."""
