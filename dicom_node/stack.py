"""How pynetdicom is set up in this process: silent, and without opinions on identifiers."""

from __future__ import annotations

import logging
from typing import Any

from pynetdicom import _config

from pipeline.assembly.charsets import read_chinese_escapes

LONGEST_UID = 4096
"""Longer than any sane identifier; what arrives is kept under a digest, so length harms nothing."""


def set_up_pynetdicom() -> None:
    """Set pynetdicom's process-wide switches; called once, by a process's composition root.

    Its log lines may carry identifiers and whole data sets, so none of them leaves the process: what
    matters is logged by us. Unknown and private SOP classes are taken as storage: an image must not be
    lost because its class is newer than our tables.
    """
    read_chinese_escapes()
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    _config.LOG_HANDLER_LEVEL = "none"
    _config.UNRESTRICTED_STORAGE_SERVICE = True
    _config.VALIDATORS["UI"] = _any_uid


def _any_uid(value: Any) -> tuple[bool, str]:
    return len(value) <= LONGEST_UID, "is too long"
