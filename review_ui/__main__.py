"""``python -m review_ui``: the process that serves the desk."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from types import FrameType

from pydantic import ValidationError

from pipeline import logs
from pipeline.database.engine import connect
from pipeline.domain.errors import ConfigurationError
from pipeline.settings import Settings
from review_ui.app import create_app
from review_ui.metrics.token import make_token
from review_ui.server import listen, make_server, refuse_open_without_tls

_CONNECTIONS = 8


def main() -> int:
    """Serve until asked to stop; 2 with one sentence when the settings do not allow it."""
    logs.configure("web")
    try:
        serve(_settings())
    except ConfigurationError as error:
        logs.get().error("not_started", error=str(error))
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


def serve(settings: Settings) -> None:
    """Put the desk together and serve it; raises `ConfigurationError`."""
    refuse_open_without_tls(settings)
    if not settings.database_url:
        raise ConfigurationError("DATABASE_URL is not set; `neurovigie up` sets it for its embedded PostgreSQL.")
    folders = settings.folders
    make_token(folders.root)
    engine = connect(settings.database_url, connections=_CONNECTIONS)
    app = create_app(settings, engine, folders.vault, folders.derived, lambda: datetime.now(UTC))
    server = make_server(app, settings)
    with listen(settings) as listening:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        server.run(sockets=[listening])


def _leave(_: int, __: FrameType | None) -> None:
    """End with status 0: uvicorn hands a signal back after it has shut down cleanly, and that is no failure."""
    raise SystemExit(0)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = ", ".join(str(one["loc"][0]) for one in error.errors())
        raise ConfigurationError(f"These settings are not understood: {wrong}.") from error


if __name__ == "__main__":
    sys.exit(main())
