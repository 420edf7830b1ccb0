"""Files and folders taken into the vault, with the same promise as by C-STORE: said is durable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from dicom_node import admission
from dicom_node.scu.outgoing import find_files, read_outgoing
from dicom_node.vault.held import examine
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import BadInput, NoDicomFound, NotDicom, VaultError, VaultFull
from pipeline.domain.receipt import Arrival

AE_TITLE = "IMPORT"
"""Who is said to have sent what was imported."""

MOST_META = 1 << 20
"""Bytes before the data set; a file longer than this and the largest data set is not read at all."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of one file: ``why`` is empty once it is durable, ``duplicate`` when it was there already."""

    path: Path
    why: str = ""
    duplicate: bool = False
    is_dicom: bool = True


def take_in(
    paths: Iterable[Path], site_id: str, vault: SimpleVault, largest: int, now: Callable[[], datetime]
) -> Iterator[TakenIn]:
    """Store every DICOM file below ``paths`` for a site; the node's index hears of them by itself.

    Raises `NoDicomFound` for a path that does not exist, `VaultFull` when the disk is.
    """
    association = f"import-{uuid4().hex}"
    for path, asked_for in find_files(paths):
        try:
            if path.stat().st_size > largest + MOST_META:
                yield TakenIn(path, admission.too_large(largest).comment, is_dicom=asked_for or _calls_itself(path))
                continue
            yield _store(path, Arrival(site_id, AE_TITLE, association, now(), "", "", ""), vault, largest)
        except NotDicom as exc:
            yield TakenIn(path, str(exc), is_dicom=asked_for)
        except (NoDicomFound, VaultFull):
            raise
        except (BadInput, VaultError) as exc:
            yield TakenIn(path, str(exc))
        except OSError as exc:
            yield TakenIn(path, f"The file cannot be read: {exc.strerror or 'unknown error'}.")


def _calls_itself(path: Path) -> bool:
    """Whether a file says that it is DICOM (PS3.10 7.1)."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _store(path: Path, arrival: Arrival, vault: SimpleVault, largest: int) -> TakenIn:
    file = read_outgoing(path)
    body = path.read_bytes()[file.data_set_offset :]
    if len(body) > largest:
        return TakenIn(path, admission.too_large(largest).comment)
    held = examine(body, file.TransferSyntaxUID)
    agreed = admission.agree(held.ids, file.SOPClassUID)
    if agreed != admission.SUCCESS:
        return TakenIn(path, agreed.comment)
    came = replace(
        arrival,
        SOPClassUID=file.SOPClassUID,
        SOPInstanceUID=held.ids.SOPInstanceUID,
        TransferSyntaxUID=file.TransferSyntaxUID,
    )
    return TakenIn(path, duplicate=vault.keep(held, came).duplicate)
