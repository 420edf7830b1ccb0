"""The SEG of an analysis: made in the child, kept in the vault, known as ours before anybody sees it."""

from __future__ import annotations

import hashlib
from uuid import UUID

from pipeline.database.analyses import source_files
from pipeline.database.segmentations import (
    SegmentationSource,
    register_result,
    segmentation_source,
    store_result_path,
)
from pipeline.domain.errors import InferenceCrashed
from pipeline.domain.receipt import Arrival
from pipeline.inference.requests import SegmentationWritten, WriteSegmentation
from pipeline.worker.bench import Bench, images_of
from pipeline.worker.tasks import QUICK

_OWN_AE_TITLE = "NEUROVIGIE"
_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def write_segmentation(bench: Bench, analysis_id: UUID) -> None:
    """Write the SEG of one analysis; doing it again makes the same object and stores nothing twice."""
    with bench.engine.begin() as connection:
        source = segmentation_source(connection, analysis_id)
        files = source_files(connection, source.series_id) if source else []
    if source is None:
        return
    written = _made(bench, source, WriteSegmentation(
        images=images_of(bench.home.vault, files),
        mask=bench.home.derived / source.mask_path,
        findings=source.findings,
        bundle=source.bundle,
        bundle_version=source.bundle_version,
        analysis_id=str(analysis_id),
        made_at=source.finished_at,
        out=bench.home.derived / "masks" / str(analysis_id) / "segmentation.dcm",
    ))  # fmt: skip
    _keep(bench, source, written)


def _made(bench: Bench, source: SegmentationSource, request: WriteSegmentation) -> SegmentationWritten:
    request.out.parent.mkdir(parents=True, exist_ok=True)
    for answer in bench.child.run(request, urgency=QUICK):
        if isinstance(answer, SegmentationWritten):
            return answer
    raise InferenceCrashed(f"no segmentation was written for analysis {source.analysis_id}")


def _keep(bench: Bench, source: SegmentationSource, written: SegmentationWritten) -> None:
    """Register first, so that the index knows the object for ours whenever it meets it."""
    data_set = data_set_of(written.path.read_bytes())
    arrival = Arrival(
        site_id=source.site_id,
        peer_ae_title=_OWN_AE_TITLE,
        association_id=f"analysis-{source.analysis_id}",
        received_at=source.finished_at,
        SOPClassUID=_SEGMENTATION_STORAGE,
        SOPInstanceUID=written.SOPInstanceUID,
        TransferSyntaxUID=_EXPLICIT_VR_LITTLE_ENDIAN,
    )
    sha256 = hashlib.sha256(data_set).hexdigest()
    with bench.engine.begin() as connection:
        register_result(connection, source.analysis_id, written.SOPInstanceUID, written.SeriesInstanceUID, sha256)
    receipt = bench.vault.append(data_set, arrival)
    bench.index.record([receipt])
    bench.vault.indexed([receipt])
    with bench.engine.begin() as connection:
        store_result_path(connection, written.SOPInstanceUID, receipt.path)
    written.path.unlink(missing_ok=True)


def data_set_of(part10: bytes) -> bytes:
    """The data set of a Part 10 file, without preamble and file meta.

    The group length (0002,0000) is the first element and says where the data set begins (PS3.10 7.1).
    """
    length = int.from_bytes(part10[140:144], "little")
    return part10[144 + length :]
