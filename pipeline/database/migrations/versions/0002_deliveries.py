"""What is owed to other systems, and the stages that are late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _words(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "destination",
        _id(),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=True),
        _words("url"),
        _words("ca_path"),
        _words("token_path"),
        sa.Column("deliver_when", sa.Text(), server_default="off", nullable=False),
        _at("on_since"),
        sa.Column("tls", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("commitment", sa.Boolean(), server_default="true", nullable=False),
        _now("created_at"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_destination_site_id_site")),
        sa.ForeignKeyConstraint(
            ["peer_id"], ["peer.id"], name=op.f("fk_destination_peer_id_peer"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destination")),
        sa.UniqueConstraint("name", name=op.f("uq_destination_name")),
    )
    op.create_table(
        "delivery",
        _id(),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("result_object_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="owed", nullable=False),
        _words("why"),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        _at("next_at"),
        _now("owed_at"),
        _at("sending_at"),
        _at("sent_at"),
        _at("committed_at"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name=op.f("fk_delivery_destination_id_destination")
        ),
        sa.ForeignKeyConstraint(
            ["result_object_id"], ["result_object.id"], name=op.f("fk_delivery_result_object_id_result_object")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_delivery_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "destination_id", "result_object_id", name=op.f("uq_delivery_destination_id_result_object_id")
        ),
    )
    op.create_index(op.f("ix_delivery_next_at"), "delivery", ["next_at"], unique=False)
    op.create_index(op.f("ix_delivery_case_id"), "delivery", ["case_id"], unique=False)
    op.create_table(
        "storage_commitment",
        sa.Column("transaction_uid", sa.Text(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        _now("asked_at"),
        _at("answered_at"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name=op.f("fk_storage_commitment_destination_id_destination")
        ),
        sa.PrimaryKeyConstraint("transaction_uid", name=op.f("pk_storage_commitment")),
    )
    op.create_table(
        "overdue_stage",
        _id(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        _now("raised_at"),
        _at("resolved_at"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_overdue_stage_case_id_case")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_overdue_stage_series_id_series")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overdue_stage")),
        sa.UniqueConstraint("series_id", "stage", "due_at", name=op.f("uq_overdue_stage_series_id_stage_due_at")),
    )
    op.create_index(op.f("ix_overdue_stage_case_id"), "overdue_stage", ["case_id"], unique=False)
    op.create_index(op.f("ix_analysis_finished_at"), "analysis", ["finished_at"], unique=False)
    op.create_index(op.f("ix_case_first_image_at"), "case", ["first_image_at"], unique=False)
    op.create_index(op.f("ix_result_object_created_at"), "result_object", ["created_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_result_object_created_at"), table_name="result_object")
    op.drop_index(op.f("ix_case_first_image_at"), table_name="case")
    op.drop_index(op.f("ix_analysis_finished_at"), table_name="analysis")
    for table in ("overdue_stage", "storage_commitment", "delivery", "destination"):
        op.drop_table(table)
