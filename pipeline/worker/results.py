"""The DICOM objects of an analysis: made in the child, kept in the vault, known as ours before anybody sees them."""

from __future__ import annotations

import hashlib
from uuid import UUID

from pipeline.database.analyses import SourceFile, source_files
from pipeline.database.results import (
    ResultObject,
    ResultSource,
    is_stored,
    register_result,
    result_source,
    store_result_path,
)
from pipeline.domain.errors import InferenceCrashed
from pipeline.domain.receipt import Arrival
from pipeline.inference.requests import ResultWritten, WriteResults
from pipeline.worker.bench import Bench, images_of
from pipeline.worker.tasks import QUICK

_OWN_AE_TITLE = "NEUROVIGIE"
_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def write_results(bench: Bench, analysis_id: UUID) -> None:
    """Write the objects of one analysis; doing it again makes the same ones and stores nothing twice.

    Each is kept as soon as it is made, the segmentation first; between two an urgent series may go before.
    """
    with bench.engine.begin() as connection:
        source = result_source(connection, analysis_id)
        files = source_files(connection, source.series_id) if source else []
    if source is None:
        return
    kept = 0
    for answer in bench.child.run(_request(bench, source, files), urgency=QUICK):
        if isinstance(answer, ResultWritten):
            _keep(bench, source, answer)
            kept += 1
    if not kept:
        raise InferenceCrashed(f"no object was written for analysis {analysis_id}")


def _request(bench: Bench, source: ResultSource, files: list[SourceFile]) -> WriteResults:
    return WriteResults(
        images=images_of(bench.home.vault, files),
        mask=bench.home.derived / source.mask_path,
        findings=source.findings,
        analysis_id=str(source.analysis_id),
        bundle=source.bundle,
        bundle_version=source.bundle_version,
        made_at=source.finished_at.astimezone(),  # the hospital's own time, as in its images
        out=bench.home.derived / "masks" / str(source.analysis_id),
        scan_probability=source.scan_probability,
        provisional=source.provisional,
        reservations=source.reservations,
        labelmap=bench.label_maps,
        midline_shift=source.midline_shift,
    )


def _keep(bench: Bench, source: ResultSource, written: ResultWritten) -> None:
    """Register first, so that the index knows the object for ours whenever it meets it."""
    data_set = data_set_of(written.path.read_bytes())
    written.path.unlink(missing_ok=True)
    sha256 = hashlib.sha256(data_set).hexdigest()
    made = ResultObject(
        source.analysis_id, written.kind.value, written.SOPInstanceUID, written.SeriesInstanceUID, sha256
    )
    with bench.engine.begin() as connection:
        if is_stored(connection, made.SOPInstanceUID):
            return
        register_result(connection, made)
    receipt = bench.vault.append(data_set, _arrival(source, written))
    bench.index.record([receipt])
    bench.vault.indexed([receipt])
    with bench.engine.begin() as connection:
        store_result_path(connection, made.SOPInstanceUID, receipt.path)


def _arrival(source: ResultSource, written: ResultWritten) -> Arrival:
    return Arrival(
        site_id=source.site_id,
        peer_ae_title=_OWN_AE_TITLE,
        association_id=f"analysis-{source.analysis_id}",
        received_at=source.finished_at,
        SOPClassUID=written.SOPClassUID,
        SOPInstanceUID=written.SOPInstanceUID,
        TransferSyntaxUID=_EXPLICIT_VR_LITTLE_ENDIAN,
    )


def data_set_of(part10: bytes) -> bytes:
    """The data set of a Part 10 file, without preamble and file meta.

    The group length (0002,0000) is the first element and says where the data set begins (PS3.10 7.1).
    """
    length = int.from_bytes(part10[140:144], "little")
    return part10[144 + length :]
