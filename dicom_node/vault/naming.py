"""Names of our own making: digests, never a DICOM value."""

from __future__ import annotations

import re
from hashlib import sha256

from dicom_node.vault.header import InstanceIds

PATH = re.compile(r"studies/[0-9a-f]{32}/[0-9a-f]{24}-[0-9a-f]{24}\.dcm")
"""The only shape a path of the vault has."""


def digest(data: bytes | memoryview) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(data).hexdigest()


def instance_path(site_id: str, ids: InstanceIds, data_set_sha256: str) -> str:
    """Where an instance lies, relative to the vault: the same bytes from the same site, the same path."""
    study = study_folder(site_id, ids.StudyInstanceUID)
    instance = digest(ids.SOPInstanceUID.encode())[:24]
    return f"studies/{study}/{instance}-{data_set_sha256[:24]}.dcm"


def study_folder(site_id: str, StudyInstanceUID: str) -> str:
    """The name of the folder of a site's study."""
    return digest(f"{site_id}\0{StudyInstanceUID}".encode())[:32]


def slot(path: str, slots: int) -> int:
    """Which of so many locks guards a path: its name ends with the beginning of the data set's digest."""
    return int(path[-28:-20], 16) % slots


def pending_name(path: str) -> str:
    """The name under which an instance waits for the index."""
    _, study, name = path.split("/")
    return f"{study}-{name}"


def path_of_pending(name: str) -> str:
    """The instance path of a pending name."""
    study, _, rest = name.partition("-")
    return f"studies/{study}/{rest}"
