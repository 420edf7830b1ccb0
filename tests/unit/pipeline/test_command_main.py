"""The command line teaches, and answers an expected error with one sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from pipeline.command.main import main

COMMANDS = ("up", "node", "worker", "clerk", "web", "peer", "demo", "triage", "segment", "send", "doctor")


def test_help_names_every_command_and_shows_an_example():
    said = CliRunner().invoke(main, ["--help"]).output
    assert all(command in said for command in COMMANDS)
    assert "neurovigie triage scans/ --json" in said


def test_help_of_up_shows_how_to_use_tls_and_another_database():
    said = CliRunner().invoke(main, ["up", "--help"]).output
    assert "--cert desk.pem --key desk.key" in said
    assert "DATABASE_URL=" in said


def test_an_unsafe_address_is_refused_in_one_sentence(tmp_path):
    done = CliRunner().invoke(main, ["up", "--home", str(tmp_path / "h"), "--host", "0.0.0.0"])
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Nothing listens beyond this machine without TLS")
    assert not (tmp_path / "h").exists()


def test_json_of_the_demo_needs_once():
    assert CliRunner().invoke(main, ["demo", "--json"]).exit_code == 2


@pytest.mark.parametrize(
    ("words", "module"),
    [
        (["triage", "DIR", "--json"], "pipeline.triage"),
        (["segment", "--bundle", "ich-ct", "--help"], "models.segment"),
        (["send", "a", "--to", "h:1"], "dicom_node.scu"),
    ],
)
def test_other_rooms_get_their_arguments_untouched(words, module, monkeypatch):
    called = []
    monkeypatch.setattr("os.execv", lambda program, argv: called.append((program, argv)))
    assert CliRunner().invoke(main, words).exit_code == 0
    assert called == [(sys.executable, [sys.executable, "-P", "-m", module, *words[1:]])]


def test_peer_without_a_running_neurovigie_says_how_to_start_it(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROVIGIE_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = CliRunner().invoke(main, ["peer", "list"])
    assert done.exit_code == 2
    assert "neurovigie up" in done.stderr


def test_no_room_is_imported_for_help():
    code = (
        "import sys, pipeline.command.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('torch', 'pynetdicom', 'sqlalchemy', 'pydicom', 'numpy') if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"
