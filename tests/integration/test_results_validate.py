"""Every kind of object we write, on every kind of source: no error from dciodvfy, no refusal by Orthanc or DCMTK."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.finding import FindingKind, Side
from pipeline.phantom import PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind, write_study
from pipeline.results.requests import ResultKind, WriteResults
from pipeline.results.write import write_results
from pipeline.testing.bleeding import BLEEDING, box, request_of, result_request
from pipeline.testing.enhanced import write_enhanced
from pipeline.testing.head_series import write_head_series
from pipeline.testing.oddities import ODDITIES

PATIENT = PhantomPatient(PatientName="LEFÈVRE^Zoë", IssuerOfPatientID="CHU")
SMALL = PhantomSeries(images=16, spacing_mm=10.0, rows=128)
STUDIES = {
    "head CT": PhantomStudy(3, PATIENT, (SMALL,)),
    "tilted head CT": PhantomStudy(4, PATIENT, (replace(SMALL, tilt_deg=18.5),)),
}


def errors_of(path: Path) -> list[str]:
    """What dciodvfy calls an error in one object, in the information object it takes it for."""
    checked = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, check=False)
    said = (checked.stdout + checked.stderr).splitlines()
    assert said, "dciodvfy said nothing"
    return [line for line in said if line.startswith(("Error", "Abort"))]


def request_for(folder: Path, name: str) -> WriteResults:
    if name == "DWI":
        return diffusion_request(folder)
    if name == "enhanced CT":
        return enhanced_request(folder)
    files = sorted(write_study(STUDIES[name], folder / "in"))
    return request_of(folder, files, box)


@pytest.mark.needs_dciodvfy
@pytest.mark.parametrize("name", [*STUDIES, "DWI", "enhanced CT"])
def test_dciodvfy_finds_no_error_in_any_object(tmp_path: Path, name: str) -> None:
    written = list(write_results(request_for(tmp_path, name)))
    assert {one.kind for one in written} == set(ResultKind)
    for one in written:
        assert errors_of(one.path) == [], one.kind


@pytest.mark.needs_dciodvfy
@pytest.mark.parametrize("name", ODDITIES)
def test_dciodvfy_finds_no_error_however_the_source_lies_and_is_written(tmp_path: Path, name: str) -> None:
    written = list(write_results(request_of(tmp_path, ODDITIES[name](tmp_path / "in"), box)))
    assert {one.kind for one in written} == set(ResultKind)
    for one in written:
        assert errors_of(one.path) == [], one.kind


@pytest.mark.needs_dcmtk
def test_dcmtk_reads_the_report_as_a_tree_and_applies_the_presentation_state(tmp_path: Path) -> None:
    request = result_request(tmp_path, BLEEDING)  # dcmpschk knows no name in UTF-8
    written = {one.kind: one.path for one in write_results(request)}
    tree = subprocess.run(["dsrdump", written[ResultKind.REPORT]], capture_output=True, text=True, check=True).stdout
    assert "Verification Flag   : UNVERIFIED" in tree
    assert '"Volume")="' in tree
    state = ["dcmpschk", written[ResultKind.PRESENTATION_STATE]]
    checked = subprocess.run(state, capture_output=True, text=True, check=True)
    assert "Test passed" in checked.stdout + checked.stderr


def diffusion_request(folder: Path) -> WriteResults:
    """A diffusion series with a box called an infarct."""
    series = PhantomSeries(SeriesKind.ADC, images=8, spacing_mm=12.0, rows=128, bottom_mm=-32.0)
    files = write_study(PhantomStudy(5, PATIENT, (series,), infarct_ml=20.0), folder / "in")
    request = request_of(folder, files, box)
    finding = replace(request.findings[0], kind=FindingKind.INFARCT, site=None, side=Side.RIGHT, abc2_ml=None)
    return replace(request, findings=(finding,), bundle="infarct-dwi")


def enhanced_request(folder: Path) -> WriteResults:
    """A head CT in one multi-frame file, its frames from head to foot."""
    slices = write_head_series(folder / "slices", BLEEDING)
    return request_of(folder, [write_enhanced(folder / "enhanced.dcm", slices[::-1])])
