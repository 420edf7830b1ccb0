"""One object of a STOW request: into the vault, or a reason why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dicom_node.vault.foreign import file_meta
from dicom_node.vault.held import HeldDataSet, HoldingVault, ids_of
from dicom_node.vault.naming import digest
from pipeline.domain.errors import NeuroVigieError, UnreadableInstance, VaultError
from pipeline.domain.receipt import Arrival

OUT_OF_RESOURCES = 0xA700
MISMATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000
PROCESSING_FAILURE = 0x0110
"""Failure Reason (0008,1197): the statuses of C-STORE, PS3.4 table B.2-1 and PS3.7 C.5.14."""

_META_WITHIN = 64 * 1024
_SYNTAX = 0x0010
_SOP_CLASS, _SOP_INSTANCE = 0x0002, 0x0003


@dataclass(frozen=True, slots=True)
class Sender:
    """Who stores in one request: a system of a hospital, to which all it stores belongs."""

    name: str
    site_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one object: stored where ``reason`` is 0."""

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str = ""
    SeriesInstanceUID: str = ""
    reason: int = 0


class Refused(NeuroVigieError):
    """The object cannot be taken."""

    def __init__(self, reason: int, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Store:
    """Stores objects; success is only said of what the vault has made durable."""

    def __init__(self, vault: HoldingVault, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    def keep(self, part10: memoryview, sender: Sender, StudyInstanceUID: str | None) -> Said:
        """Store one Part 10 object, of the one study if it is named; never raises an error of ours."""
        meta: dict[int, str] = {}
        try:
            meta, offset = _meta(part10)
            return self._keep(part10[offset:], meta, sender, StudyInstanceUID)
        except NeuroVigieError as error:
            return Said(meta.get(_SOP_CLASS, "")[:64], meta.get(_SOP_INSTANCE, "")[:64], reason=reason_of(error))

    def _keep(self, body: memoryview, meta: dict[int, str], sender: Sender, study_uid: str | None) -> Said:
        syntax = meta.get(_SYNTAX, "")
        if not syntax or not body:
            raise UnreadableInstance("It is no Part 10 file that names its transfer syntax.")
        held = HeldDataSet(body, digest(body), ids_of(body, syntax))
        sop_class = held.ids.SOPClassUID or meta.get(_SOP_CLASS, "")
        if meta.get(_SOP_CLASS) not in (None, sop_class) or not sop_class:
            raise Refused(MISMATCH, "The data set has another SOP class than its file meta information.")
        if study_uid is not None and held.ids.StudyInstanceUID != study_uid:
            raise Refused(MISMATCH, "The data set is of another study than the address.")
        arrival = Arrival(
            site_id=sender.site_id,
            peer_ae_title=sender.name,
            association_id=sender.request_id,
            received_at=self._now(),
            SOPClassUID=sop_class,
            SOPInstanceUID=held.ids.SOPInstanceUID,
            TransferSyntaxUID=syntax,
        )
        self._vault.keep(held, arrival)
        return Said(sop_class, held.ids.SOPInstanceUID, held.ids.StudyInstanceUID, held.ids.SeriesInstanceUID)


def _meta(part10: memoryview) -> tuple[dict[int, str], int]:
    """The file meta information, and where the data set begins. Raises `UnreadableInstance`."""
    head = bytes(part10[:_META_WITHIN])
    meta, offset = file_meta(head)
    if offset > len(head):
        raise UnreadableInstance("The file meta information is longer than this service reads.")
    return meta, offset


def reason_of(error: NeuroVigieError) -> int:
    """The Failure Reason of an error."""
    if isinstance(error, Refused):
        return error.reason
    if isinstance(error, VaultError):
        return OUT_OF_RESOURCES
    return CANNOT_UNDERSTAND if isinstance(error, UnreadableInstance) else PROCESSING_FAILURE
