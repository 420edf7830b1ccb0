"""What must hold before anything starts: a free home, room on the disk, free ports, TLS beyond loopback."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import IO

import psutil
from pydantic import ValidationError

from pipeline.domain.errors import ConfigurationError, DiskNearlyFull, HomeInUse, PortTaken
from pipeline.home import Home
from pipeline.settings import Settings

LEAST_FREE_BYTES = 512 << 20
"""A head CT is 20 MB and the database's own log may take half a gigabyte."""


def read_settings(**chosen: object) -> Settings:
    """The settings from the environment, with what the command line chose; one sentence if one is wrong."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        name = name if name == "DATABASE_URL" else f"NEUROVIGIE_{name}"
        raise ConfigurationError(f"The setting {name} is wrong: {first['msg']}.") from error


@dataclass(slots=True)
class HomeLock:
    """The home, held by this process; the kernel lets go of it when the process ends, however it ends."""

    file: IO[str]

    def say(self, **facts: object) -> None:
        """Write who holds it, for a person and for `neurovigie doctor`."""
        self.file.seek(0)
        self.file.truncate()
        json.dump(facts, self.file)
        self.file.flush()


def take_home(home: Home) -> HomeLock:
    """Make the home if need be and hold it; raises `HomeInUse`."""
    make_home(home)
    file = home.lock.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = holder_of(home).get("pid", "unknown")
        file.close()
        raise HomeInUse(
            f"NeuroVigie is already running on {home.root} (process {holder}); stop it or choose another --home."
        ) from error
    lock = HomeLock(file)
    lock.say(pid=os.getpid())
    return lock


def make_home(home: Home) -> None:
    """Make the home's folder, closed to other users."""
    if home.root.exists() and not home.root.is_dir():
        raise ConfigurationError(f"{home.root} is not a folder; choose another --home.")
    try:
        if not home.root.exists():
            home.root.mkdir(mode=0o700, parents=True)
        for folder in (home.vault, home.derived, home.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{home.root} cannot be written ({error.strerror}); choose another --home.") from error


def holder_of(home: Home) -> dict[str, object]:
    """What the process that holds the home wrote about itself; empty when there is none."""
    try:
        said = json.loads(home.lock.read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def is_held(home: Home) -> bool:
    """Whether a supervisor runs on this home."""
    if not home.lock.exists():
        return False
    with home.lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def check_disk(home: Home, watermark: float) -> None:
    """Raise `DiskNearlyFull` when the vault would soon refuse images."""
    usage = shutil.disk_usage(home.root)
    share = 1 - usage.free / usage.total
    if usage.free < LEAST_FREE_BYTES or share >= watermark:
        raise DiskNearlyFull(
            f"The disk of {home.root} is {share:.0%} full ({usage.free / 1e9:.1f} GB free); "
            "free some space or choose another --home."
        )


def check_port(host: str, port: int, option: str) -> None:
    """Raise `PortTaken`, naming who has it where the system tells."""
    if port == 0:
        return
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigurationError(f"The address {host} is unknown; choose another --host.") from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} cannot be used{_user_of(port)}; choose another {option}."
            ) from error


def check_tls(settings: Settings) -> None:
    """Raise `ConfigurationError` for an address beyond loopback without TLS, or an unusable certificate."""
    cert, key = settings.tls_cert, settings.tls_key
    if (cert is None) != (key is None):
        raise ConfigurationError("TLS needs both --cert and --key.")
    for host in (settings.web_host, settings.dicom_host):
        if cert is None and not is_loopback(host):
            raise ConfigurationError(
                f"Nothing listens beyond this machine without TLS, and {host} is beyond it; "
                "give --cert and --key, or stay on 127.0.0.1 behind a proxy that does TLS."
            )
    if cert is not None:
        _load(cert, key)


def is_loopback(host: str) -> bool:
    """Whether an address or name stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free_port() -> int:
    """A port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _load(cert: Path, key: Path | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"The certificate {cert} and its key cannot be used ({error.strerror or error}); check both files."
        ) from error


def _user_of(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid and connection.status == "LISTEN":
                return f": {psutil.Process(connection.pid).name()} (process {connection.pid}) has it"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return ""
    return ""
