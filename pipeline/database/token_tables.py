"""The table of bearer tokens for DICOMweb; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text

from pipeline.database.columns import identifier, metadata, now, of

access_token = Table(
    "access_token",
    metadata,
    identifier(),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # viewer | system
    Column("name", Text, unique=True),  # of a system; none for a viewer
    of("site_id", "site", optional=True),  # for a system: whose images it reads and stores
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE")),  # for a viewer: the one study it shows
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE")),  # for a viewer: who opened it
    Column("may_read", Boolean, nullable=False, server_default="false"),
    Column("may_store", Boolean, nullable=False, server_default="false"),
    now("created_at"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "expires_at"),
)
"""Only the digest of a token is here: whoever reads the table cannot use one."""
