"""Results go back by STOW-RS over TLS: sent only when the service said so of that very object."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from dicom_node.scu.stow import check_url
from pipeline.domain.errors import BadInput
from pipeline.testing.depot import Depot
from pipeline.testing.instances import TinySlice

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@dataclass
class Service:
    """A DICOMweb service that answers as the test wrote, and remembers what it was asked."""

    url: str = ""
    status: int = 200
    answer: dict[str, Any] | str = field(default_factory=dict)
    location: str = ""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


def stored(*objects: TinySlice) -> dict[str, Any]:
    items = [{"00081155": {"vr": "UI", "Value": [one.SOPInstanceUID]}} for one in objects]
    return {"00081199": {"vr": "SQ", "Value": items}}


def refused(one: TinySlice, reason: int) -> dict[str, Any]:
    item = {"00081155": {"vr": "UI", "Value": [one.SOPInstanceUID]}, "00081197": {"vr": "US", "Value": [reason]}}
    return {"00081198": {"vr": "SQ", "Value": [item]}}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run([*make, "-keyout", key, "-out", cert, *subject], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def service(certificate: tuple[Path, Path]) -> Iterator[Service]:
    said = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said.asked.append((self.path, dict(self.headers), self._body()))
            answer = said.answer if isinstance(said.answer, str) else json.dumps(said.answer)
            self.send_response(said.status)
            if said.location:
                self.send_header("Location", said.location)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def _body(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        said.url = f"https://127.0.0.1:{server.server_address[1]}/dicom-web"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield said
        server.shutdown()
        thread.join()


def test_a_service_that_says_it_stored_the_object_has_it_and_gets_none_of_our_own_file_meta(
    depot: Depot, service: Service, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    depot.stow_on(service.url, ca_path=str(certificate[0]), token_path=str(token))
    ours = depot.result()
    service.answer = stored(ours)
    sent = depot.look_until("sent")
    assert (sent.sent_at, sent.next_at) == (depot.now, None)
    ((path, headers, body),) = service.asked
    assert path == "/dicom-web/studies"
    assert headers["Authorization"] == "Bearer s3cret"
    part = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    received = dcmread(BytesIO(part))
    assert received.SOPInstanceUID == ours.SOPInstanceUID
    assert "PrivateInformation" not in received.file_meta
    assert part[:128] == bytes(128)


def test_one_object_refused_and_one_stored_are_two_answers(
    depot: Depot, service: Service, certificate: tuple[Path, Path]
) -> None:
    depot.stow_on(service.url, ca_path=str(certificate[0]))
    good, bad = depot.result(1), depot.result(2)
    service.status, service.answer = 202, stored(good) | refused(bad, 0xA900)
    depot.look_until("sent", "failed_will_retry")
    states = {row.state: row.why for row in depot.rows()}
    assert states == {"sent": "", "failed_will_retry": "the service refused it (failure reason A900)"}


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (200, {}, "the service did not say what became of it"),
        (200, "<html>all is well</html>", "does not say which objects it stored"),
        (200, "[1]", "does not say which objects it stored"),
        (503, "", "HTTP status 503"),
        (401, "", "HTTP status 401"),
    ],
)
def test_no_other_answer_is_taken_for_success(
    depot: Depot, service: Service, certificate: tuple[Path, Path], status: int, answer: dict[str, Any] | str, why: str
) -> None:
    depot.stow_on(service.url, ca_path=str(certificate[0]))
    depot.result()
    service.status, service.answer = status, answer
    failed = depot.look_until("failed_will_retry")
    assert why in failed.why
    assert failed.sent_at is None


def test_a_redirection_is_not_followed(depot: Depot, service: Service, certificate: tuple[Path, Path]) -> None:
    depot.stow_on(service.url, ca_path=str(certificate[0]))
    depot.result()
    service.status, service.location = 307, service.url + "/elsewhere"
    assert "HTTP status 307" in depot.look_until("failed_will_retry").why
    assert len(service.asked) == 1


def test_a_service_whose_certificate_nobody_vouches_for_gets_nothing(depot: Depot, service: Service) -> None:
    depot.stow_on(service.url)
    depot.result()
    assert "certificate is not trusted" in depot.look_until("failed_will_retry").why
    assert service.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://pacs.example/web",
        "ftp://pacs",
        "pacs.example",
        "https://me:secret@pacs.example",
        "https://p.example?a=1",
    ],
)
def test_an_address_without_tls_or_with_a_secret_in_it_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        check_url(url)
