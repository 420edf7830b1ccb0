"""What several models said of one volume, as one report: findings, one mask, one standing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.analysis import AnalysisState
from pipeline.domain.finding import Finding, MidlineShift
from pipeline.domain.ports import Prediction
from pipeline.domain.report import BundleResult
from pipeline.domain.volume import Volume
from pipeline.inference.ready import ReadyModel
from pipeline.stages.measure import Head, measure, shift_of, uncertain_ml

BASELINE = "rule-based baseline, not a trained model"
_MOST_LABELS = 255


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one model saw: its result, its findings, its mask ``[k, j, i]`` and the midline shift beside blood."""

    result: BundleResult
    findings: tuple[Finding, ...] = ()
    labels: NDArray[np.uint8] | None = None
    shift: MidlineShift | None = None
    flags: tuple[str, ...] = ()


def seen(model: ReadyModel, prediction: Prediction, volume: Volume, head: Head, note: str) -> Seen:
    """Measure what a model predicted."""
    findings = measure(prediction, volume, head, for_triage=model.for_triage)
    flags = (*prediction.flags, *((BASELINE,) if model.baseline else ()), *((note,) if note else ()))
    result = BundleResult(
        bundle=prediction.bundle_id,
        bundle_version=prediction.bundle_version,
        state=AnalysisState.ANALYSED,
        for_triage=model.for_triage,
        baseline=model.baseline,
        scan_probability=prediction.scan_probability,
        out_of_distribution=prediction.out_of_distribution,
        uncertain_ml=uncertain_ml(prediction, volume),
        flags=flags,
    )
    shift = shift_of(findings, prediction, volume, head) if findings else None
    return Seen(result, findings, prediction.labels if findings else None, shift, flags)


def unseen(model: ReadyModel, state: AnalysisState, why: str) -> Seen:
    """A model that gave no answer, and why."""
    result = BundleResult(model.id, model.version, state, why, model.for_triage, model.baseline)
    return Seen(result)


def together(every: Sequence[Seen]) -> tuple[tuple[Finding, ...], NDArray[np.uint8] | None, tuple[str, ...]]:
    """All findings, one mask that holds them all, and notes on what could not be marked.

    Where two models mark the same voxel the earlier one keeps it; volumes were measured before.
    """
    findings: list[Finding] = []
    labels: NDArray[np.uint8] | None = None
    unmarked = 0
    for one in every:
        if one.labels is None:
            continue
        if labels is None:
            labels, used = one.labels, int(one.labels.max())
            findings += one.findings
            continue
        used = int(labels.max())
        labels, kept = _added(labels, one, used)
        unmarked += len(one.findings) - len(kept)
        findings += kept
    notes = (f"{unmarked} findings of another model are hidden behind larger ones and not listed",) if unmarked else ()
    return tuple(sorted(findings, key=lambda one: (not one.for_triage, -one.volume_ml))), labels, notes


def _added(labels: NDArray[np.uint8], one: Seen, used: int) -> tuple[NDArray[np.uint8], list[Finding]]:
    """The mask with another model's lesions numbered after the ``used`` ones, and those that can be seen in it."""
    new_label = np.zeros(256, dtype=np.uint8)
    for finding in one.findings:
        if used + finding.label <= _MOST_LABELS:
            new_label[finding.label] = used + finding.label
    merged = np.where(labels == 0, new_label[one.labels], labels).astype(np.uint8)
    marked = set(np.flatnonzero(np.bincount(merged.ravel(), minlength=256)).tolist())
    kept = [replace(f, label=int(new_label[f.label])) for f in one.findings if int(new_label[f.label]) in marked - {0}]
    return merged, kept
