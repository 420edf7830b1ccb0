"""A file as an answer, whole or a byte range of it, refusing as everything else here does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from review_ui.dicomweb import ranges
from review_ui.http.problems import answer


class RangedFile(FileResponse):
    """One range of the file where one was asked for that can be understood, else the whole file."""

    def __init__(self, file: Path, media_type: str, headers: Mapping[str, str], name: str | None = None) -> None:
        known = file.stat()
        super().__init__(file, headers=headers, media_type=media_type, filename=name, stat_result=known)
        self._size = known.st_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            part = ranges.parse(Headers(scope=scope).get("range"), self._size)
        except ranges.Unsatisfiable:
            refusal = answer(416, "There are no such bytes.", headers={"Content-Range": f"bytes */{self._size}"})
            await refusal(scope, receive, send)
            return
        if part is None:
            scope = {**scope, "headers": [one for one in scope["headers"] if one[0] != b"range"]}
        await super().__call__(scope, receive, send)
