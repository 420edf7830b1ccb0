"""What the worker works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from pipeline.database.analyses import SourceFile
from pipeline.domain.ports import Index, Vault
from pipeline.home import Home
from pipeline.inference.child import InferenceChild
from pipeline.inference.requests import SourceImage


@dataclass(frozen=True, slots=True)
class Bench:
    """The database, the home's folders, the child that runs models, and a clock (UTC).

    ``label_maps`` writes segmentations as label maps.
    """

    engine: Engine
    home: Home
    vault: Vault
    index: Index
    child: InferenceChild
    now: Callable[[], datetime]
    label_maps: bool = False


def images_of(vault_root: Path, files: Sequence[SourceFile]) -> tuple[SourceImage, ...]:
    """The files of a series as the child wants them."""
    return tuple(SourceImage(vault_root / file.path, file.sha256, file.SOPInstanceUID) for file in files)
