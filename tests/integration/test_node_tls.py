"""The door behind TLS, which is the only way it listens beyond loopback."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from dicom_node.scu.association import Target, echo
from dicom_node.server.node import tls_context
from pipeline.domain.errors import PeerUnreachable
from pipeline.testing.running_node import running_node

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run([*make, "-keyout", key, "-out", cert, *subject], check=True, capture_output=True)
    return cert, key


def test_an_association_over_tls_is_answered_and_a_plain_one_is_not(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, _ = certificate
    with running_node(tmp_path, tls=tls_context(*certificate)) as node:
        trusting = ssl.create_default_context(cafile=cert)
        echo(Target("127.0.0.1", node.node.port, "NEUROVIGIE", "SCANNER", trusting))
        with pytest.raises(PeerUnreachable, match="may require TLS"):
            echo(node.target())


def test_a_caller_that_is_silent_during_the_handshake_holds_up_nobody(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, _ = certificate
    with running_node(tmp_path, tls=tls_context(*certificate)) as node:
        silent = socket.create_connection(("127.0.0.1", node.node.port))
        echo(Target("127.0.0.1", node.node.port, "NEUROVIGIE", "SCANNER", ssl.create_default_context(cafile=cert)))
        silent.close()


def test_a_certificate_nobody_vouches_for_is_refused_by_our_sender(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    with running_node(tmp_path, tls=tls_context(*certificate)) as node, pytest.raises(PeerUnreachable):
        echo(Target("127.0.0.1", node.node.port, "NEUROVIGIE", "SCANNER", ssl.create_default_context()))
