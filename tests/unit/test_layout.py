"""The promises of the layout: our four names are ours, and most processes never load torch."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

PACKAGES = ("dicom_node", "pipeline", "models", "review_ui")
ROOT = Path(__file__).parents[2]


def test_no_other_distribution_ships_one_of_our_packages() -> None:
    owners = packages_distributions()
    assert {name for package in PACKAGES for name in owners.get(package, ["neurovigie"])} == {"neurovigie"}


def test_our_packages_resolve_to_this_checkout_from_anywhere(tmp_path: Path) -> None:
    code = f"import importlib; print([importlib.import_module(n).__path__[0] for n in {PACKAGES!r}])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str([str(ROOT / name) for name in PACKAGES])


def test_every_process_but_the_child_starts_without_torch() -> None:
    modules = ["dicom_node.__main__", "pipeline.clerk.__main__", "pipeline.worker.__main__", "review_ui.__main__"]
    code = (
        f"import importlib, sys\nfor name in {modules!r}:\n"
        " importlib.import_module(name)\n if 'torch' in sys.modules: sys.exit(name)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
