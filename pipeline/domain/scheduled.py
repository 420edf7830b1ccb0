"""The names an open request has on a scanner's worklist, from which the images that follow are known again."""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID

_LETTERS = 12


def study_uid_of(request_id: UUID) -> str:
    """The StudyInstanceUID offered for a request: 2.25 and its id as a number (PS3.5 B.2)."""
    return f"2.25.{request_id.int}"


def number_of(request_id: UUID) -> str:
    """The AccessionNumber offered for a request, RequestedProcedureID too: 14 of the 16 characters of an SH."""
    digest = hashlib.sha256(request_id.bytes).digest()
    return "NV" + base64.b32encode(digest).decode("ascii")[:_LETTERS]
