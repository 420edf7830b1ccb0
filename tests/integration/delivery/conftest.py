"""A depot for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.testing.depot import Depot
from pipeline.testing.running import eventually


@pytest.fixture
def depot(database_url: str, tmp_path: Path) -> Iterator[Depot]:
    """Nothing in it yet."""
    made = Depot(database_url, tmp_path)
    yield made
    eventually(made.courier.idle, "the courier is idle")
    made.engine.dispose()
