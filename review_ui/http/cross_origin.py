"""The one other origin that may read DICOMweb from a browser: the viewer an administrator named."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SERVICE = "/dicom-web"
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "Authorization, Accept, Range, If-None-Match, If-Range",
    "Access-Control-Max-Age": "600",
}
_EXPOSED = "Content-Range, ETag, Warning"


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as a browser names an origin; empty for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


class AnswersOtherViewers:
    """Lets ``origin`` read, with a token it was given and never with the browser's own session."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if not self._concerns(scope):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            allowed = {"Access-Control-Allow-Origin": self._origin, "Vary": "Origin", **_ALLOWED}
            await Response(status_code=204, headers=allowed)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = self._origin
                headers["Access-Control-Expose-Headers"] = _EXPOSED
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                headers.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, with_headers)

    def _concerns(self, scope: Scope) -> bool:
        if scope["type"] != "http" or not self._origin or not scope["path"].startswith(_SERVICE):
            return False
        return Headers(scope=scope).get("origin", "").lower() == self._origin
