"""Which vault file an address of DICOMweb means, if the viewer may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row, Select, select

from pipeline.database.tables import case as cases
from pipeline.database.tables import instance, series, study
from pipeline.domain.access import Viewer
from review_ui.cases.select import shown_to


@dataclass(frozen=True, slots=True)
class StudyAddress:
    """A study row of ours and the StudyInstanceUID it must have."""

    study_id: UUID
    StudyInstanceUID: str

    @property
    def path(self) -> str:
        """Where the study is on this server."""
        return f"/api/v1/studies/{self.study_id}/dicomweb/studies/{self.StudyInstanceUID}"


class Addressed(Protocol):
    """A study that has an address, from which those of its images are made."""

    @property
    def path(self) -> str:
        """Where the study is: a path on this server, or a whole address."""
        ...


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """One image that is shown: its names, and its file relative to the vault."""

    SeriesInstanceUID: str
    SOPInstanceUID: str
    sha256: str
    path: str
    transfer_syntax: str


def series_of(connection: Connection, study_at: StudyAddress, viewer: Viewer) -> list[Row[Any]] | None:
    """The series of a study, ours included; ``None`` when there is no such study for this viewer."""
    if not connection.execute(_study(study_at, viewer)).first():
        return None
    of_study = select(series).where(series.c.study_id == study_at.study_id)
    return list(connection.execute(of_study.order_by(series.c.series_number, series.c.first_image_at)).all())


def instances_of(
    connection: Connection,
    study_at: StudyAddress,
    viewer: Viewer,
    SeriesInstanceUID: str,
    SOPInstanceUID: str | None = None,
) -> list[StoredInstance]:
    """The images shown of a series, or the one named; empty when the viewer may see none."""
    query = (
        _study(study_at, viewer)
        .join(series, series.c.study_id == study.c.id)
        .join(instance, instance.c.series_id == series.c.id)
        .where(series.c.series_instance_uid == SeriesInstanceUID, instance.c.standing == "current")
        .with_only_columns(
            series.c.series_instance_uid,
            instance.c.sop_instance_uid,
            instance.c.sha256,
            instance.c.path,
            instance.c.transfer_syntax_uid,
        )
        .order_by(instance.c.instance_number, instance.c.received_at, instance.c.id)
    )
    if SOPInstanceUID is not None:
        query = query.where(instance.c.sop_instance_uid == SOPInstanceUID)
    return [StoredInstance(*row) for row in connection.execute(query)]


def _study(study_at: StudyAddress, viewer: Viewer) -> Select[Any]:
    return (
        select(study.c.id)
        .join(cases, cases.c.id == study.c.case_id)
        .where(
            study.c.id == study_at.study_id,
            study.c.study_instance_uid == study_at.StudyInstanceUID,
            shown_to(viewer),
        )
    )
