"""One thread: tiny networks are slower on two."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """As the benchmarks themselves do by default."""
    torch.set_num_threads(1)
