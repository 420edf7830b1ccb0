"""A head that does not exist goes the whole path of images, marked as a test: through the door to its results."""

from __future__ import annotations

import secrets
import ssl
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from dicom_node.peers.checkup import Step
from dicom_node.scu.association import Target
from dicom_node.scu.outgoing import read_outgoing
from dicom_node.scu.send import send
from dicom_node.settings import NodeSettings
from dicom_node.tls import TlsFiles, client_context
from pipeline.database.calling_tables import call
from pipeline.database.engine import connect
from pipeline.database.tables import analysis, case, result_object, series, study
from pipeline.domain.analysis import AnalysisState
from pipeline.domain.errors import PeerUnreachable
from pipeline.phantom.headers import study_uid
from pipeline.phantom.spec import PhantomPatient, PhantomStudy
from pipeline.phantom.studies import normal_head
from pipeline.phantom.write import datasets
from pipeline.settings import Settings

CALLING = "NEUROVIGIE-TEST"
_IMAGES = 20
_SEEN_WITHIN_S, _READ_WITHIN_S = 60.0, 300.0
_LOOK_EVERY_S = 0.25
_ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - to be recognised
_UNDER_WAY = (AnalysisState.WAITING.value, AnalysisState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Door:
    """Our own door, as a sender sees it."""

    target: Target

    @staticmethod
    def of(settings: Settings, node: NodeSettings, files: TlsFiles) -> Door:
        """The door that these settings open; it is not asked to prove its name to itself."""
        host = "127.0.0.1" if settings.dicom_host in _ANYWHERE else settings.dicom_host
        tls = None
        if files.cert is not None:
            tls = client_context(replace(files, peer_ca=files.cert), node.tls_profile)
            tls.check_hostname = False
            tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return Door(Target(host, settings.dicom_port, settings.ae_title, CALLING, tls))


def try_the_whole_path(database_url: str, door: Door) -> Iterator[Step]:
    """Send a made-up head with a mark, and say how far it came; a step that fails is the last."""
    head = _head()
    stored = _send(head, door)
    yield stored
    if not stored.ok:
        return
    engine = connect(database_url, connections=1)
    try:
        yield from _followed(engine, str(study_uid(head)))
    finally:
        engine.dispose()


def _head() -> PhantomStudy:
    number = secrets.randbelow(10**6)
    who = PhantomPatient(PatientID=f"TEST-{number:06d}", PatientName="TEST^NeuroVigie")
    return replace(normal_head(number, who, images=_IMAGES), started=datetime.now())  # noqa: DTZ005 - as a scanner does


def _send(head: PhantomStudy, door: Door) -> Step:
    values = {"where": str(door.target), "images": str(_IMAGES)}
    with tempfile.TemporaryDirectory(prefix="neurovigie-test-") as folder:
        files = []
        for number, instance in enumerate(datasets(head)):
            instance.QualityControlImage = "YES"  # PS3.3 C.7.6.1: an image of a phantom
            path = Path(folder) / f"{number}.dcm"
            instance.save_as(path, enforce_file_format=True)
            files.append(read_outgoing(path))
        try:
            outcomes = send(files, door.target)
        except PeerUnreachable as exc:
            values["why"] = str(exc)
            return Step("study", False, "study_not_sent", f"Our own door takes no study: {exc}", values)  # noqa: FBT003
    left = [one for one in outcomes if not one.stored]
    if left:
        values["why"] = left[0].why
        return Step("study", False, "study_not_stored", f"{len(left)} images were not stored: {left[0].why}.", values)  # noqa: FBT003
    return Step("study", True, "study_stored", "{where} stored {images} images.".format(**values), values)  # noqa: FBT003


def _followed(engine: Engine, uid: str) -> Iterator[Step]:
    seen = _wait_for(engine, uid, _SEEN_WITHIN_S, lambda row: row.visible_at is not None)
    if seen is None or seen.visible_at is None:
        yield Step("worklist", False, "worklist_missing", "It is not on the worklist after a minute.")  # noqa: FBT003
        return
    took = f"{(seen.visible_at - seen.first_image_at).total_seconds():.1f}"
    marked = bool(seen.test)
    code, says = ("worklist_seen", f"It is on the worklist as a test, {took} s after its first image.")
    if not marked:
        code, says = ("worklist_unmarked", "It is on the worklist, and not as a test: it may ring.")
    yield Step("worklist", marked, code, says, {"seconds": took})
    ended = _wait_for(engine, uid, _READ_WITHIN_S, lambda row: row.state is not None and row.state not in _UNDER_WAY)
    state = ended.state if ended is not None else None
    if ended is None or state is None or state in _UNDER_WAY:
        yield Step("analysis", False, "analysis_missing", "It was not analysed within five minutes.")  # noqa: FBT003
        return
    well = state in (AnalysisState.ANALYSED.value, AnalysisState.NOT_ANALYSED.value)
    says = f"Its analysis ended: {state}; {ended.objects} objects were made."
    yield Step("analysis", well, f"analysis_{state}", says, {"objects": str(ended.objects), "why": ended.why})
    rang = ended.calls == 0
    says = "Nobody was called." if rang else "Somebody was called."
    yield Step("silence", rang, "silence_kept" if rang else "silence_broken", says)


def _wait_for(engine: Engine, uid: str, within_s: float, done: Any) -> Any:
    """The newest row about the study, once ``done`` says so of it or the time is over."""
    deadline = time.monotonic() + within_s
    while True:
        with engine.connect() as connection:
            row = _row(connection, uid)
        if (row is not None and done(row)) or time.monotonic() > deadline:
            return row
        time.sleep(_LOOK_EVERY_S)


def _row(connection: Connection, uid: str) -> Any:
    objects = select(func.count()).where(result_object.c.analysis_id == analysis.c.id).scalar_subquery()
    calls = select(func.count()).where(call.c.case_id == case.c.id).scalar_subquery()
    query = (
        select(
            case.c.visible_at,
            case.c.first_image_at,
            case.c.test,
            analysis.c.state,
            analysis.c.why,
            objects.label("objects"),
            calls.label("calls"),
        )
        .join(study, study.c.case_id == case.c.id)
        .join(series, series.c.study_id == study.c.id)
        .outerjoin(analysis, analysis.c.series_id == series.c.id)
        .where(study.c.study_instance_uid == uid, ~series.c.ours)
        .order_by(analysis.c.version.desc().nulls_last())
        .limit(1)
    )
    return connection.execute(query).one_or_none()
