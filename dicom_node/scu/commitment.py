"""Asking another system whether it keeps what we sent: storage commitment as SCU (PS3.4 annex J)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydicom import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom import evt

from dicom_node.scu.association import Target, Verification, associate
from pipeline.domain.commitment import CommitmentReport
from pipeline.domain.errors import PeerUnreachable

StorageCommitmentPushModel = "1.2.840.10008.1.20.1"
StorageCommitmentPushModelInstance = "1.2.840.10008.1.20.1.1"
_REQUEST_STORAGE_COMMITMENT = 1
"""Action Type ID (PS3.4 J.3.2.1)."""
_SUCCESS = 0x0000


class Asked(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    NOT_OFFERED = "not_offered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reference:
    """An object the other system said it has."""

    SOPClassUID: str
    SOPInstanceUID: str


Told = Callable[[CommitmentReport], None]


def ask_for_commitment(
    target: Target, transaction_uid: str, references: Sequence[Reference], told: Told, *, linger_s: float = 2.0
) -> Asked:
    """Ask for the commitment of objects. Raises `PeerUnreachable`.

    The answer comes to our node, as an association of its own, or within ``linger_s`` over this one:
    then ``told`` hears it.
    """
    answered = threading.Event()

    def on_report(event: Any) -> tuple[int, None]:
        answered.set()
        return answer_report(event, told), None

    handlers = [(evt.EVT_N_EVENT_REPORT, on_report)]
    # With verification beside it, which everybody has, a peer without commitment still accepts the association.
    contexts = [(uid, ImplicitVRLittleEndian) for uid in (StorageCommitmentPushModel, Verification)]
    association = associate(target, contexts, handlers)
    try:
        return _ask(association, transaction_uid, references, answered, linger_s)
    finally:
        if association.is_established:
            association.release()


def answer_report(event: Any, told: Told) -> int:
    """Hear an N-EVENT-REPORT out and give the status of its answer: success only once it is written down.

    Whatever this raises pynetdicom answers with "processing failure" (0110).
    """
    told(read_report(event.event_information))
    return _SUCCESS


def read_report(information: Dataset) -> CommitmentReport:
    """The Event Information of an N-EVENT-REPORT (PS3.4 table J.3-2). Raises `AttributeError` without its UID."""
    kept = [str(one.ReferencedSOPInstanceUID) for one in information.get("ReferencedSOPSequence") or ()]
    failed = {
        str(one.ReferencedSOPInstanceUID): int(one.get("FailureReason") or 0)
        for one in information.get("FailedSOPSequence") or ()
    }
    return CommitmentReport(str(information.TransactionUID), frozenset(kept) - failed.keys(), failed)


def _ask(
    association: Any, transaction_uid: str, references: Sequence[Reference], answered: threading.Event, linger_s: float
) -> Asked:
    accepted = {str(one.abstract_syntax) for one in association.accepted_contexts}
    if StorageCommitmentPushModel not in accepted:
        return Asked.NOT_OFFERED
    try:
        status, _ = association.send_n_action(
            _action_information(transaction_uid, references),
            _REQUEST_STORAGE_COMMITMENT,
            StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance,
        )
    except (ValueError, RuntimeError) as exc:  # pynetdicom raises these for an association lost under its hands
        raise PeerUnreachable("the association was lost") from exc
    if "Status" not in status:
        raise PeerUnreachable("the association was lost")
    if status.Status != 0:
        return Asked.REFUSED
    answered.wait(linger_s)
    return Asked.ASKED


def _action_information(transaction_uid: str, references: Sequence[Reference]) -> Dataset:
    """PS3.4 table J.3-1."""
    information = Dataset()
    information.TransactionUID = UID(transaction_uid)
    information.ReferencedSOPSequence = [_item(one) for one in references]
    return information


def _item(reference: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UID(reference.SOPClassUID)
    item.ReferencedSOPInstanceUID = UID(reference.SOPInstanceUID)
    return item
