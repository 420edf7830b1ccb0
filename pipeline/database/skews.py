"""The clocks of those who send, measured on their newest series."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from pipeline.database.tables import instance, series, study
from pipeline.domain.clock_skew import Skew, skew

WITHIN = timedelta(days=7)
_MOST_SERIES = 2000
_NEWEST = 32
"""Series of one sender that are looked at."""

Sender = tuple[str, str]
"""Site and AE title."""


def skews(connection: Connection, now: datetime) -> dict[Sender, Skew]:
    """The skew of every sender of the last days that sent enough."""
    lags: dict[Sender, list[float]] = defaultdict(list)
    first = select(instance.c.peer_ae_title).where(instance.c.series_id == series.c.id).limit(1).scalar_subquery()
    rows = connection.execute(
        select(study.c.site_id, first.label("ae_title"), series.c.lag_s)
        .join(study, study.c.id == series.c.study_id)
        .where(series.c.lag_s.is_not(None), ~series.c.ours, series.c.first_image_at > now - WITHIN)
        .order_by(series.c.first_image_at.desc())
        .limit(_MOST_SERIES)
    )
    for row in rows:
        of_sender = lags[row.site_id, row.ae_title or ""]
        if len(of_sender) < _NEWEST:
            of_sender.append(row.lag_s)
    found = {sender: skew(of_sender) for sender, of_sender in lags.items()}
    return {sender: one for sender, one in found.items() if one is not None}


def large_skews_of(connection: Connection, case_id: UUID, now: datetime) -> dict[Sender, Skew]:
    """The skews that a person should know of, of those who sent a case's images."""
    senders = connection.execute(
        select(study.c.site_id, instance.c.peer_ae_title)
        .join(series, series.c.study_id == study.c.id)
        .join(instance, instance.c.series_id == series.c.id)
        .where(study.c.case_id == case_id, ~series.c.ours)
        .distinct()
    ).all()
    known = skews(connection, now) if senders else {}
    of_case = {(row.site_id, row.peer_ae_title): known.get((row.site_id, row.peer_ae_title)) for row in senders}
    return {sender: one for sender, one in of_case.items() if one is not None and one.is_large}
