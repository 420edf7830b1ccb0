"""What has come of series that still arrive and that a model will read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from pipeline.database.tables import instance, series
from pipeline.domain.role import SeriesRole


@dataclass(frozen=True, slots=True)
class StillArriving:
    """A series of which images still come, and how many have."""

    series_id: UUID
    images: int


def still_arriving(connection: Connection, roles: Collection[SeriesRole]) -> list[StillArriving]:
    """Every series of these roles that is not taken for complete, the one with the newest image last."""
    rows = connection.execute(
        select(series.c.id, series.c.images)
        .where(series.c.arrival == "receiving", series.c.role.in_([role.value for role in roles]), ~series.c.ours)
        .order_by(series.c.last_image_at)
    )
    return [StillArriving(row.id, row.images) for row in rows]


def paths_of(connection: Connection, series_id: UUID) -> list[str]:
    """Where the current images of a series lie in the vault, in the order they came."""
    rows = connection.execute(
        select(instance.c.path)
        .where(instance.c.series_id == series_id, instance.c.standing == "current")
        .order_by(instance.c.received_at, instance.c.id)
    )
    return list(rows.scalars())
