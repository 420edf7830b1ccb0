"""One case, what was said of it, and the score: everything the figures are made of, as JSON lines."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.metrics import dice, matches
from pipeline.domain.finding import HaemorrhageSite
from pipeline.domain.ports import NO_COMPANIONS, Prediction
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume

SITES = tuple(HaemorrhageSite)
"""Site n of a truth's labels is ``SITES[n - 1]``: the order of the network's channels."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A volume, its companions and the truth, uint8 [k, j, i] on its voxels.

    ``truth`` is 0 or 1, or, where ``knows_sites``, 0 or the number of the site. ``sort`` says which
    figures the case belongs to, ``patient`` which cases are of one head.
    """

    name: str
    sort: str
    volume: Volume
    truth: NDArray[np.uint8]
    companions: Mapping[SeriesRole, Volume] = field(default_factory=lambda: NO_COMPANIONS)
    patient: str = ""
    knows_sites: bool = False

    @property
    def each_ml(self) -> float:
        """Millilitres of one voxel."""
        return self.volume.patient_from_voxel.voxel_volume_ml

    @property
    def pixel_cm2(self) -> float:
        """Area of one pixel of a slice."""
        dx, dy, _ = self.volume.patient_from_voxel.spacing_mm
        return dx * dy / 100


@dataclass(frozen=True, slots=True)
class SiteScore:
    """Blood of one site: the truth's mL, how much of it any mark covers, how much a mark of that name."""

    truth_ml: float
    covered_ml: float
    named_ml: float


@dataclass(frozen=True, slots=True)
class Score:
    """What the figures keep of one case; lesion by lesion, true ones (mL, met, Dice) and marked ones."""

    name: str
    sort: str
    patient: str
    dice: float
    truth_ml: float
    said_ml: float
    truth_cm2: float
    probability: float
    lesion_ml: tuple[float, ...]
    lesion_met: tuple[bool, ...]
    lesion_dice: tuple[float, ...]
    said_lesion_ml: tuple[float, ...]
    said_meets: tuple[bool, ...]
    confidence: tuple[float, ...]
    sites: Mapping[str, SiteScore]
    names_sites: bool
    out_of_distribution: float | None
    seconds: float
    said_site: tuple[str, ...] = ()

    @property
    def true_meets(self) -> bool:
        """Whether any true lesion was met."""
        return any(self.lesion_met)

    @property
    def main_site(self) -> str | None:
        """The site of most of the blood."""
        return max(self.sites, key=lambda site: self.sites[site].truth_ml, default=None)


def score(case: Case, said: Prediction) -> Score:
    """Compare what was said of a case with its truth."""
    truth, each = case.truth > 0, case.each_ml
    found = matches(said.labels, truth)
    confidence = {lesion.label: lesion.confidence for lesion in said.lesions}
    site = {lesion.label: lesion.site or "" for lesion in said.lesions}
    present = [int(n) for n in np.unique(said.labels) if n]
    return Score(
        name=case.name,
        sort=case.sort,
        patient=case.patient or case.name,
        dice=dice(said.labels > 0, truth),
        truth_ml=float(truth.sum()) * each,
        said_ml=float((said.labels > 0).sum()) * each,
        truth_cm2=float(truth.sum(axis=(1, 2)).max()) * case.pixel_cm2,
        probability=said.scan_probability,
        lesion_ml=tuple(n * each for n in found.truth_voxels),
        lesion_met=found.met,
        lesion_dice=found.dice,
        said_lesion_ml=tuple(n * each for n in found.said_voxels),
        said_meets=found.said_meets,
        confidence=tuple(confidence[n] for n in present),
        sites=_sites(case, said),
        names_sites=any(lesion.site for lesion in said.lesions),
        out_of_distribution=said.out_of_distribution,
        seconds=said.seconds.get("total", 0.0),
        said_site=tuple(site[n] for n in present),
    )


def _sites(case: Case, said: Prediction) -> dict[str, SiteScore]:
    if not case.knows_sites:
        return {}
    named = np.zeros(256, np.uint8)
    for lesion in said.lesions:
        named[lesion.label] = SITES.index(lesion.site) + 1 if lesion.site else 0
    where = named[said.labels]
    found = {}
    for number in (int(n) for n in np.unique(case.truth) if n):
        here = case.truth == number
        counts = (here.sum(), (here & (said.labels > 0)).sum(), (here & (where == number)).sum())
        found[SITES[number - 1].value] = SiteScore(*(float(count) * case.each_ml for count in counts))
    return found


def to_line(one: Score) -> str:
    """A score as one line of JSON."""
    return json.dumps(dataclasses.asdict(one), separators=(",", ":"))


def from_line(line: str) -> Score:
    """A score back from `to_line`."""
    read: dict[str, Any] = json.loads(line)
    sites = {site: SiteScore(**values) for site, values in read.pop("sites").items()}
    lists = {name: tuple(value) for name, value in read.items() if isinstance(value, list)}
    return Score(**(read | lists), sites=sites)


def _whole(line: str) -> Score | None:
    try:
        return from_line(line)
    except json.JSONDecodeError:
        return None


class Notebook:
    """Scores already known, one JSON line each, so that a long run goes on where it stopped."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        lines = file.read_text().splitlines() if file is not None and file.exists() else []
        self._known = {one.name: one for one in map(_whole, lines) if one is not None}

    def get(self, name: str) -> Score | None:
        """The score of a case, if it is known."""
        return self._known.get(name)

    def add(self, one: Score) -> None:
        """Keep a score, on disk at once."""
        self._known[one.name] = one
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a") as lines:
                # A line that a stopped run left unfinished is ended first.
                lines.write(f"\n{to_line(one)}\n")

    def of(self, sorts: Iterable[str]) -> Iterator[Score]:
        """All scores of some sorts."""
        wanted = set(sorts)
        return (one for one in self._known.values() if one.sort in wanted)
