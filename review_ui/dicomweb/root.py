"""The root of our DICOMweb: which images an address below /dicom-web means, and its own address."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import Connection, select

from pipeline.database.tables import case as cases
from pipeline.database.tables import instance, series, study
from review_ui.dicomweb.find import StoredInstance
from review_ui.dicomweb.who import Reader
from review_ui.http.problems import Problem, not_found

ROOT = "/dicom-web"


@dataclass(frozen=True, slots=True)
class RootAddress:
    """A study by its UID; ``service`` is the address of DICOMweb as the client reached it."""

    service: str
    StudyInstanceUID: str

    @property
    def path(self) -> str:
        """The study's own address."""
        return f"{self.service}/studies/{self.StudyInstanceUID}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address names, from the study down."""

    StudyInstanceUID: str
    SeriesInstanceUID: str | None = None
    SOPInstanceUID: str | None = None


def service_of(request: Request) -> str:
    """The address of DICOMweb as the client reached it."""
    return str(request.base_url).rstrip("/") + ROOT


def images_of(connection: Connection, reader: Reader, wanted: Wanted) -> list[StoredInstance]:
    """The images an address names, in order.

    Raises `Problem` 404 when this reader may see none, 409 when two patients share the study's UID: their
    images must never be taken for one study.
    """
    query = (
        select(study.c.id, *_COLUMNS)
        .join(cases, cases.c.id == study.c.case_id)
        .join(series, series.c.study_id == study.c.id)
        .join(instance, instance.c.series_id == series.c.id)
        .where(reader.allowed, study.c.study_instance_uid == wanted.StudyInstanceUID)
        .where(instance.c.standing == "current")
        .order_by(series.c.series_number, series.c.series_instance_uid)
        .order_by(instance.c.instance_number, instance.c.received_at, instance.c.id)
    )
    if wanted.SeriesInstanceUID is not None:
        query = query.where(series.c.series_instance_uid == wanted.SeriesInstanceUID)
    if wanted.SOPInstanceUID is not None:
        query = query.where(instance.c.sop_instance_uid == wanted.SOPInstanceUID)
    rows = connection.execute(query).all()
    if not rows:
        raise not_found()
    if len({row.id for row in rows}) > 1:
        raise Problem(409, "two_studies", "Two patients have images under this StudyInstanceUID; open their cases.")
    return [StoredInstance(*row[1:]) for row in rows]


_COLUMNS = (
    series.c.series_instance_uid,
    instance.c.sop_instance_uid,
    instance.c.sha256,
    instance.c.path,
    instance.c.transfer_syntax_uid,
)
