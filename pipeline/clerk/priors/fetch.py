"""One search: ask the site's archives what they have of the patient, and have the newest earlier studies sent to us."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset
from sqlalchemy import Engine

from dicom_node.scu.association import Target
from dicom_node.scu.find import find_studies
from dicom_node.scu.move import move_study
from pipeline import logs
from pipeline.database import priors
from pipeline.database.priors import Searched
from pipeline.domain.errors import ConfigurationError, PeerUnreachable
from pipeline.domain.peer import Peer
from pipeline.domain.priors import FoundStudy, priors_among

_RETURNED = ("StudyInstanceUID", "StudyDate", "ModalitiesInStudy", "PatientBirthDate", "PatientName")
_ANSWER_S = 120.0


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches for one case at a time; ``ae_title`` is ours, under which archives know where to send.

    ``trust`` gives TLS for archives that are called so.
    """

    engine: Engine
    ae_title: str
    now: Callable[[], datetime]
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def look(self) -> bool:
        """Begin what is to be begun, and do one search that is due; whether there was one."""
        with self.engine.begin() as connection:
            priors.search_for_new_cases(connection)
            search = priors.claim(connection, self.now())
            sources = priors.archives(connection, search.site_id) if search is not None else []
        if search is None:
            return False
        try:
            studies, images = self._fetch(search, sources)
        except (PeerUnreachable, ConfigurationError) as error:
            logs.get().warning("priors_not_fetched", case=str(search.case_id), error=str(error))
            with self.engine.begin() as connection:
                priors.failed(connection, search, str(error), self.now())
            return True
        logs.get().info("priors_fetched", case=str(search.case_id), count=studies, images=images)
        with self.engine.begin() as connection:
            priors.done(connection, search, studies, images)
        return True

    def _fetch(self, search: Searched, sources: list[Peer]) -> tuple[int, int]:
        """How many studies were found and images sent. Raises `PeerUnreachable`, also when some did not come."""
        studies = images = 0
        for archive in sources:
            tls = self.trust() if archive.rules.tls else None
            target = Target(archive.host, archive.port, archive.ae_title, self.ae_title, tls, _ANSWER_S)
            wanted = self._wanted(search, target)
            studies += len(wanted)
            for one in wanted:
                moved = move_study(target, one.StudyInstanceUID, self.ae_title)
                if moved.failed:
                    raise PeerUnreachable(f"{target}: it could not send {moved.failed} images.")
                images += moved.completed
        return studies, images

    def _wanted(self, search: Searched, target: Target) -> list[FoundStudy]:
        """What is asked for; it is known as earlier studies before the first image of them can come."""
        found = [_found(one) for one in find_studies(target, {"PatientID": search.patient.PatientID}, _RETURNED)]
        with self.engine.begin() as connection:
            known = priors.known_studies(connection, search.site_id, [one.StudyInstanceUID for one in found])
            wanted = priors_among(found, search.patient, known, search.before)
            priors.expect(connection, search.site_id, [one.StudyInstanceUID for one in wanted])
        return wanted


def _found(match: Dataset) -> FoundStudy:
    modalities = match.get("ModalitiesInStudy") or ()
    listed = [modalities] if isinstance(modalities, str) else list(modalities)
    return FoundStudy(
        StudyInstanceUID=str(match.get("StudyInstanceUID") or ""),
        StudyDate=str(match.get("StudyDate") or ""),
        modalities=frozenset(str(one) for one in listed if one),
        PatientID=str(match.get("PatientID") or ""),
        PatientBirthDate=str(match.get("PatientBirthDate") or ""),
    )
