"""Structured logs that cannot carry patient data: only allow-listed fields leave the process."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

ALLOWED_FIELDS = frozenset(
    {
        "event", "level", "timestamp", "process", "part", "pid", "port", "address", "signal", "exit_code",
        "site", "peer", "ae_title", "called_ae", "association", "receipt", "size", "status", "role", "state",
        "case", "study", "series", "instance", "analysis", "version", "bundle", "step", "tier", "reason_code",
        "images", "expected", "seconds", "attempt", "token", "job", "queue", "task", "count", "error",
        "account", "path", "method", "remedy", "free_gb",
    }
)  # fmt: skip
"""Every key that may appear in a log line. Our own identifiers only: ``study``, ``series`` and
``instance`` are database ids, never DICOM UIDs; ``error`` is an error class or a sentence of ours."""
_FRAMES_SAID = 6


def only_allowed_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every field that is not on the allow-list."""
    return {key: value for key, value in event.items() if key in ALLOWED_FIELDS}


def configure(process: str, level: int = logging.INFO) -> None:
    """Send this process's log lines to standard error, one JSON object a line."""

    def name_process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("process", process)  # a context variable would be missing in other threads
        return event

    structlog.configure(
        processors=[
            name_process,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed_fields,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(capture=True)
    logging.basicConfig(level=logging.WARNING, handlers=[LibraryHandler()], force=True)
    sys.excepthook = lambda kind, _, trace: _uncaught(kind, trace)
    threading.excepthook = lambda died: _uncaught(died.exc_type, died.exc_traceback)


class LibraryHandler(logging.Handler):
    """Says that a library logged a warning, and where; never what, for it may quote a patient's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line of ours for one of theirs."""
        place = f"{record.name}:{Path(record.pathname).name}:{record.lineno}"
        get().warning("library_warning", error=place, level=record.levelname.lower())


def _uncaught(kind: type[BaseException], trace: TracebackType | None) -> None:
    """Say what ended a process or a thread, and where; a traceback's own words may quote a patient's name."""
    frames = traceback.extract_tb(trace)[-_FRAMES_SAID:]
    place = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    get().critical("uncaught", error=kind.__name__, path=place)


def get() -> structlog.typing.FilteringBoundLogger:
    """The logger; cheap enough to call where it is used."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
