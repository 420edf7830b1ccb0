"""What a modality or archive says of a study's size: MPPS (PS3.4 annex F) and Instance Availability (annex R).

Such a count makes a series complete when its last image is there, without waiting for silence.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.uid import generate_uid
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from pipeline import logs
from pipeline.database.arrival import complete_if_arrived
from pipeline.database.tables import series, study

ModalityPerformedProcedureStep = "1.2.840.10008.3.1.2.3.3"
InstanceAvailabilityNotification = "1.2.840.10008.5.1.4.33"

FORGET_AFTER = timedelta(days=1)
"""How long the count of a series that never comes is kept."""

_SUCCESS, _INVALID, _FAILED = 0x0000, 0x0106, 0x0110  # PS3.7 annex C
_LOOK_EVERY_S = 0.5
_MOST_SERIES = 1000
_IMAGES = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence", "ReferencedSOPSequence")

Counts = dict[str, int]


def counts_of(report: Dataset) -> Counts:
    """How many instances each series has, by SeriesInstanceUID, in an MPPS or an Instance Availability Notification."""
    found: Counts = {}
    for keyword in ("PerformedSeriesSequence", "ReferencedSeriesSequence"):
        for one in list(report.get(keyword) or ())[:_MOST_SERIES]:
            uid = str(one.get("SeriesInstanceUID") or "")
            images = sum(len(one.get(name) or ()) for name in _IMAGES)
            if uid and images:
                found[uid] = images
    return found


class Performed:
    """Keeps counts in files until the index has the series they are of."""

    def __init__(self, engine: Engine, folder: Path, quiet_time_s: float, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._folder = folder
        self._quiet_time_s = quiet_time_s
        self._now = now

    def create(self, event: Any, site_id: str) -> tuple[int, Dataset | None]:
        """Answer an N-CREATE: a procedure step begins, or instances are available."""
        if str(event.request.AffectedSOPClassUID) == InstanceAvailabilityNotification:
            return self._take(event.attribute_list, site_id), None
        attributes = Dataset()
        attributes.AffectedSOPInstanceUID = event.request.AffectedSOPInstanceUID or generate_uid()
        return _SUCCESS, None if event.request.AffectedSOPInstanceUID else attributes

    def set(self, event: Any, site_id: str) -> tuple[int, Dataset | None]:
        """Answer an N-SET: only a completed procedure step says how many images there are."""
        if str(event.modification_list.get("PerformedProcedureStepStatus", "")) != "COMPLETED":
            return _SUCCESS, None
        return self._take(event.modification_list, site_id), None

    def run(self, stopped: threading.Event) -> None:
        """Apply counts, until ``stopped``; the loop of a thread."""
        while not stopped.wait(_LOOK_EVERY_S):
            for file in sorted(self._folder.glob("*.json")):
                self.apply(file)

    def apply(self, file: Path) -> None:
        """Give the series of one file their counts; the file goes when all have them, or it is old."""
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            with self._engine.begin() as connection:
                rest = {uid: n for uid, n in kept["counts"].items() if not self._tell(connection, kept["site"], uid, n)}
            old = self._now() - datetime.fromisoformat(kept["at"]) > FORGET_AFTER
        except (OSError, ValueError, KeyError) as exc:
            logs.get().warning("counts_unreadable", error=type(exc).__name__)
            file.unlink(missing_ok=True)
            return
        except SQLAlchemyError:
            return
        if not rest or old:
            file.unlink(missing_ok=True)

    def _tell(self, connection: Connection, site_id: str, uid: str, images: int) -> bool:
        """Whether the index has the series; it is complete now if it has the images too."""
        query = select(series.c.id).join(study, study.c.id == series.c.study_id)
        found = query.where(study.c.site_id == site_id, series.c.series_instance_uid == uid, ~series.c.ours)
        ids = connection.execute(found).scalars().all()
        for series_id in ids:
            connection.execute(update(series).where(series.c.id == series_id).values(expected=images))
            complete_if_arrived(connection, series_id, self._now(), self._quiet_time_s)
        return bool(ids)

    def _take(self, report: Dataset, site_id: str) -> int:
        try:
            counts = counts_of(report)
        except (AttributeError, TypeError, ValueError):
            return _INVALID
        if not counts:
            return _SUCCESS
        try:
            self._keep({"site": site_id, "counts": counts, "at": self._now().isoformat()})
        except OSError:
            return _FAILED
        logs.get().info("counts_received", site=site_id, count=len(counts))
        return _SUCCESS

    def _keep(self, entry: dict[str, Any]) -> None:
        """A count that a power cut takes away costs the quiet time and no more, so the folder is not synced."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        text = json.dumps(entry)
        name = hashlib.sha256(text.encode()).hexdigest()
        temporary = self._folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self._folder / f"{name}.json")
