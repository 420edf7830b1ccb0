"""The promises of the layout: our four names are ours, and most processes never load torch."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PACKAGES = ("dicom_node", "pipeline", "models", "review_ui")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_ships_one_of_our_packages(package: str) -> None:
    assert set(packages_distributions().get(package, ["neurovigie"])) == {"neurovigie"}


def test_our_packages_resolve_to_this_checkout_from_anywhere(tmp_path: Path) -> None:
    code = f"import importlib; print([importlib.import_module(n).__path__[0] for n in {PACKAGES!r}])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str([str(ROOT / name) for name in PACKAGES])


@pytest.mark.parametrize(
    "module",
    ["dicom_node.__main__", "pipeline.clerk.__main__", "pipeline.worker.__main__", "review_ui.__main__"],
)
def test_a_process_starts_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
