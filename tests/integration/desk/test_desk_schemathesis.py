"""Whatever is sent, the API answers as it describes itself, and never with an error of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from review_ui.http.description import COOKIE
from tests.integration.desk.whole_case import WholeCase

EXAMPLES = os.environ.get("NEUROVIGIE_API_EXAMPLES", "2")
"""Calls of each operation and kind; a longer run is asked for by this variable (docs/api.md)."""
BRIEFLY = int(EXAMPLES) < 10
WHO = ("expert",) if BRIEFLY else ("expert", "coordinator", "carhaix", "auditor")
PHASES = "fuzzing" if BRIEFLY else "examples,coverage,fuzzing"
LONGEST_S = 60 * 60
SAME_EVERY_TIME = "20261122"

LEFT_OUT = (
    "--header", "X-NeuroVigie: 1",  # without it a wrong method is refused for that first
    "--exclude-path-regex", "^/dicom-web",  # DICOMweb is PS3.18's to describe, and not JSON
    "--exclude-checks", "positive_data_acceptance",  # that a duty ends after it starts is no schema's
    "--exclude-path", "/api/v1/events",  # never ends
    "--exclude-by", "operation.method == 'DELETE' and operation.path == '/api/v1/session'",  # would sign us out
)  # fmt: skip


@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("name", WHO)
def test_whatever_is_sent_is_answered_as_described(desk: Any, tmp_path: Path, name: str) -> None:
    whole = WholeCase(desk)
    config = tmp_path / "schemathesis.toml"
    config.write_text(known_parts(whole, desk.client(name).cookies[COOKIE]), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", *LEFT_OUT),
        *(f"{desk.address}/api/v1/openapi.json", "--max-examples", EXAMPLES, "--seed", SAME_EVERY_TIME),
        *("--phases", PHASES),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def known_parts(whole: WholeCase, session: str) -> str:
    """Who asks, and names in addresses that are something, so that calls reach what is behind them."""
    lines = [f'"path.{name}" = "{value()}"' for name, value in whole.names().items()]
    return "\n".join(["[parameters]", *lines, "[auth.openapi.session]", f'api_key = "{session}"', ""])
