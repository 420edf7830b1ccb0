"""Which cases a run reads, from its arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.accuracy import real, synthetic
from benchmarks.accuracy.run import Entry
from benchmarks.accuracy.scoring import Case

POSITIVES: dict[str, Callable[[Path], Iterator[Case]]] = {
    "ich-ct": real.haemorrhage_slices,
    "infarct-dwi": real.diffusion_cases,
    "ischaemia-ct": real.ischaemia_slices,
}


def entries_of(chosen: argparse.Namespace) -> list[Entry]:
    """Real cases with the finding, real ones without, then the synthetic heads."""
    return real_entries(chosen.task, chosen.cases, chosen.negatives) + _synthetic(chosen)


def real_entries(task: str, cases: Path | None, negatives: Path | None) -> list[Entry]:
    """Real cases of the folders that are given."""
    positive = [_known(case) for case in POSITIVES[task](cases)] if cases else []
    return positive + ([_known(case) for case in real.slices_without_blood(negatives)] if negatives else [])


def _synthetic(chosen: argparse.Namespace) -> list[Entry]:
    if not chosen.prior:
        return []
    if chosen.task == "ich-ct":
        return synthetic.frozen_ct_heads(chosen.prior, chosen.frozen)
    if chosen.task == "ischaemia-ct":
        return synthetic.frozen_ischaemic_heads(chosen.prior, chosen.frozen)
    return synthetic.frozen_dwi_heads(chosen.prior, chosen.lesion_masks, chosen.frozen)


def _known(case: Case) -> Entry:
    return Entry(case.name, lambda: case)
