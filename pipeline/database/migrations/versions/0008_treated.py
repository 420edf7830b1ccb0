"""When a case was treated or left, and what models had suggested when its opinion was begun."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("opinion", sa.Column("suggested", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_table(
        "treatment",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("needle_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("puncture_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_treatment_case_id_case")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_treatment_changed_by_account")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_treatment")),
    )


def downgrade() -> None:
    """What was told is not thrown away."""
    raise NotImplementedError
