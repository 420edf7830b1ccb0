"""``python -m models.training.mean A B --into BUNDLE``: the mean of two networks, B trained on from A.

The mean of a network and of what further training made of it keeps much of what each does better (Wortsman 2022,
"Robust fine-tuning of zero-shot models", arXiv:2109.01903).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from models.registry import WEIGHTS
from models.training.export import edit_section
from pipeline.domain.errors import ConfigurationError


def mean(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Value by value, in the second's types; counters are the second's. Raises `ConfigurationError`."""
    if {name: value.shape for name, value in first.items()} != {name: value.shape for name, value in second.items()}:
        raise ConfigurationError("These weights are of two different networks.")
    return {
        name: ((first[name].float() + value.float()) / 2).to(value.dtype) if value.is_floating_point() else value
        for name, value in second.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the mean into a bundle, and its hash into the metadata."""
    cli = argparse.ArgumentParser(prog="python -m models.training.mean")
    cli.add_argument("first", type=Path, help="weights (safetensors)")
    cli.add_argument("second", type=Path, help="weights that were trained on from the first")
    cli.add_argument("--into", type=Path, required=True, help="folder of the bundle that gets the mean")
    chosen = cli.parse_args(arguments)
    file = chosen.into / WEIGHTS
    save_file(mean(load_file(chosen.first), load_file(chosen.second)), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    edit_section(chosen.into / "configs" / "metadata.json", "neurovigie", {"sha256": digest})
    return 0


if __name__ == "__main__":
    sys.exit(main())
