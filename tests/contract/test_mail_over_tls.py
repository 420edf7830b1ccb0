"""E-mail leaves this machine only behind TLS, to the server whose name its certificate bears, and names no patient."""

from __future__ import annotations

import email
import email.policy
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.clerk.notify.carrier import Person
from pipeline.clerk.notify.mail import Mail
from pipeline.testing.carrier_contract import MESSAGE
from pipeline.testing.mail import MailServer, Tls, mail_server

ANNE = Person("id", email="anne@chu.example")
BOTH = pytest.mark.parametrize("tls", ["starttls", "tls"])


def certificate(folder: Path, address: str, *, days: int = 2) -> Path:
    """A certificate that vouches for itself and for one address, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{address}-{days}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


def behind(file: Path, tls: str) -> Tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Tls(context, implicit=tls == "tls")


def mail(server: MailServer, tls: str, secret: Path | None = None) -> Mail:
    user = "neurovigie" if secret else ""
    return Mail("127.0.0.1", server.port, "nv@chu.example", tls, user, str(secret or ""))


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate this machine trusts, as an administrator adds the hospital's own authority."""
    file = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@BOTH
def test_a_mail_arrives_and_neither_it_nor_the_password_was_in_the_clear(
    tmp_path: Path, trusted: Path, tls: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    with mail_server(tls=behind(trusted, tls)) as server:
        assert mail(server, tls, secret).carry(MESSAGE, ANNE) is None
    assert len(server.mails) == len(server.signed_in) == 1
    assert {line.split()[0].upper() for line in server.in_the_clear} <= {"EHLO", "STARTTLS"}


def test_a_mail_says_tier_and_site_and_an_opaque_link_and_nothing_else(trusted: Path) -> None:
    with mail_server(tls=behind(trusted, "starttls")) as server:
        mail(server, "starttls").carry(MESSAGE, ANNE)
    (taken,) = server.mails
    told = email.message_from_bytes(taken.encode(), policy=email.policy.default)
    assert told.get_content().split() == [*MESSAGE.text.split(), MESSAGE.link]
    assert told["Subject"] == MESSAGE.text
    harmless = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert set(told.keys()) - harmless == {"From", "To", "Subject", "Message-ID"}
    assert (told["Message-ID"], told["To"]) == ("<opaque@neurovigie>", ANNE.email)


@BOTH
@pytest.mark.parametrize("wrong", ["unknown", "another's", "expired"])
def test_a_wrong_certificate_is_refused_before_anything_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str, wrong: str
) -> None:
    file = certificate(
        tmp_path, "127.0.0.2" if wrong == "another's" else "127.0.0.1", days=-1 if wrong == "expired" else 2
    )
    if wrong != "unknown":
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with mail_server(tls=behind(file, tls)) as server:
        said = mail(server, tls).carry(MESSAGE, ANNE)
    assert said is not None
    assert (said.hopeless, said.why) == (False, "no answer (SSLCertVerificationError)")
    assert server.mails == []
    assert not any(word in " ".join(server.in_the_clear) for word in ("MAIL", "RCPT", ANNE.email, "Carhaix"))


def test_a_server_that_offers_no_tls_is_told_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret", encoding="utf-8")
    with mail_server() as server:
        said = mail(server, "starttls", secret).carry(MESSAGE, ANNE)
    assert said is not None
    assert said.why == "no answer (SMTPNotSupportedError)"
    assert server.mails == server.signed_in == []
    assert {line.split()[0].upper() for line in server.in_the_clear} <= {"EHLO", "QUIT"}
