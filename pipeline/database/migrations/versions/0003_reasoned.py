"""Reasoned results: several bundles, reservations, sizes of findings, rules, haste, and a person's word on a role."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _words(name: str, default: str = "") -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), server_default="[]", nullable=False)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Float(), nullable=True)


def upgrade() -> None:
    """Apply it."""
    added = {
        "case": (_words("rules"), _list("missing"), sa.Column("deadline_at", sa.DateTime(timezone=True))),
        "series": (_number("role_confidence"),),
        "analysis": (
            _number("role_confidence"),
            _words("haste", "urgent"),
            _list("results"),
            _list("reservations"),
            _words("rules"),
            sa.Column("midline_shift", postgresql.JSONB(), nullable=True),
            _list("companions"),
        ),
        "finding": (
            sa.Column("site", sa.Text(), nullable=True),
            _words("bundle"),
            _words("bundle_version"),
            sa.Column("for_triage", sa.Boolean(), server_default="true", nullable=False),
            _number("abc2_ml"),
            _number("largest_diameter_mm"),
            _number("left_share"),
            sa.Column("region", sa.Text(), nullable=True),
            _number("uncertainty"),
        ),
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "role_correction",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("from_role", sa.Text(), nullable=False),
        _words("from_reason"),
        sa.Column("to_role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_role_correction_account_id_account")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_role_correction_series_id_series")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_correction")),
    )
    op.create_index(op.f("ix_role_correction_series_id"), "role_correction", ["series_id"], unique=False)


def downgrade() -> None:
    """A person's word on a role is not thrown away."""
    raise NotImplementedError
