"""Other systems, pretended on this machine: an HTTP service and a mail server that keep what they are given."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass(slots=True)
class Heard:
    """One request: where it went, its headers in small letters, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """An HTTP service that answers everything with one status."""

    status: int = 200
    port: int = 0
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def http_listener(status: int = 200) -> Iterator[Listener]:
    """A listener for as long as the block lasts."""
    listener = Listener(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.heard.append(Heard(self.path, headers, self.rfile.read(length)))
            self.send_response(listener.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.port = server.server_port
        with _serving(server):
            yield listener


@dataclass(slots=True)
class MailServer:
    """A mail server: what it answers to the recipient, and the mails it took."""

    answer: str = "250 ok"
    port: int = 0
    mails: list[str] = field(default_factory=list)


@contextmanager
def mail_server(answer: str = "250 ok") -> Iterator[MailServer]:
    """A mail server for as long as the block lasts; ``answer`` is what it says to RCPT."""
    kept = MailServer(answer)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 test")
            while line := self.rfile.readline().decode("utf-8", "replace").strip():
                word = line.split(":")[0].split()[0].upper()
                if word == "QUIT":
                    self._say("221 bye")
                    return
                if word == "DATA":
                    self._say("354 go on")
                    kept.mails.append(self._data())
                self._say(kept.answer if word == "RCPT" else "250 ok")

        def _data(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode("utf-8", "replace")).strip("\r\n") != ".":
                lines.append(line)
            return "".join(lines)

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        with _serving(server):
            yield kept


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
