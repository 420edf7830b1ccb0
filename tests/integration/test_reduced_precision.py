"""The bundle's own network in bfloat16, as the service runs it, against float32, over generated heads."""

from __future__ import annotations

import pytest
import torch

from benchmarks.inference.agreement import agreement
from benchmarks.inference.heads import varied_heads
from models.predict import load
from models.registry import find


@pytest.mark.timeout(600)
def test_reduced_precision_marks_the_same_and_raises_the_same() -> None:
    torch.set_num_threads(1)  # beside other tests two would wait for each other
    fast, exact = (load(find("ich-ct"), "cpu", {"segmenter::reduced": reduced}) for reduced in (True, False))
    said = agreement(fast, exact, varied_heads(6, 4), "cpu")
    assert said["findings"], said
    assert said["agrees"], said
