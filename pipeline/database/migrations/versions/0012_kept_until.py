"""Rules of retention, what was deleted, and the time that was lived through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.Column("days", sa.Float(), nullable=False),
        sa.Column("most", sa.Float(), server_default="0", nullable=False),
        sa.Column("unasked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("scope", sa.Text(), server_default="images", nullable=False),
        sa.Column("named_by", sa.Text(), server_default="", nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_retention_rule_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "deletion_order",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_deletion_order_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_deletion_order")),
    )
    op.create_table(
        "deletion",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("study_digest", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("left", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_deletion_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
    )
    op.create_index(op.f("ix_deletion_study_digest"), "deletion", ["study_digest"])
    op.create_index("ix_deletion_unfinished", "deletion", ["id"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_table(
        "witnessed_time",
        sa.Column("id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("counted_s", sa.Float(), nullable=False),
        sa.Column("total_s", sa.Float(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witnessed_time")),
    )
    op.create_table(
        "witnessed_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_witnessed_case_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_witnessed_case")),
    )


def downgrade() -> None:
    """What was deleted stays recorded."""
    raise NotImplementedError
