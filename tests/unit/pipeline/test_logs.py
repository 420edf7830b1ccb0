"""No patient data in a log line, whoever forgets."""

from __future__ import annotations

import json
import logging
import warnings

import pytest
import structlog

from pipeline import logs


def test_a_field_that_is_not_allowed_never_reaches_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("test")
    try:
        structlog.get_logger().info("stored", site="carhaix", PatientName="Doe^Jane", StudyInstanceUID="1.2.3")
    finally:
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "stored"
    assert line["site"] == "carhaix"
    assert "Doe" not in json.dumps(line)
    assert "1.2.3" not in json.dumps(line)


def test_what_a_library_warns_about_is_said_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.configure("test")
    try:
        logging.getLogger("pydicom").warning("Invalid value for VR PN: Doe^Jane")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("patient Doe^Jane", UserWarning, stacklevel=1)
    finally:
        logging.captureWarnings(capture=False)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    written = capsys.readouterr().err
    assert "pydicom:test_logs.py" in written
    assert "Doe" not in written


def test_the_allow_list_holds_no_dicom_keyword() -> None:
    assert not [name for name in logs.ALLOWED_FIELDS if name[0].isupper() or name.startswith("patient")]
