from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from models.__main__ import main
from models.registry import installed


def test_every_installed_bundle_is_listed_with_version_and_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    for bundle in installed():
        line = next(one for one in text.splitlines() if one.startswith(f"{bundle.id} "))
        assert bundle.version in line
        assert (bundle.sha256 or "none: a rule")[:12] in line
    assert "Research use only" in text


def test_the_list_as_json_says_what_each_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)["bundles"]}
    assert set(listed) == {bundle.id for bundle in installed()}
    assert listed["ich-ct"]["role"] == "ncct"
    assert listed["ich-ct"]["for_triage"] is True


def test_a_card_is_shown_and_an_unknown_bundle_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "ich-ct"]) == 0
    assert "Limits" in capsys.readouterr().out
    assert main(["card", "nothing"]) == 2
    assert "installed: ich-ct" in capsys.readouterr().err


def test_listing_loads_no_torch() -> None:
    code = "import sys; from models.__main__ import main; main(['list']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("command", ["train", "gallery"])
def test_training_and_gallery_are_programs_of_their_own(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def take_over(_: str, words: list[str]) -> None:
        started.append(words)
        raise SystemExit

    monkeypatch.setattr(os, "execv", take_over)
    with pytest.raises(SystemExit):
        main([command, "--out", "here"])
    assert started[0][-2:] == ["--out", "here"]
    assert find_spec(started[0][3]) is not None
