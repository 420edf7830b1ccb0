"""From scores to the rows of a table: what was asked, the goal, and each reader's figure with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.accuracy.metrics import Interval, area_under_curve, bootstrap, calibration_error, lesion_f1
from benchmarks.accuracy.scoring import SITES, Score

LARGE_CM2 = 2.0
LEAST_ML = 1.0
"""Goals count heads and lesions from this volume on."""

QUIET_ML = 0.5
"""At most this much is marked in a normal head that passes."""

STRATA_ML = ((0.0, 1.0), (1.0, 5.0), (5.0, 20.0), (20.0, float("inf")))

Scores = Sequence[Score]


@dataclass(frozen=True, slots=True)
class Goal:
    """What issue or card demands: at least or at most so much."""

    sense: Literal["≥", "≤"]
    value: float

    def met(self, found: float) -> bool:
        """Whether a figure reaches it; an unknown figure does not."""
        return found >= self.value if self.sense == "≥" else found <= self.value


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a figure of all scores of one reader."""

    text: str
    figure: Callable[[Scores], Interval | None]
    goal: Goal | None = None
    share: bool = False


def of_sort(*sorts: str) -> Callable[[Scores], Scores]:
    """Only the scores of these sorts."""
    return lambda scores: [one for one in scores if one.sort in sorts]


def mean(values: Iterable[float], groups: Iterable[str] | None = None) -> Interval | None:
    """Mean and interval, or nothing where there is no case."""
    numbers = list(values)
    return bootstrap(numbers, list(groups) if groups is not None else None) if numbers else None


def mean_dice(scores: Scores) -> Interval | None:
    """Mean Dice over cases; whole patients are drawn for its interval."""
    return mean((one.dice for one in scores), (one.patient for one in scores))


def median_dice(scores: Scores) -> Interval | None:
    """Median Dice over cases."""
    if not scores:
        return None
    return bootstrap(
        [one.dice for one in scores], [one.patient for one in scores], lambda v: float(np.median(v)), draws=1000
    )


def over_2_cm2(scores: Scores) -> Scores:
    """Cases whose finding covers more than 2 cm2 of some slice."""
    return [one for one in scores if one.truth_cm2 > LARGE_CM2]


def at_least_1_ml(scores: Scores) -> Scores:
    """Cases with at least 1 mL to find."""
    return [one for one in scores if one.truth_ml >= LEAST_ML]


def between_ml(low: float, high: float) -> Callable[[Scores], Scores]:
    """Cases with so much to find."""
    return lambda scores: [one for one in scores if one.truth_ml > 0 and low <= one.truth_ml < high]


def cases_met(scores: Scores) -> Interval | None:
    """Share of cases in which some of the finding is marked."""
    return mean((float(one.true_meets) for one in scores), (one.patient for one in scores))


def lesions_met(scores: Scores) -> Interval | None:
    """Share of true lesions of at least 1 mL that are marked somewhere."""
    found = [(met, one.patient) for one in scores for met, ml in zip(one.lesion_met, one.lesion_ml, strict=True)
             if ml >= LEAST_ML]  # fmt: skip
    return mean((float(met) for met, _ in found), (patient for _, patient in found))


def lesion_dice(scores: Scores) -> Interval | None:
    """Mean Dice of true lesions of at least 1 mL, each against the marks that touch it."""
    found = [(value, one.patient) for one in scores for value, ml in zip(one.lesion_dice, one.lesion_ml, strict=True)
             if ml >= LEAST_ML]  # fmt: skip
    return mean((value for value, _ in found), (patient for _, patient in found))


def mean_f1(scores: Scores) -> Interval | None:
    """Mean lesion F1 over cases."""
    return mean(lesion_f1(one.lesion_met, one.said_meets) for one in scores)


def quiet(scores: Scores) -> Interval | None:
    """Share of cases with at most 0.5 mL marked."""
    return mean(float(one.said_ml <= QUIET_ML) for one in scores)


def marked_ml(scores: Scores) -> Interval | None:
    """Mean mL marked."""
    return mean(one.said_ml for one in scores)


def largest_false_ml(scores: Scores) -> Interval | None:
    """The largest mark of all these cases, in mL; an extreme has no useful interval."""
    sizes = [max(one.said_lesion_ml, default=0.0) for one in scores]
    return Interval(max(sizes), float("nan"), float("nan"), len(sizes)) if sizes else None


def marked(scores: Scores) -> Interval | None:
    """Share of cases in which anything is marked."""
    return mean(float(one.said_ml > 0) for one in scores)


def slice_auc(scores: Scores) -> Interval | None:
    """AUC of the scan probability: real slices with the finding against real ones without."""
    positive = [one for one in scores if one.sort == "real" and one.truth_ml > 0]
    negative = [one for one in scores if one.sort == "real negative"]
    if not positive or not negative:
        return None
    everyone = [*positive, *negative]
    truth = np.array([one.truth_ml > 0 for one in everyone])
    probability = np.array([one.probability for one in everyone])

    def auc(rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        chosen = rows.astype(int)
        return area_under_curve(probability[chosen][truth[chosen]], probability[chosen][~truth[chosen]])

    groups = [f"{one.sort} {one.patient}" for one in everyone]
    return bootstrap(list(range(len(everyone))), groups, auc, draws=1000)


def scan_calibration(scores: Scores) -> Interval | None:
    """ECE of the scan probability over synthetic heads; a trace of less than 0.5 mL is neither yes nor no."""
    clear = [one for one in scores if one.truth_ml == 0 or one.truth_ml >= QUIET_ML]
    return _calibration([one.probability for one in clear], [one.truth_ml > 0 for one in clear])


def lesion_calibration(scores: Scores) -> Interval | None:
    """ECE of the confidence of each mark: does it touch a true lesion."""
    said = [confidence for one in scores for confidence in one.confidence]
    return _calibration(said, [meets for one in scores for meets in one.said_meets])


def _calibration(said: Sequence[float], true: Sequence[bool]) -> Interval | None:
    if not said:
        return None
    probability, truth = np.array(said), np.array(true)

    def error(rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        chosen = rows.astype(int)
        return calibration_error(probability[chosen].tolist(), truth[chosen].tolist())

    return bootstrap(list(range(len(said))), statistic=error, draws=400)


def covered(site: str) -> Callable[[Scores], Interval | None]:
    """Mean share of a site's blood that any mark covers, over heads with at least 0.5 mL there."""

    def figure(scores: Scores) -> Interval | None:
        here = [(one.sites[site], one.patient) for one in scores if site in one.sites]
        enough = [(found, patient) for found, patient in here if found.truth_ml >= QUIET_ML]
        return mean((found.covered_ml / found.truth_ml for found, _ in enough), (patient for _, patient in enough))

    return figure


def named(site: str) -> Callable[[Scores], Interval | None]:
    """Of the blood covered, the share that carries the site's own name."""

    def figure(scores: Scores) -> Interval | None:
        naming = [one.sites[site] for one in scores if site in one.sites and one.names_sites]
        here = [found for found in naming if found.covered_ml > 0]
        return mean(found.named_ml / found.covered_ml for found in here)

    return figure


SITE_NAMES = tuple(site.value for site in SITES)
