"""The objects we made of a case, for whoever may see the case."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from pipeline.database.tables import analysis, result_object, series, study
from pipeline.database.tables import case as cases
from pipeline.domain.access import Viewer
from review_ui.cases.select import shown_to


@dataclass(frozen=True, slots=True)
class StoredResult:
    """One object of ours in the vault; ``path`` is relative to it."""

    id: UUID
    kind: str
    path: str
    sha256: str

    @property
    def file_name(self) -> str:
        """A name for the file that says nothing of the patient."""
        return f"neurovigie-{self.kind}-{str(self.id)[:8]}.dcm"


def stored_result(connection: Connection, case_id: UUID, result_id: UUID, viewer: Viewer) -> StoredResult | None:
    """One object of a case; none if it is not there yet, is not of this case, or the viewer may not see it."""
    row = connection.execute(
        select(result_object.c.id, result_object.c.kind, result_object.c.path, result_object.c.sha256)
        .join(analysis, analysis.c.id == result_object.c.analysis_id)
        .join(series, series.c.id == analysis.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .join(cases, cases.c.id == study.c.case_id)
        .where(result_object.c.id == result_id, result_object.c.path != "", cases.c.id == case_id, shown_to(viewer))
    ).one_or_none()
    return None if row is None else StoredResult(*row)
