"""Grants for administrators to see images, who handed a case to whom, and revisions of what people edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "image_grant",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("account_id <> granted_by", name=op.f("ck_image_grant_by_somebody_else")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_image_grant_account_id_account")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_image_grant_ended_by_account")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_image_grant_granted_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_grant")),
    )
    op.create_index(op.f("ix_image_grant_account_id_ends_at"), "image_grant", ["account_id", "ends_at"])
    op.add_column("call", sa.Column("handed_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_call_handed_by_account"), "call", "account", ["handed_by"], ["id"])
    for edited in ("expert", "duty", "set_up"):
        op.add_column(edited, sa.Column("revision", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """What was granted is not thrown away."""
    raise NotImplementedError
