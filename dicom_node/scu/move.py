"""Having another system send us a study: C-MOVE as user, on the Study Root (PS3.4 C.4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicom_node.scu.association import Target, associate
from pipeline.domain.errors import PeerUnreachable

StudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2"
_PENDING = frozenset({0xFF00, 0xFF01})
_DESTINATION_UNKNOWN = 0xA801
_SUCCESS, _WITH_FAILURES = 0x0000, 0xB000


@dataclass(frozen=True, slots=True)
class Moved:
    """How many images the other system says it sent, and could not send."""

    completed: int
    failed: int


def move_study(target: Target, StudyInstanceUID: str, destination: str) -> Moved:
    """Have a study sent to the AE title ``destination``, and wait until that is done.

    Sending twice harms nothing, so a study of which images failed may be asked for again. Raises
    `PeerUnreachable`, with the reason in a sentence.
    """
    association = associate(target, [(StudyRootMove, ImplicitVRLittleEndian), (StudyRootMove, ExplicitVRLittleEndian)])
    try:
        if not association.accepted_contexts:
            raise PeerUnreachable(f"{target}: it does not offer to send studies (C-MOVE, Study Root).")
        return _moved(association, StudyInstanceUID, destination, target)
    except (ValueError, RuntimeError) as exc:  # pynetdicom raises these for an association lost under its hands
        raise PeerUnreachable(f"{target}: the association was lost while it sent.") from exc
    finally:
        if association.is_established:
            association.release()


def _moved(association: Any, StudyInstanceUID: str, destination: str, target: Target) -> Moved:
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = StudyInstanceUID
    for status, _ in association.send_c_move(asked, destination, StudyRootMove):
        if "Status" not in status:
            raise PeerUnreachable(f"{target}: the association was lost while it sent.")
        if status.Status in _PENDING:
            continue
        if status.Status in {_SUCCESS, _WITH_FAILURES}:
            return Moved(_count(status, "Completed") + _count(status, "Warning"), _count(status, "Failed"))
        why = f"it does not know us as {destination}" if status.Status == _DESTINATION_UNKNOWN else "it refused to send"
        raise PeerUnreachable(f"{target}: {why} (status {status.Status:04X}).")
    raise PeerUnreachable(f"{target}: it ended without an answer.")


def _count(status: Dataset, kind: str) -> int:
    return int(status.get(f"NumberOf{kind}Suboperations") or 0)
