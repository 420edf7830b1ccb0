"""Whether the fast path says what its fp32 reference says: masks, components of at least 1 mL, tiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.inference.paths import Answer, exact, ours
from models.predict import BundlePredictor
from pipeline.domain.analysis import AnalysisState, SeriesOutcome
from pipeline.domain.finding import Finding
from pipeline.domain.priority import prioritise
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

LEAST_DICE = 0.999
LARGE_ML = 1.0
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)


def dice(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Pooled over all cases; 1 when both are empty everywhere."""
    both = sum(int(((a > 0) & (b > 0)).sum()) for a, b in zip(one, other, strict=True))
    total = sum(int((a > 0).sum()) + int((b > 0).sum()) for a, b in zip(one, other, strict=True))
    return 2 * both / total if total else 1.0


def tier(findings: Sequence[Finding]) -> str:
    """The tier of a case with these findings and no request."""
    outcome = SeriesOutcome(SeriesRole.NCCT, AnalysisState.ANALYSED, findings=tuple(findings))
    return prioritise([outcome], None, RECEIVED).tier.value


def unmatched(one: Answer, other: Answer) -> int:
    """Components of at least 1 mL in either answer of which the other marks nothing."""
    return sum(
        not (beside.labels[answer.labels == finding.label] > 0).any()
        for answer, beside in ((one, other), (other, one))
        for finding in answer.findings
        if finding.volume_ml >= LARGE_ML
    )


def agreement(
    fast: BundlePredictor, reference: BundlePredictor, heads: Sequence[Volume], device: str
) -> dict[str, Any]:
    """Both over the same heads, compared; ``agrees`` is the demand of the issue."""
    pairs = []
    for head in heads:
        with exact():
            right = ours(reference, head, device)
        pairs.append((ours(fast, head, device), right))
    pooled = dice([a.labels for a, _ in pairs], [b.labels for _, b in pairs])
    appeared = sum(unmatched(a, b) for a, b in pairs)
    other_tier = sum(tier(a.findings) != tier(b.findings) for a, b in pairs)
    return {
        "heads": len(pairs),
        "findings": sum(len(b.findings) for _, b in pairs),
        "dice": round(pooled, 6),
        "unmatched_components_from_1_ml": appeared,
        "other_tiers": other_tier,
        "agrees": pooled >= LEAST_DICE and not appeared and not other_tier,
    }
