"""Tokens for DICOMweb, and earlier studies fetched from a hospital's archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _at(name: str, *, now: bool = False, nullable: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def upgrade() -> None:
    """Apply it."""
    _tokens()
    _priors()


def _tokens() -> None:
    op.create_table(
        "access_token",
        _id(),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.Column("study_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("may_read", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("may_store", sa.Boolean(), server_default="false", nullable=False),
        _at("created_at", now=True),
        _at("expires_at"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_access_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_access_token_site_id_site")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_access_token_study_id_study"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_access_token_token_sha256")),
        sa.UniqueConstraint("name", name=op.f("uq_access_token_name")),
    )
    op.create_index(op.f("ix_access_token_expires_at"), "access_token", ["expires_at"])


def _priors() -> None:
    op.create_table(
        "prior_source",
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        _at("created_at", now=True),
        sa.ForeignKeyConstraint(
            ["peer_id"], ["peer.id"], name=op.f("fk_prior_source_peer_id_peer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("peer_id", name=op.f("pk_prior_source")),
    )
    op.create_table(
        "prior_search",
        _id(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("studies", sa.Integer(), server_default="0", nullable=False),
        sa.Column("images", sa.Integer(), server_default="0", nullable=False),
        _at("asked_at", now=True),
        _at("next_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_prior_search_case_id_case"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prior_search")),
        sa.UniqueConstraint("case_id", name=op.f("uq_prior_search_case_id")),
    )
    op.create_index(op.f("ix_prior_search_next_at"), "prior_search", ["next_at"])
    op.create_table(
        "prior_study",
        _id(),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        _at("asked_at", now=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_prior_study_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prior_study")),
        sa.UniqueConstraint("site_id", "study_instance_uid", name=op.f("uq_prior_study_site_id_study_instance_uid")),
    )


def downgrade() -> None:
    """What was fetched is not thrown away."""
    raise NotImplementedError
