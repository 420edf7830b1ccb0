from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydicom
import pytest

from pipeline.testing.head_series import HeadSeries, write_head_series
from pipeline.testing.misbehaving_bundle import Behaviour, write_bundle, write_head

SCHEMA = Path(__file__).parents[2] / "docs" / "triage.schema.json"
Triage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def triage(tmp_path_factory: pytest.TempPathFactory) -> Triage:
    home = tmp_path_factory.mktemp("bundle")
    bundles = write_bundle(home)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        options = ["--bundles", str(bundles), "--device", "cpu", "--limit", "6"]
        return subprocess.run(
            [sys.executable, "-m", "pipeline.triage", *map(str, arguments), *options],
            env={**os.environ, "PYTHONPATH": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    return document


def test_a_mixed_folder_gets_an_answer_for_every_series(triage: Triage, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_head(folder / "deep" / "er" / "bleeding", number=1)
    write_head(folder / "hangs", Behaviour.HANG, number=2)
    write_head(folder / "dies", Behaviour.DIE, number=3)
    write_head_series(
        folder / "angiography",
        HeadSeries(uid_root="1.2.826.0.1.3680043.10.1338.4", tags={"ContrastBolusAgent": "X", "SliceThickness": 1}),
    )
    cut = write_head_series(folder / "cut", HeadSeries(along_mm=(0, 8), uid_root="1.2.826.0.1.3680043.10.1338.5"))
    for file in cut:
        file.write_bytes(file.read_bytes()[:-300])
    (folder / "notes.txt").write_text("not DICOM")
    (folder / "rubbish.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 64)

    document = answer(triage(folder, "--json", "--out", tmp_path / "out"))

    by_uid = {series["SeriesInstanceUID"][-3]: series for study in document["studies"] for series in study["series"]}
    states = {number: (series["state"], series["why"]) for number, series in by_uid.items()}
    assert states["1"] == ("analysed", "")
    assert states["2"] == ("failed", "the model did not answer within 6 s and was stopped")
    assert states["3"] == ("failed", "The model's process died.")
    assert states["4"] == ("not_analysed", "no model for this role yet")
    assert states["5"] == ("failed", "the pixel data cannot be decoded (it is cut short)")
    assert by_uid["1"]["findings"][0]["side"] == "left"
    assert by_uid["1"]["limits"] == "Made for tests."
    tiers = {study["series"][0]["SeriesInstanceUID"][-3]: study["priority"]["tier"] for study in document["studies"]}
    assert tiers == {"1": "red", "2": "yellow", "3": "yellow", "4": "yellow", "5": "yellow"}
    assert document["ignored"]["not_dicom"] == 1
    assert [ignored["file"] for ignored in document["ignored"]["unreadable"]] == ["rubbish.dcm"]
    seg = pydicom.dcmread(next((tmp_path / "out").rglob("segmentation.dcm")))
    assert seg.SeriesDescription == "AI suspected haemorrhage (research use only)"
    assert np.load(by_uid["1"]["mask"])["labels"].any()
    assert (tmp_path / "out" / "study-01").is_dir() or len(list((tmp_path / "out").iterdir())) == 1


def test_two_patients_under_one_study_uid_are_kept_apart_and_a_hostile_uid_is_only_text(
    triage: Triage, tmp_path: Path
) -> None:
    folder = tmp_path / "in"

    def other_patient(header: pydicom.Dataset, k: int) -> None:
        header.PatientID, header.SOPInstanceUID = "SOMEBODY ELSE", f"1.2.3.{k + 1}"

    write_head_series(folder / "one", HeadSeries(tags={"Modality": "MR"}))
    write_head_series(folder / "two", HeadSeries(tags={"Modality": "MR"}), other_patient)
    for file in write_head_series(folder / "hostile", HeadSeries(along_mm=(0,), tags={"Modality": "US"})):
        raw = file.read_bytes().replace(b"1.2.826.0.1.3680043.10.1338.1.1", b"../../../../../../tmp/evil/x/yy")
        file.write_bytes(raw)

    document = answer(triage(folder, "--json", "--out", tmp_path / "out"))

    uids = [study["StudyInstanceUID"] for study in document["studies"]]
    assert sorted(uids) == ["../../../../../../tmp/evil/x/yy", *["1.2.826.0.1.3680043.10.1338.1.1"] * 2]
    shared = [study["warnings"] for study in document["studies"] if not study["StudyInstanceUID"].startswith("..")]
    assert shared == [["another patient has the same StudyInstanceUID; they are kept apart"]] * 2
    assert not list(tmp_path.rglob("evil"))
    assert not Path("/tmp/evil").exists()
    assert "SOMEBODY" not in json.dumps(document)


def test_without_json_a_person_reads_tier_reasons_and_the_research_notice(triage: Triage, tmp_path: Path) -> None:
    write_head(tmp_path)
    done = triage(tmp_path)
    assert done.returncode == 0
    assert "RED" in done.stdout
    assert "suspected haemorrhage" in done.stdout
    assert "Research use only" in done.stdout


@pytest.mark.parametrize(
    ("name", "sentence"), [("absent", "does not exist"), ("empty", "There is no DICOM file"), ("a.txt", "is a file")]
)
def test_nothing_to_analyse_is_one_sentence_and_status_2(
    triage: Triage, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").write_text("x")
    done = triage(tmp_path / name, "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert "give" in done.stderr
    assert "Traceback" not in done.stderr
