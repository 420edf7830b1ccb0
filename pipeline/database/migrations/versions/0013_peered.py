"""Rules of peers, what the node saw of its callers, who changed what; test cases, and how late images come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    rules = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("peer", sa.Column("rules", rules, server_default="{}", nullable=False))
    op.add_column("case", sa.Column("test", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("series", sa.Column("lag_s", sa.Float(), nullable=True))
    op.create_table(
        "peer_activity",
        sa.Column("ae_title", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("images", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("ae_title", "host", name=op.f("pk_peer_activity")),
    )
    op.create_table(
        "peer_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ae_title", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_peer_change_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_change")),
    )
    op.create_index(op.f("ix_peer_change_at"), "peer_change", ["at"])


def downgrade() -> None:
    """Rules are not thrown away."""
    raise NotImplementedError
