"""Around every request: security headers, the access log, and the last catch."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from time import monotonic

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review_ui.http.problems import answer

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the decoders of the viewer are WebAssembly
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "img-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONE_YEAR_OF_TLS = "max-age=31536000"


class SecurityHeaders:
    """Adds the headers that keep the pages to themselves; answers of the API are not kept unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, with_headers)


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith(("/api/", "/dicom-web")):
        headers.setdefault("Cache-Control", "no-store")
    if scope["scheme"] == "https":
        headers.setdefault("Strict-Transport-Security", _ONE_YEAR_OF_TLS)


class AccessLog:
    """One line per request that says something: the route's pattern, never the address itself, which names studies."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = monotonic) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; an error nobody expected ends here, as a 500 and a line without its values."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = self._clock(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - the outermost catch; the values in the message may be a patient's
            structlog.get_logger().error("request_failed", path=_pattern(scope), error=where(error))
            if status == 0:
                await answer(500, "The desk met an error it did not expect.", code="internal")(scope, receive, noting)
        finally:
            if not _chatter(_pattern(scope), status):
                structlog.get_logger().info(
                    "request",
                    method=scope["method"],
                    path=_pattern(scope),
                    status=status,
                    seconds=round(self._clock() - began, 4),
                )


_CHATTER = ("/frames/{numbers}", "/events", "/status", "/metrics")
"""Ends of the routes that go well hundreds of times a case, or every few seconds for ever."""


def _chatter(path: str, status: int) -> bool:
    """Whether a line about this would only hide the others; a refusal or a failure is never chatter."""
    return status in {200, 206, 304} and path.endswith(_CHATTER)


def where(error: BaseException) -> str:
    """An error's class and the line it came from, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _pattern(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "(no route)"))


_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that change something; any other is no route's."""


class RequiresOurHeader:
    """Refuses every changing request without ``X-NeuroVigie: 1``, which no other site can make a browser send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        changing = scope["type"] == "http" and scope["method"] in _CHANGING
        if changing and not _by_token(scope) and Headers(scope=scope).get("x-neurovigie") != "1":
            refusal = answer(403, "The header X-NeuroVigie: 1 is missing.", code="csrf")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _by_token(scope: Scope) -> bool:
    """Whether a system stores by DICOMweb: its route looks at the token alone, which no other site can send."""
    scheme = Headers(scope=scope).get("authorization", "").partition(" ")[0]
    return _stores(scope) and scheme.lower() == "bearer"


def _stores(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "POST" and (path == "/dicom-web/studies" or path.startswith("/dicom-web/studies/"))


LONGEST_BODY = 256 * 1024
"""Bytes a request may carry: forms, never images, which come through the DICOM door."""


class LimitsBodies:
    """Refuses a request that carries more than the desk has any use for, before it fills the memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; images that are stored have bounds of their own (`review_ui.dicomweb.receiving`)."""
        if scope["type"] == "http" and _stores(scope):
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0") if scope["type"] == "http" else "0"
        if declared.isdigit() and int(declared) > LONGEST_BODY:
            await answer(413, "That is more than this service takes.")(scope, receive, send)
            return
        carried = 0

        async def counting() -> Message:
            nonlocal carried
            message = await receive()
            carried += len(message.get("body", b""))
            if carried > LONGEST_BODY:
                raise HTTPException(413)
            return message

        await self._app(scope, counting, send)
