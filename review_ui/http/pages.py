"""The built front end, precompressed where the build did so, and a word of help where it was not built."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import NotModifiedResponse

from review_ui.http.files import RangedFile
from review_ui.http.problems import no_such_method, not_found

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>NeuroVigie</title>
<h1>The front end is not built</h1>
<p>Run <code>make web</code>, or <code>npm ci &amp;&amp; npm run build</code> in <code>review_ui/web</code>,
then load this page again. The server itself is running.</p></html>"""

_HASHED = re.compile(r"[.-][0-9A-Za-z_-]{8,}\.\w+$")
"""A name the build made from the content: it can be kept for ever."""
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".wasm": "application/wasm", ".js": "text/javascript", ".mjs": "text/javascript",
          ".webmanifest": "application/manifest+json"}  # fmt: skip


def add_pages(app: FastAPI, folder: Path) -> None:
    """Serve the built front end at /; every path that is no file of it and no API is a page of the application."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        if path.split("/", 1)[0] == "dicom-web":
            raise not_found()
        if path == "api" or path.startswith("api/"):
            return no_such_method(request)
        file = inside(folder, path)
        if file is not None:
            return _file(request, file)
        index = folder / "index.html"
        if "." in path.rsplit("/", 1)[-1]:
            raise not_found()
        return _file(request, index) if index.is_file() else HTMLResponse(NOT_BUILT, 503)


def inside(folder: Path, path: str) -> Path | None:
    """The file of this name below ``folder``, if there is one and it is truly below it."""
    if not path or "\0" in path:
        return None
    try:
        file = (folder / path).resolve()
        found = file.is_relative_to(folder.resolve()) and file.is_file()
    except OSError:  # a name longer than a file system allows
        return None
    return file if found else None


def _file(request: Request, file: Path) -> Response:
    kept = "public, max-age=31536000, immutable" if _HASHED.search(file.name) else "no-cache"
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    sent = file
    for encoding, suffix in _ENCODINGS:
        squeezed = file.with_name(file.name + suffix)
        if encoding in request.headers.get("accept-encoding", "") and squeezed.is_file():
            sent, headers["Content-Encoding"] = squeezed, encoding
            break
    response = RangedFile(sent, media_type, headers)
    if request.headers.get("if-none-match") == response.headers.get("etag"):
        return NotModifiedResponse(response.headers)
    return response
