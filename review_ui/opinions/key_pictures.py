"""The key images we made of a case, as PNG files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pydicom
from PIL import Image
from pydicom.errors import InvalidDicomError
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipeline.database.tables import analysis, result_object, series, study
from pipeline.domain.analysis import AnalysisState

MOST = 6


def key_paths(connection: Connection, case_id: UUID) -> list[str]:
    """Where in the vault the key images of the newest analyses lie."""
    newest = (
        select(analysis.c.id)
        .ext(distinct_on(analysis.c.series_id))
        .join(series, series.c.id == analysis.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(study.c.case_id == case_id, ~series.c.ours, analysis.c.state == AnalysisState.ANALYSED.value)
        .order_by(analysis.c.series_id, analysis.c.version.desc())
        .subquery()
    )
    made = (
        select(result_object.c.path)
        .join(newest, newest.c.id == result_object.c.analysis_id)
        .where(result_object.c.kind == "sc", result_object.c.path != "")
        .order_by(result_object.c.created_at, result_object.c.id)
    )
    return list(connection.execute(made.limit(MOST)).scalars())


def pictures(vault_root: Path, paths: list[str]) -> tuple[bytes, ...]:
    """The pictures that can be read; one that cannot leaves the opinion readable without it."""
    return tuple(picture for path in paths for picture in _picture(vault_root / path))


def _picture(path: Path) -> Iterator[bytes]:
    try:
        made = pydicom.dcmread(path)
        pixels = np.frombuffer(made.PixelData, np.uint8, count=made.Rows * made.Columns * 3)
    except (OSError, InvalidDicomError, AttributeError, ValueError):
        return
    written = io.BytesIO()
    Image.fromarray(pixels.reshape(made.Rows, made.Columns, 3)).save(written, "PNG")
    yield written.getvalue()
