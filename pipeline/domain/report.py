"""What the analysis of one series says, whoever asked for it: the worker, or `neurovigie triage`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.finding import Finding
from pipeline.domain.role import Recognition


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """The outcome of one series, never silent: analysed, not analysed because, or failed because.

    ``notes`` say what was done to the geometry (tilt sheared back, uneven spacing resampled);
    ``mask_path`` is the lesion mask (.npz, on the grid of the source slices), if there is one;
    ``seconds`` are the stages' durations.
    """

    SeriesInstanceUID: str
    recognition: Recognition
    state: AnalysisState
    why: str = ""
    bundle: str = ""
    bundle_version: str = ""
    scan_probability: float | None = None
    findings: tuple[Finding, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    coverage: Coverage | None = None
    mask_path: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
