"""A database is made anew from the vault's files alone, on a real PostgreSQL."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select, text, update

from dicom_node.holdings.__main__ import main as vault_command
from dicom_node.holdings.rebuild import rebuild
from dicom_node.vault.simple import SimpleVault
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.tables import analysis, case, instance, series, site, study
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.results.uids import instance_uid
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid

NOW = datetime.now(UTC)
NAME = "王^小东"

FACTS = (
    study.c.site_id, study.c.study_instance_uid, study.c.patient_id, study.c.study_date,
    series.c.series_instance_uid, series.c.modality, series.c.role, series.c.images, series.c.ours,
    instance.c.sop_instance_uid, instance.c.sop_class_uid, instance.c.transfer_syntax_uid, instance.c.sha256,
    instance.c.path, instance.c.size, instance.c.instance_number, instance.c.position_mm,
    instance.c.association, instance.c.peer_ae_title, instance.c.received_at, instance.c.standing, instance.c.identity,
)  # fmt: skip


@pytest.fixture
def second_url(postgres_server: Any) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_server.template}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _fill(engine: Engine, root: Path) -> None:
    """Studies of two sites: old and new, a duplicate with other bytes, one of an episode, a result of ours."""
    vault, index = SimpleVault(root, watermark=1.0), PostgresIndex(engine, root, 5.0)
    ours_series = uid("old", "ours")
    ours = TinySlice(study="old", series="ours", number=7, extra={"SOPInstanceUID": instance_uid(ours_series, 7)})
    chinese = {"SpecificCharacterSet": "GB18030"}
    sent = [
        *((TinySlice(study="old", number=n), "carhaix", 90.0) for n in (1, 2, 3)),
        (TinySlice(study="old", number=3, value=41), "carhaix", 89.95),
        (ours, "carhaix", 89.9),
        (TinySlice(study="sooner", series="s2", number=1), "carhaix", 89.8),
        (TinySlice(study="old", number=1), "brest", 60.0),
        (TinySlice(study="new", number=1, patient_id="P2", patient_name=NAME, extra=chinese), "brest", 0.01),
    ]
    for slice_, site_id, days in sent:
        at = NOW - timedelta(days=days)
        sop_class = str(slice_.dataset().SOPClassUID)
        arrival = Arrival(site_id, "CT1", f"a-{days}", at, sop_class, slice_.SOPInstanceUID, TRANSFER_SYNTAX)
        receipt = vault.append(slice_.encoded(), arrival)
        index.record([receipt])
        vault.indexed([receipt])


def _facts(engine: Engine) -> list[Any]:
    query = (
        select(*FACTS).join(series, series.c.id == instance.c.series_id).join(study, study.c.id == series.c.study_id)
    )
    with engine.connect() as connection:
        return sorted(map(repr, connection.execute(query)))


def _cases(engine: Engine) -> list[Any]:
    query = select(case.c.site_id, case.c.patient_id, case.c.patient_name, case.c.first_image_at, case.c.last_image_at)
    with engine.connect() as connection:
        return sorted(map(repr, connection.execute(query)))


def test_every_image_and_how_it_came_is_there_again(database_url: str, second_url: str, tmp_path: Path) -> None:
    first, second = connect(database_url), connect(second_url)
    _fill(first, tmp_path)
    made = rebuild(second, tmp_path, lambda: NOW)
    assert (made.files, made.images, made.unreadable) == (8, 8, 0)
    assert _facts(second) == _facts(first)
    assert _cases(second) == _cases(first)
    with second.connect() as connection:
        assert set(connection.execute(select(site.c.id)).scalars()) == {"brest", "carhaix", "local"}
        open_cases = connection.execute(select(case.c.patient_name).where(case.c.closed_at.is_(None))).scalars().all()
        states = connection.execute(select(analysis.c.state, func.count()).group_by(analysis.c.state)).all()
        jobs = connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
    assert open_cases == [NAME]  # what is old calls nobody
    assert [tuple(row) for row in states] == [("not_analysed", 3)]
    assert jobs == 0
    again = rebuild(second, tmp_path, lambda: NOW)
    assert (again.images, _facts(second)) == (0, _facts(first))
    first.dispose(), second.dispose()


def test_the_commands_verify_rebuild_export_and_import(
    database_url: str, second_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(database_url)
    root = tmp_path / "home" / "vault"
    _fill(engine, root)
    engine.dispose()
    monkeypatch.setenv("NEUROVIGIE_HOME", str(root.parent))

    def said(*words: str, status: int = 0) -> Any:
        result = CliRunner().invoke(vault_command, [*words, *(["--json"] if words[0] != "export" else [])])
        assert result.exit_code == status, (result.output, result.exception)
        return json.loads(result.stdout) if words[0] != "export" else result.stdout

    monkeypatch.setenv("DATABASE_URL", second_url)
    assert said("verify", status=1)["counts"] == {"extra": 8}
    assert said("verify", "--files-only")["counts"] == {}
    assert said("reindex") == {"files": 8, "images": 8, "unreadable": 0}
    assert said("verify")["counts"] == {}
    assert said("stats")["sites"]["carhaix"]["files"] == 6
    assert "2 images" in said("export", str(tmp_path / "out"), "--site", "brest")
    taken = said("import", str(tmp_path / "out"), "--site", "carhaix", status=0)
    assert (taken["stored"], taken["duplicates"]) == (2, 1)
    next(root.glob("studies/*/*.dcm")).unlink()
    assert said("verify", status=1)["counts"] == {"missing": 1}


def test_a_case_that_was_there_is_never_closed_and_opens_for_what_was_lost(database_url: str, tmp_path: Path) -> None:
    engine, vault = connect(database_url), SimpleVault(tmp_path, watermark=1.0)

    def kept(number: int, study_name: str, days: float) -> Receipt:
        one, at = TinySlice(study=study_name, number=number, patient_id=study_name), NOW - timedelta(days=days)
        arrival = Arrival(
            "carhaix", "CT1", "a", at, str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX
        )
        return vault.append(one.encoded(), arrival)

    PostgresIndex(engine, tmp_path, 5.0).record([kept(1, "asked", 3), kept(1, "closed", 0.1)])
    with engine.begin() as connection:
        connection.execute(update(series).values(arrival="complete"))
        connection.execute(update(case).where(case.c.patient_id == "closed").values(closed_at=NOW))
    kept(2, "asked", 2)
    kept(2, "closed", 0.05)
    assert rebuild(engine, tmp_path, lambda: NOW).images == 2
    with engine.connect() as connection:
        assert connection.execute(select(case.c.closed_at)).scalars().all() == [None, None]
    engine.dispose()
