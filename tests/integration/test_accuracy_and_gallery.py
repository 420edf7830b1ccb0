"""The benchmark and the gallery as commands, on anatomies of ellipsoids made here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.accuracy.__main__ import main as accuracy
from models.gallery.__main__ import main as gallery
from models.synthesis.prior import CHANNELS, PRIOR_GRID, Anatomy, encoded, save

pytestmark = pytest.mark.timeout(400)  # seconds on an idle machine; whole heads are painted


def _ball(radii: tuple[float, float, float], centre: tuple[float, float, float]) -> np.ndarray:
    """Roughly the distance in mm inside an ellipsoid, [k, j, i]."""
    points = PRIOR_GRID.coordinates().numpy()
    inside = sum(((points[axis] - centre[axis]) / radii[axis]) ** 2 for axis in range(3))
    return (1 - np.sqrt(inside)) * min(radii)


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four anatomies, all the same, as the frozen heads expect four."""
    depth, ventricle = _ball((66, 80, 66), (0, 15, 8)), _ball((12, 25, 10), (0, 10, 10))
    fields = {
        "grey": (depth > 2) & (depth < 7),
        "white": (depth >= 7) & (ventricle < 0),
        "ventricle": ventricle >= 0,
        "bone": (depth < 0) & (depth > -7),
        "soft": (depth <= -7) & (depth > -14),
        "depth": depth,
        "cerebellum": _ball((45, 30, 22), (0, 60, -30)),
        "to_ventricle": -ventricle,
    }
    empty = np.zeros(PRIOR_GRID.shape, np.float32)
    maps = torch.from_numpy(np.stack([encoded(c, np.asarray(fields.get(c, empty), np.float32)) for c in CHANNELS]))
    folder = tmp_path_factory.mktemp("prior")
    save([Anatomy(f"ball_{n}", maps) for n in range(4)], folder)
    return folder


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """The commands ask for one thread; other tests get theirs back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_frozen_heads_are_scored_once_and_said_in_a_table(
    prior: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["ich-ct", "--bundle", "ich-ct-threshold", "--prior", str(prior), "--frozen", "3"]
    assert accuracy([*arguments, "--results", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "| synthetic heads without: share with at most 0.5 mL | ≥ 95%" in said.out
    assert str(tmp_path) not in said.out
    assert said.err.count("s a case") == 3
    assert accuracy([*arguments, "--results", str(tmp_path)]) == 0
    again = capsys.readouterr()
    assert again.err == ""
    assert again.out.splitlines()[2:] == said.out.splitlines()[2:]


def test_early_ischaemia_is_judged_on_heads_of_its_own(prior: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["ischaemia-ct", "--bundle", "ich-ct-threshold", "--prior", str(prior), "--frozen", "3"]
    assert accuracy(arguments) == 0
    assert "synthetic heads without" in capsys.readouterr().out


def test_diffusion_heads_cannot_be_made_without_masks(prior: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accuracy(["infarct-dwi", "--bundle", "infarct-dwi-threshold", "--prior", str(prior)]) == 2
    assert "--lesion-masks" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["ich-ct", "infarct-dwi"])
def test_the_gallery_draws_slices_and_figures(
    task: str, prior: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gallery(["--task", task, "--out", str(tmp_path), "--prior", str(prior), "--count", "1"]) == 0
    assert "power of noise" in json.loads(capsys.readouterr().out)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{task}_slices.png", f"{task}_figures.png", f"{task}_figures.json",
    }  # fmt: skip


def test_the_gallery_says_when_a_folder_holds_nothing_real(
    prior: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--out", str(tmp_path / "out"), "--prior", str(prior), "--count", "1", "--real", str(tmp_path)]
    assert gallery(arguments) == 2
    assert "neither PNG" in capsys.readouterr().err
