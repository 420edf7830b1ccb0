"""Telling another system what we keep: the N-EVENT-REPORT of storage commitment (PS3.4 J.3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom import build_role

from dicom_node.scu.association import Target, associate
from dicom_node.scu.commitment import StorageCommitmentPushModel, StorageCommitmentPushModelInstance
from pipeline.domain.errors import PeerUnreachable

_ALL_KEPT, _SOME_NOT = 1, 2
"""Event Type IDs (PS3.4 table J.3-2)."""


def report(
    target: Target, transaction_uid: str, kept: Sequence[tuple[str, str]], failed: Sequence[tuple[str, str, int]]
) -> None:
    """Report over an association of our own. Raises `PeerUnreachable` when it was not taken."""
    role = build_role(StorageCommitmentPushModel, scp_role=True)
    association = associate(target, [(StorageCommitmentPushModel, ImplicitVRLittleEndian)], roles=[role])
    try:
        status, _ = association.send_n_event_report(
            event_information(transaction_uid, kept, failed),
            _SOME_NOT if failed else _ALL_KEPT,
            StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance,
        )
    except (ValueError, RuntimeError) as exc:  # pynetdicom raises these when the peer does not take the role
        raise PeerUnreachable(f"{target}: it does not take reports of storage commitment.") from exc
    finally:
        if association.is_established:
            association.release()
    if "Status" not in status or status.Status != 0:
        raise PeerUnreachable(f"{target}: it did not take the report of storage commitment.")


def event_information(
    transaction_uid: str, kept: Sequence[tuple[str, str]], failed: Sequence[tuple[str, str, int]]
) -> Dataset:
    """PS3.4 table J.3-2."""
    information = Dataset()
    information.TransactionUID = UID(transaction_uid)
    if kept:
        information.ReferencedSOPSequence = [_item(*one) for one in kept]
    if failed:
        information.FailedSOPSequence = [_item(*one) for one in failed]
    return information


def _item(sop_class: str, sop_instance: str, failure: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UID(sop_class)
    item.ReferencedSOPInstanceUID = UID(sop_instance)
    if failure is not None:
        item.FailureReason = failure
    return item
