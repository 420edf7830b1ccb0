"""When and where a series was acquired, read from headers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pydicom

from pipeline.assembly.evidence import gather
from pipeline.assembly.headers import text, uid
from pipeline.domain.same_view import View


def view_of(
    headers: Sequence[pydicom.Dataset], *, from_mm: float | None, to_mm: float | None, whole_head: bool | None
) -> View:
    """The view of a series from headers of it, at least one; the outermost slices among them.

    ``from_mm`` and ``to_mm`` are those of the whole series along its normal.
    """
    times = [time for time in map(_acquired_s, headers) if time is not None]
    normal = gather(headers).normal
    frames = {uid(header, "FrameOfReferenceUID") for header in headers}
    return View(
        FrameOfReferenceUID=frames.pop() if len(frames) == 1 else "",
        acquired_s=(min(times), max(times)) if len(times) == len(headers) else None,
        normal=None if normal is None else (normal[0], normal[1], normal[2]),
        from_mm=from_mm,
        to_mm=to_mm,
        whole_head=bool(whole_head),
    )


def _acquired_s(header: pydicom.Dataset) -> float | None:
    """AcquisitionDateTime (0008,002A), else AcquisitionDate and -Time, in seconds without a time zone (PS3.5 6.2)."""
    said = text(header, "AcquisitionDateTime") or text(header, "AcquisitionDate") + text(header, "AcquisitionTime")
    try:
        return (datetime.strptime(said[:14], "%Y%m%d%H%M%S") - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001, DTZ007
    except ValueError:
        return None
