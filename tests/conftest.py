"""What every test may rely on: hypothesis profiles, and honest skips."""

from __future__ import annotations

import os
import shutil

import hypothesis
import pytest

_PROGRAMS = {
    "needs_dcmtk": ("storescu", "DCMTK is not installed (Debian package dcmtk)"),
    "needs_orthanc": ("Orthanc", "Orthanc is not installed (Debian package orthanc)"),
    "needs_dciodvfy": ("dciodvfy", "dciodvfy is not installed (Debian package dicom3tools)"),
    "needs_chromium": ("chromium", "Chromium is not installed (Debian package chromium)"),
}

hypothesis.settings.register_profile("dev", deadline=None, max_examples=50)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with a sentence, what needs a program this machine lacks; keep together what shares a started house."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group("e2e" if "e2e" in item.path.parts else str(item.path)))
        for marker, (program, sentence) in _PROGRAMS.items():
            if item.get_closest_marker(marker) and shutil.which(program) is None:
                item.add_marker(pytest.mark.skip(reason=sentence))


_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where nothing may be skipped (CI), a skipped test fails the run."""
    if os.environ.get("NEUROVIGIE_NO_SKIPS") and _skipped and exitstatus == pytest.ExitCode.OK:
        print(f"\nskipped, and NEUROVIGIE_NO_SKIPS is set: {', '.join(_skipped)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
