"""C-FIND on the Modality Worklist: what a hospital has asked for is offered to its own scanners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydicom import Dataset
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from dicom_node.admission import Admitted
from dicom_node.worklist.entries import OpenRequest, entries
from dicom_node.worklist.matching import check, fits, returned, station_of
from pipeline import logs
from pipeline.database.request_tables import request
from pipeline.database.requests import from_json
from pipeline.database.tables import case
from pipeline.domain.errors import BadInput, DatabaseUnavailable, NeuroVigieError

ModalityWorklistInformationFind = "1.2.840.10008.5.1.4.31"
STANDS_FOR = timedelta(days=2)
"""How long a request that nobody has answered stays on the scanners' lists."""
_MOST = 500
_PENDING, _CANCELLED = 0xFF00, 0xFE00
_OUT_OF_RESOURCES, _BAD_IDENTIFIER, _UNABLE = 0xA700, 0xA900, 0xC001  # PS3.4 table K.4-1

Answer = tuple[int | Dataset, Dataset | None]


@dataclass(frozen=True, slots=True)
class Worklist:
    """Answers a scanner with the open requests of its own hospital; ``now`` has the zone of the scanners."""

    engine: Engine
    now: Callable[[], datetime]

    def find(self, event: Any, admitted: Admitted) -> Iterator[Answer]:
        """The answers to a C-FIND."""
        try:
            identifier = event.identifier
            check(identifier)
            waiting = self._open(admitted.site_id)
        except NeuroVigieError as exc:
            yield _refusal(exc), None
            return
        station = station_of(identifier, admitted.peer_ae_title)
        found = [one for each in waiting for one in entries(each, station) if fits(one, identifier)]
        logs.get().info("worklist_asked", site=admitted.site_id, count=len(found))
        for one in found:
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            yield _PENDING, returned(one, identifier)

    def _open(self, site_id: str) -> list[OpenRequest]:
        """The newest first. Raises `DatabaseUnavailable`."""
        now = self.now()
        query = (
            select(request.c.id, request.c.content, request.c.made_at)
            .join(case, case.c.id == request.c.case_id)
            .where(
                request.c.site_id == site_id,
                request.c.state == "open",
                request.c.made_at > now - STANDS_FOR,
                case.c.closed_at.is_(None),
            )
            .order_by(request.c.made_at.desc())
            .limit(_MOST)
        )
        try:
            with self.engine.connect() as connection:
                rows = connection.execute(query).all()
        except SQLAlchemyError as exc:
            raise DatabaseUnavailable from exc
        return [OpenRequest(row.id, from_json(row.content), row.made_at.astimezone(now.tzinfo)) for row in rows]


def _refusal(error: NeuroVigieError) -> Dataset:
    answer = Dataset()
    answer.Status = {BadInput: _BAD_IDENTIFIER, DatabaseUnavailable: _OUT_OF_RESOURCES}.get(type(error), _UNABLE)
    answer.ErrorComment = str(error)[:64]
    return answer
