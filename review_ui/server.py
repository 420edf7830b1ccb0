"""The desk's own web server: what it refuses to do, how it starts and how it stops."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl

import structlog
import uvicorn
from fastapi import FastAPI

from pipeline.domain.errors import ConfigurationError, PortTaken
from pipeline.settings import Settings

_GRACE_S = 5
"""How long open requests may take to end once the server was asked to stop."""


class DeskServer(uvicorn.Server):
    """Says when it is ready, and ends the event streams first when it is asked to stop."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then log that the desk is ready."""
        await super().startup(sockets)
        if self.started and sockets:
            address, port = sockets[0].getsockname()[:2]
            structlog.get_logger().info("ready", address=address, port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would never end by themselves, then everything else."""
        structlog.get_logger().info("stopping")
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.desk.hub.close()
        await super().shutdown(sockets)


def make_server(app: FastAPI, settings: Settings) -> DeskServer:
    """A server for these settings; raises `ConfigurationError` when they are unsafe or wrong."""
    refuse_open_without_tls(settings)
    config = uvicorn.Config(
        app,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=30,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"The TLS certificate and key cannot be used ({type(error).__name__}); check --cert and --key."
        ) from error
    return DeskServer(config)


def refuse_open_without_tls(settings: Settings) -> None:
    """Raise `ConfigurationError` unless the desk is on loopback or speaks TLS."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise ConfigurationError("A certificate needs its key and a key its certificate: give both --cert and --key.")
    if settings.tls_cert is None and not is_loopback(settings.web_host):
        raise ConfigurationError(
            f"The desk does not listen on {settings.web_host} without TLS: give --cert and --key, "
            "or stay on 127.0.0.1 behind a proxy that speaks TLS."
        )


def is_loopback(host: str) -> bool:
    """Whether only this very machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(settings: Settings) -> socket.socket:
    """The listening socket; raises `PortTaken`, or `ConfigurationError` for an address that is not ours."""
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    try:
        return socket.create_server((settings.web_host, settings.web_port), family=family, backlog=2048)
    except PermissionError as error:
        raise ConfigurationError(f"Port {settings.web_port} needs more rights; choose one above 1023.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {settings.web_port} is already in use; set another with NEUROVIGIE_WEB_PORT."
            ) from error
        raise ConfigurationError(f"{settings.web_host} is not an address of this machine.") from error
