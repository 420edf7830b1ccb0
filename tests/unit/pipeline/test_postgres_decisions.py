"""What the embedded PostgreSQL's supervisor decides before it touches anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.command.postgres.binaries import Installation, choose, installations
from pipeline.command.postgres.leftovers import PidFile, Process, judge_pid_file
from pipeline.command.postgres.place import Account, may_enter, place_of
from pipeline.domain.errors import ConfigurationError

DATA = Path("/srv/nv/postgres/data")
HAVE = {16: Installation(16, Path("/a")), 18: Installation(18, Path("/b"))}


def test_new_data_are_made_by_the_newest_version():
    assert choose(HAVE, None).major == 18


def test_old_data_are_read_by_the_version_that_wrote_them():
    assert choose(HAVE, "16").major == 16


@example("²")
@example("016")
@given(st.text(max_size=6).filter(lambda text: text not in {"16", "18"}))
def test_data_of_another_version_are_refused_with_both_versions_named(version):
    with pytest.raises(ConfigurationError, match="version 16, 18 is installed"):
        choose(HAVE, version)


def test_the_wheel_holds_a_postgresql_of_version_14_or_later():
    assert max(installations()) >= 14


@pytest.mark.parametrize(
    ("content", "process", "meaning"),
    [
        (None, None, PidFile.ABSENT),
        ("12\n", None, PidFile.STALE),
        ("12\n", Process("postgres", zombie=True, folder=DATA), PidFile.STALE),
        ("12\n", Process("bash", zombie=False, folder=DATA), PidFile.STALE),
        ("12\n", Process("postgres", zombie=False, folder=Path("/other")), PidFile.STALE),
        ("12\n", Process("postgres", zombie=False, folder=DATA), PidFile.ALIVE),
        ("12\n", Process("postgres", zombie=False, folder=None), PidFile.ALIVE),
        ("", None, PidFile.STALE),
    ],
)
def test_a_pid_file_is_believed_only_for_a_live_postgres_in_that_folder(content, process, meaning):
    assert judge_pid_file(content, process, DATA) is meaning


def test_the_socket_lies_beside_the_data_when_its_path_is_short_and_elsewhere_when_not(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    short, long = Path("/srv/nv/postgres"), Path("/srv") / ("x" * 100) / "postgres"
    assert place_of(short).run == short / "run"
    assert len(f"{place_of(long).run}/.s.PGSQL.5432") <= 107
    assert place_of(long).run != place_of(Path("/srv") / ("y" * 100) / "postgres").run


def test_the_database_url_survives_a_path_with_odd_characters(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert place_of(Path("/srv/a b&c/postgres")).url.endswith("host=/srv/a%20b%26c/postgres/run")


def test_an_account_enters_only_where_the_permission_bits_let_it(tmp_path):
    stranger = Account("stranger", 123456, 123456)
    tmp_path.chmod(0o755)
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o700)
    assert not may_enter(stranger, inner)
    assert may_enter(Account("me", os.getuid(), os.getgid()), inner) or os.getuid() != 0
