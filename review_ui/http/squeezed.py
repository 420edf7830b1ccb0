"""A long JSON answer, compressed for whoever takes that: on the line a worklist is a tenth of itself."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

from fastapi import Response

_WORTH_IT = 2048
_LEVEL = 1
"""Names and times repeat so much that a higher level costs three times the processor for a few per cent."""


def squeezed(headers: Mapping[str, str], body: bytes) -> Response:
    """This JSON, compressed where it is long enough and the client takes it."""
    sent = {"Vary": "Accept-Encoding"}
    if len(body) > _WORTH_IT and "gzip" in headers.get("accept-encoding", ""):
        sent["Content-Encoding"] = "gzip"
        body = gzip.compress(body, _LEVEL, mtime=0)
    return Response(body, media_type="application/json", headers=sent)
