"""The tables of the rota: experts, duties, absences, exchanges, and what must be covered."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import identifier, metadata, now, of, words

expert = Table(
    "expert",
    metadata,
    Column("id", ForeignKey("account.id"), primary_key=True),
    Column("centre", Text, nullable=False),
    Column("skills", JSONB, nullable=False, server_default="[]"),
    Column("sites", JSONB, nullable=False, server_default="[]"),  # empty: all
    Column("languages", JSONB, nullable=False, server_default='["fr"]'),
    words("phone"),
    words("email"),
    Column("revision", Integer, nullable=False, server_default="1"),  # rises with every change
)
"""What an account can be called for."""

duty = Table(
    "duty",
    metadata,
    identifier(),
    of("expert_id", "expert"),
    Column("centre", Text, nullable=False),
    Column("skill", Text, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("rank", Integer, nullable=False, server_default="1"),
    Column("sites", JSONB, nullable=False, server_default="[]"),  # empty: all
    Column("mode", Text, nullable=False, server_default="at_home"),
    Column("source", Text),  # the calendar entry it came from; imported twice, it is there once
    of("changed_by", "account", optional=True),
    now("changed_at"),
    Column("revision", Integer, nullable=False, server_default="1"),
    UniqueConstraint("source"),
    Index(None, "ends_at"),
)

absence = Table(
    "absence",
    metadata,
    identifier(),
    of("expert_id", "expert"),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    words("why"),
    Index(None, "ends_at"),
)

exchange = Table(
    "exchange",
    metadata,
    identifier(),
    Column("duty_id", ForeignKey("duty.id", ondelete="CASCADE"), nullable=False),
    of("giver", "expert"),
    of("taker", "expert"),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="proposed"),
    words("note"),
    now("proposed_at"),
    Column("answered_at", DateTime(timezone=True)),
    of("answered_by", "account", optional=True),
)

rota_change = Table(
    "rota_change",
    metadata,
    identifier(),
    Column("kind", Text, nullable=False),  # made | changed | removed | handed_over | imported | absent | present
    Column("data", JSONB, nullable=False, server_default="{}"),
    of("by", "account"),
    now("at"),
)
"""Who changed what of the rota, in order."""

need = Table(
    "need",
    metadata,
    Column("site_id", ForeignKey("site.id"), primary_key=True),
    Column("skill", Text, primary_key=True),
)
"""What must always be covered. Where a site has no row at all, diagnostic neuroradiology must be."""

set_up = Table(
    "set_up",
    metadata,
    Column("id", Integer, primary_key=True, server_default="1"),  # one row, or none until an administrator was here
    Column("fallback_phone", Text, nullable=False),
    Column("site_phones", JSONB, nullable=False, server_default="{}"),  # where a site has another last resort
    words("public_url"),  # what links in notifications begin with; empty: no link
    Column("holiday_region", Text, nullable=False, server_default=""),
    of("changed_by", "account", optional=True),
    now("changed_at"),
    Column("revision", Integer, nullable=False, server_default="1"),
)
