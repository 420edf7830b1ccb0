"""`neurovigie demo --once --json`: eight studies from three hospitals come to rest as they must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.domain.role import SeriesRole
from pipeline.jobs import read_by_a_model

DEMO = [sys.executable, "-P", "-m", "pipeline.command.main", "demo", "--once", "--json"]


@pytest.mark.timeout(420)
def test_the_demo_ends_by_itself_with_every_case_as_it_must_be_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(DEMO, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    assert done.returncode == 0, said["problems"]
    cases = {case["study"]: case for case in said["cases"]}
    assert len(cases) == 7
    assert cases["large_haemorrhage"]["tier"] == "red"
    if SeriesRole.DWI in read_by_a_model():
        assert cases["diffusion"]["state"] == "analysed"
    else:
        assert cases["diffusion"]["state"] == "not_analysed"
        assert cases["diffusion"]["why"] == "no model for this role yet"
    assert said["duplicate"]["same_case"]
    assert said["duplicate"]["analyses_after"] == said["duplicate"]["analyses_before"]
    assert all(case["first_image_to_visible_s"] is not None for case in cases.values())
    assert not list(tmp_path.iterdir())
