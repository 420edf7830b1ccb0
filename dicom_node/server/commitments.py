"""Storage commitment as provider (PS3.4 annex J): what we say we keep, we have read back from the disk."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydicom import Dataset
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from dicom_node.admission import Admitted
from dicom_node.peers.book import PeerBook
from dicom_node.scu.association import Target
from dicom_node.scu.commitment_report import report
from dicom_node.vault.simple import SimpleVault
from pipeline import logs
from pipeline.database.tables import instance, series, study
from pipeline.domain.errors import DatabaseUnavailable, PeerUnreachable
from pipeline.home import Home

NO_SUCH_INSTANCE = 0x0112
"""Failure Reason (0008,1197), PS3.3 C.14.1.1."""

PATIENCE = timedelta(seconds=30)
"""How long the index may take to hear of an image before we say that we do not have it."""

GIVE_UP_AFTER = timedelta(days=1)
_NOT_AUTHORISED, _INVALID_ARGUMENT, _FAILED = 0x0124, 0x0115, 0x0110  # PS3.7 annex C
_MOST_REFERENCES = 20_000
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for the commitment of which objects, as pairs of SOP class and instance."""

    transaction_uid: str
    site_id: str
    ae_title: str
    references: tuple[tuple[str, str], ...]
    asked_at: str


def delay_s(attempt: int) -> float:
    """How long to wait after a report that nobody took."""
    return float(min(2.0 * 2 ** min(attempt, 10), 300.0))


class Commitments:
    """Keeps requests in files until their answer was taken, so that no restart forgets one."""

    def __init__(
        self,
        engine: Engine,
        home: Home,
        book: PeerBook,
        ae_title: str,
        now: Callable[[], datetime],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._engine = engine
        self._vault = SimpleVault(home.vault, watermark=1.0)
        self._folder = home.root / "commitments"
        self._book = book
        self._ae_title = ae_title
        self._now = now
        self._tls = tls
        self._attempts: dict[str, tuple[int, datetime]] = {}

    def ask(self, event: Any, admitted: Admitted) -> int:
        """Take a request in and give the status of its answer: success once it is on disk."""
        if self._book.peer(admitted.site_id, admitted.peer_ae_title) is None:
            return _NOT_AUTHORISED  # nobody to bring the answer to
        try:
            request = self._read(event.action_information, admitted)
        except (AttributeError, ValueError):
            return _INVALID_ARGUMENT
        try:
            self._keep(request)
        except OSError:
            return _FAILED
        return 0x0000

    def run(self, stopped: threading.Event) -> None:
        """Answer what was asked, until ``stopped``; the loop of a thread."""
        while not stopped.wait(_LOOK_EVERY_S):
            for file in sorted(self._folder.glob("*.json")):
                self.answer(file)

    def answer(self, file: Path) -> None:
        """Answer one request, if its time has come; what nobody takes is tried again."""
        attempt, due = self._attempts.get(file.name, (0, self._now()))
        if self._now() < due:
            return
        try:
            done = self._answer(_recall(file))
        except (PeerUnreachable, DatabaseUnavailable, OSError, ValueError) as exc:
            logs.get().warning("commitment_not_reported", attempt=attempt + 1, error=type(exc).__name__)
            done = False
        if done or self._is_stale(file):
            self._attempts.pop(file.name, None)
            file.unlink(missing_ok=True)
        else:
            self._attempts[file.name] = (attempt + 1, self._now() + timedelta(seconds=delay_s(attempt)))

    def _answer(self, request: Request) -> bool:
        peer = self._book.peer(request.site_id, request.ae_title)
        if peer is None:
            return False
        kept = self._kept(request)
        missing = [one for one in request.references if one not in kept]
        if missing and self._now() - datetime.fromisoformat(request.asked_at) < PATIENCE:
            return False
        if peer.rules.tls and self._tls is None:
            return False
        tls = self._tls if peer.rules.tls else None
        target = Target(peer.host, peer.port, peer.ae_title, self._ae_title, tls)
        report(target, request.transaction_uid, sorted(kept), [(*one, NO_SUCH_INSTANCE) for one in missing])
        logs.get().info("commitment_given", ae_title=peer.ae_title, count=len(kept), expected=len(request.references))
        return True

    def _kept(self, request: Request) -> set[tuple[str, str]]:
        """Which of the references are whole on our disk."""
        query = (
            select(instance.c.sop_class_uid, instance.c.sop_instance_uid, instance.c.path, instance.c.sha256)
            .join(series, series.c.id == instance.c.series_id)
            .join(study, study.c.id == series.c.study_id)
            .where(
                study.c.site_id == request.site_id,
                instance.c.sop_instance_uid.in_([uid for _, uid in request.references]),
            )
        )
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
        except SQLAlchemyError as exc:
            raise DatabaseUnavailable from exc
        return {(row[0], row[1]) for row in rows if self._vault.holds(row.path, row.sha256)} & set(request.references)

    def _read(self, information: Dataset, admitted: Admitted) -> Request:
        references = tuple(
            (str(one.ReferencedSOPClassUID), str(one.ReferencedSOPInstanceUID))
            for one in information.ReferencedSOPSequence
        )
        if not references or len(references) > _MOST_REFERENCES:
            raise ValueError("no references, or too many")
        uid = str(information.TransactionUID)
        return Request(uid, admitted.site_id, admitted.peer_ae_title, references, self._now().isoformat())

    def _keep(self, request: Request) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256(f"{request.site_id}\0{request.ae_title}\0{request.transaction_uid}".encode()).hexdigest()
        temporary = self._folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(asdict(request), stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(self._folder / f"{name}.json")
        for folder in (self._folder, self._folder.parent):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _is_stale(self, file: Path) -> bool:
        try:
            asked = datetime.fromtimestamp(file.stat().st_mtime, self._now().tzinfo)
        except OSError:
            return True
        return self._now() - asked > GIVE_UP_AFTER


def _recall(file: Path) -> Request:
    kept = json.loads(file.read_text(encoding="utf-8"))
    references = tuple((str(one[0]), str(one[1])) for one in kept.pop("references"))
    return Request(references=references, **kept)
