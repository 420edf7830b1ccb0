"""The tables of what is deleted, when and why; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import at, identifier, metadata, now, of, words

retention_rule = Table(
    "retention_rule",
    metadata,
    identifier(),
    Column("kind", Text, nullable=False),  # close | age | size | disk
    of("site_id", "site", optional=True),  # none: every site
    Column("days", Float, nullable=False),
    Column("most", Float, nullable=False, server_default="0"),  # bytes, or a share of the disk
    Column("unasked", Boolean, nullable=False, server_default="false"),
    Column("scope", Text, nullable=False, server_default="images"),  # images | record
    words("named_by"),
    now("named_at"),
)
"""There is none, and nothing is closed or deleted by itself, until an administrator names one."""

deletion_order = Table(
    "deletion_order",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("study_id", Uuid),  # the one study to delete of it; none: all
    Column("scope", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    now("ordered_at"),
)
"""What is to be deleted: the door forgets the images in its journal, then the rows go, then the bytes."""

deletion = Table(
    "deletion",
    metadata,
    identifier(),
    of("site_id", "site"),
    Column("case_id", Uuid, nullable=False),  # no reference: the case may be gone
    Column("study_digest", Text, nullable=False),  # the study's folder in the vault, a digest of site and UID
    Column("scope", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    now("decided_at"),
    Column("images", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("left", JSONB, nullable=False),  # bytes that are still to be removed: {files, frames, masks}
    at("done_at"),
    Index(None, "study_digest"),
    Index("ix_deletion_unfinished", "id", postgresql_where=text("done_at IS NULL")),
)
"""Every deletion: recorded with the end of its rows, in one transaction, and carried on until the bytes are gone."""

witnessed_time = Table(
    "witnessed_time",
    metadata,
    Column("id", Integer, primary_key=True, server_default="1"),
    Column("boot_id", Text, nullable=False),
    Column("counted_s", Float, nullable=False),
    Column("total_s", Float, nullable=False, server_default="0"),
)
"""How much time this installation has lived through, which a clock that is set does not change."""

witnessed_case = Table(
    "witnessed_case",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("version", Integer, nullable=False),  # of the case, when it was seen as it is
    Column("since_s", Float, nullable=False),  # of `witnessed_time.total_s`
)
"""Since when a case has been as it is, in time that was lived through."""
