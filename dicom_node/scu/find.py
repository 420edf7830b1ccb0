"""Asking another system what it has: C-FIND as user, on the Study Root (PS3.4 C.4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicom_node.scu.association import Target, associate
from pipeline.domain.errors import PeerUnreachable

StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1"
_PENDING = frozenset({0xFF00, 0xFF01})
_SUCCESS = 0x0000


def find_studies(
    target: Target, keys: Mapping[str, str], returned: tuple[str, ...], *, most: int = 500
) -> list[Dataset]:
    """The studies that match ``keys``, with these and ``returned`` in each.

    Raises `PeerUnreachable`, with the reason in a sentence.
    """
    association = associate(target, [(StudyRootFind, ImplicitVRLittleEndian), (StudyRootFind, ExplicitVRLittleEndian)])
    try:
        if not association.accepted_contexts:
            raise PeerUnreachable(f"{target}: it does not offer to be searched (C-FIND, Study Root).")
        return _matches(association, identifier(keys, returned), target, most)
    except (ValueError, RuntimeError) as exc:  # pynetdicom raises these for an association lost under its hands
        raise PeerUnreachable(f"{target}: the association was lost while it searched.") from exc
    finally:
        if association.is_established:
            association.release()


def identifier(keys: Mapping[str, str], returned: tuple[str, ...]) -> Dataset:
    """What is asked at study level; values in UTF-8 where they are not ASCII."""
    asked = Dataset()
    if not all(value.isascii() for value in keys.values()):
        asked.SpecificCharacterSet = "ISO_IR 192"
    asked.QueryRetrieveLevel = "STUDY"
    for keyword in returned:
        setattr(asked, keyword, "")
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


def _matches(association: Any, asked: Dataset, target: Target, most: int) -> list[Dataset]:
    found: list[Dataset] = []
    for status, match in association.send_c_find(asked, StudyRootFind):
        if "Status" not in status:
            raise PeerUnreachable(f"{target}: the association was lost while it searched.")
        if status.Status in _PENDING and match is not None:
            found.append(match)
        elif status.Status != _SUCCESS:
            raise PeerUnreachable(f"{target}: it refused the search (status {status.Status:04X}).")
        if len(found) >= most:
            break
    return found
