"""A mail server, pretended on this machine, in the clear or behind TLS; it keeps what it is given and hears."""

from __future__ import annotations

import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import cast

from pipeline.testing.listeners import serving


@dataclass(slots=True)
class MailServer:
    """A mail server: what it answers to the recipient, the mails it took, and every command it heard in the clear."""

    answer: str = "250 ok"
    port: int = 0
    mails: list[str] = field(default_factory=list)
    in_the_clear: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tls:
    """Its certificate, and whether TLS begins with the connection or by STARTTLS."""

    context: ssl.SSLContext
    implicit: bool = False


@contextmanager
def mail_server(answer: str = "250 ok", tls: Tls | None = None) -> Iterator[MailServer]:
    """A mail server for as long as the block lasts; ``answer`` is what it says to RCPT."""
    kept = MailServer(answer)

    class Handler(_Conversation):
        server_kept = kept
        server_tls = tls

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        with serving(server):
            yield kept


class _Conversation(socketserver.StreamRequestHandler):
    server_kept: MailServer
    server_tls: Tls | None
    secure = False

    def handle(self) -> None:
        try:
            if self.server_tls and self.server_tls.implicit:
                self._secure(self.server_tls)
            self._say("220 test")
            while self._answered(self.rfile.readline().decode("utf-8", "replace").strip()):
                pass
        except OSError:  # TLS was refused, or the line was cut
            return

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _answered(self, line: str) -> bool:
        if not line:
            return False
        if not self.secure:
            self.server_kept.in_the_clear.append(line)
        word = line.split(":", maxsplit=1)[0].split(maxsplit=1)[0].upper()
        act = getattr(self, f"_{word.lower()}", None)
        if act is not None:
            return bool(act(line))
        self._say(self.server_kept.answer if word == "RCPT" else "250 ok")
        return True

    def _ehlo(self, _: str) -> bool:
        offered = self.server_tls is not None and not self.secure
        self._say("250-test" if offered else "250-test\r\n250-AUTH PLAIN")
        self._say("250 STARTTLS" if offered else "250 ok")
        return True

    def _starttls(self, _: str) -> bool:
        if self.server_tls is None:
            self._say("502 no")
            return True
        self._say("220 go on")
        self._secure(self.server_tls)
        return True

    def _auth(self, line: str) -> bool:
        self.server_kept.signed_in.append(line)
        self._say("235 ok")
        return True

    def _data(self, _: str) -> bool:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline().decode("utf-8", "replace")).strip("\r\n") != ".":
            lines.append(line)
        self.server_kept.mails.append("".join(lines))
        self._say("250 ok")
        return True

    def _quit(self, _: str) -> bool:
        self._say("221 bye")
        return False

    def _secure(self, tls: Tls) -> None:
        self.connection = tls.context.wrap_socket(self.connection, server_side=True)
        self.rfile = cast("BufferedIOBase", self.connection.makefile("rb"))
        self.wfile = cast("BufferedIOBase", self.connection.makefile("wb", 0))
        self.secure = True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
