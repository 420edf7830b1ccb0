"""No patient data in a log line, whoever forgets."""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from pipeline import logs


@contextmanager
def configured() -> Iterator[None]:
    """Logs as a process of ours writes them, to what is standard error now; everything is put back."""
    handlers, level = logging.root.handlers[:], logging.root.level
    hooks = sys.excepthook, threading.excepthook
    logs.configure("test")
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hooks
        logging.captureWarnings(capture=False)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def test_a_field_that_is_not_allowed_never_reaches_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        structlog.get_logger().info("stored", site="carhaix", PatientName="Doe^Jane", StudyInstanceUID="1.2.3")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "stored"
    assert line["site"] == "carhaix"
    assert "Doe" not in json.dumps(line)
    assert "1.2.3" not in json.dumps(line)


def test_what_a_library_warns_about_is_said_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with configured(), warnings.catch_warnings():
        logging.getLogger("pydicom").warning("Invalid value for VR PN: Doe^Jane")
        warnings.simplefilter("always")
        warnings.warn("patient Doe^Jane", UserWarning, stacklevel=1)
    written = capsys.readouterr().err
    assert "pydicom:test_logs.py" in written
    assert "Doe" not in written


def broken() -> None:
    raise ValueError("Invalid value for VR PN: Doe^Jane")


def test_what_ends_a_thread_is_said_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
    _says_where_and_no_more(capsys.readouterr().err)


def test_what_ends_a_process_is_said_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="Doe") as raised:
        broken()
    with configured():
        sys.excepthook(raised.type, raised.value, raised.tb)
    _says_where_and_no_more(capsys.readouterr().err)


def _says_where_and_no_more(written: str) -> None:
    line = json.loads(written)
    assert (line["event"], line["error"]) == ("uncaught", "ValueError")
    assert line["path"].startswith("test_logs.py:")
    assert "Doe" not in written


def test_the_allow_list_holds_no_dicom_keyword() -> None:
    assert not [name for name in logs.ALLOWED_FIELDS if name[0].isupper() or name.startswith("patient")]
