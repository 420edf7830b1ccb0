"""Codes of reasons, the choice among series, every reason for a role, and figures of days that have passed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("analysis", sa.Column("because", sa.Text(), server_default="", nullable=False))
    op.add_column("analysis", sa.Column("choice", postgresql.JSONB(), nullable=True))
    op.add_column("series", sa.Column("role_reasons", postgresql.JSONB(), server_default="[]", nullable=False))
    op.create_table(
        "measured_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("total_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("day", "metric", "label", "bucket", name=op.f("pk_measured_day")),
    )
    op.create_index(op.f("ix_case_visible_at"), "case", ["visible_at"])
    op.create_index(
        op.f("ix_case_alerted_at"), "case", ["alerted_at"], postgresql_where=sa.text("alerted_at IS NOT NULL")
    )
    op.create_index("ix_case_open", "case", ["tier"], postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_series_receiving", "series", ["id"], postgresql_where=sa.text("arrival = 'receiving'"))
    op.create_index(
        "ix_analysis_unfinished", "analysis", ["id"], postgresql_where=sa.text("state IN ('waiting', 'running')")
    )
    op.create_index(
        op.f("ix_delivery_sent_at"), "delivery", ["sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL")
    )
    op.create_index(
        "ix_overdue_stage_open", "overdue_stage", ["stage"], postgresql_where=sa.text("resolved_at IS NULL")
    )
    unsettled = sa.text("next_at IS NOT NULL OR state = 'given_up'")
    op.create_index("ix_delivery_unsettled", "delivery", ["state"], postgresql_where=unsettled)


def downgrade() -> None:
    """Why a series was chosen is not thrown away."""
    raise NotImplementedError
