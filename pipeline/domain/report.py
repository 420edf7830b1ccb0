"""What the analysis of one series says, whoever asked for it: the worker, or `neurovigie triage`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.because import Because
from pipeline.domain.finding import Finding, MidlineShift
from pipeline.domain.role import Recognition, SeriesRole


@dataclass(frozen=True, slots=True)
class BundleResult:
    """What one bundle said of a series: analysed, or why not.

    ``out_of_distribution`` is 0 for what it was taught to 1 for what it cannot know; ``uncertain_ml`` is
    the volume of which it is nearer to even odds than to sure.
    """

    bundle: str
    bundle_version: str
    state: AnalysisState
    why: str = ""
    for_triage: bool = True
    baseline: bool = False
    scan_probability: float | None = None
    out_of_distribution: float | None = None
    uncertain_ml: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """The outcome of one series, never silent: analysed, not analysed because, or failed because.

    ``notes`` say what was done to the geometry (tilt sheared back, uneven spacing resampled);
    ``mask_path`` is the lesion mask (.npz, on the grid of the source slices), if there is one;
    ``seconds`` are the stages' durations. ``bundle`` is the one that decides on triage; ``results`` are
    what each bundle said, that one first. With ``reservations`` it reads "analysed with reservations,
    because"; ``rules`` names the rules that decided so. ``companions`` are the roles read together with
    the series. An ``interim`` report comes before bundles that cannot raise have run; a whole one follows.
    ``because`` is the kind of reason where there is no answer, None where there is one.
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
    results: tuple[BundleResult, ...] = ()
    reservations: tuple[str, ...] = ()
    rules: str = ""
    midline_shift: MidlineShift | None = None
    companions: tuple[SeriesRole, ...] = ()
    interim: bool = False
    because: Because | None = None
