"""E-mail by SMTP, over TLS unless the mail server is on this very machine."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

from pipeline.clerk.notify.carrier import Message, Person
from pipeline.clerk.notify.posting import is_this_machine, read_secret
from pipeline.domain.errors import BadInput
from pipeline.domain.notification import Setback

_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends from ``sender`` through ``host``; ``tls`` is starttls, tls, or none on this machine only."""

    host: str
    port: int
    sender: str
    tls: str = "starttls"
    user: str = ""
    secret_path: str = ""

    def __post_init__(self) -> None:
        if self.tls not in {"starttls", "tls", "none"}:
            raise BadInput("TLS is one of starttls, tls and none.")
        if self.tls == "none" and not is_this_machine(self.host):
            raise BadInput("Nothing leaves this machine without TLS: use starttls or tls.")

    def carry(self, message: Message, to: Person) -> Setback | None:
        """Hand the message over."""
        if not to.email:
            return Setback("no e-mail address is known", hopeless=True)
        password = read_secret(self.secret_path)
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, password)
                server.send_message(self._written(message, to))
        except smtplib.SMTPResponseException as error:
            return Setback(f"answered {error.smtp_code}", hopeless=error.smtp_code >= 500)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            return Setback(f"the address was refused ({code})", hopeless=code >= 500)
        except (smtplib.SMTPException, OSError) as error:
            return Setback(f"no answer ({type(error).__name__})")
        return None

    def _connected(self) -> smtplib.SMTP:
        trusted = ssl.create_default_context()
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_S, context=trusted)
        server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_S)
        if self.tls == "starttls":
            try:
                server.starttls(context=trusted)
            except (smtplib.SMTPException, OSError):
                server.close()
                raise
        return server

    def _written(self, message: Message, to: Person) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, to.email, message.text
        mail["Message-ID"] = f"<{message.token}@neurovigie>"
        mail.set_content(f"{message.text}\n\n{message.link}\n")
        return mail
