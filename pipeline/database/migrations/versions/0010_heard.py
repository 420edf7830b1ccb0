"""Until when the index knows that no image of a series was waiting; digests of pixels are read when asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column(
        "series", sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.drop_column("instance", "pixel_sha256")


def downgrade() -> None:
    """Take it back."""
    op.add_column("instance", sa.Column("pixel_sha256", sa.Text()))
    op.drop_column("series", "heard_at")
