"""The doctor says what is wrong and what to do about it."""

from __future__ import annotations

from pipeline.command.doctor import CheckResult, examine, report, worst
from pipeline.settings import Settings


def test_the_gravest_result_decides():
    ok, warning, problem = (CheckResult("x", level, "y") for level in ("ok", "warning", "problem"))
    assert worst([]) == "ok"
    assert worst([ok, warning, ok]) == "warning"
    assert worst([problem, warning]) == "problem"


def test_a_remedy_stands_under_its_problem():
    assert report([CheckResult("Disk", "problem", "full", "Free some space.")]).splitlines()[1].strip() == (
        "Free some space."
    )


def test_a_home_that_does_not_exist_yet_is_no_problem(tmp_path):
    found = {result.name: result for result in examine(Settings(home=tmp_path / "none", dicom_port=0, web_port=0))}
    assert found["Home"].level == "ok"
    assert found["Python"].level == "ok"
    assert not (tmp_path / "none").exists()


def test_a_database_that_does_not_answer_is_a_problem_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    found = [one for one in examine(Settings(home=tmp_path, dicom_port=0, web_port=0)) if one.name == "PostgreSQL"]
    assert found[0].level == "problem"
    assert "DATABASE_URL" in found[0].remedy


def test_an_unsafe_address_is_a_problem(tmp_path):
    results = examine(Settings(home=tmp_path / "none", web_host="0.0.0.0", dicom_port=0, web_port=0))
    assert [one.level for one in results if one.name == "TLS"] == ["problem"]
