"""The three tasks: which figures are asked of each, and the goals that were set before training."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from benchmarks.accuracy import figures as f
from benchmarks.accuracy.figures import Goal, Row, Scores
from benchmarks.accuracy.metrics import Interval

Figure = Callable[[Scores], Interval | None]
Choice = Callable[[Scores], Scores]


def chosen(*steps: Choice, figure: Figure) -> Figure:
    """A figure over what is left after these choices, in order."""
    return lambda scores: figure(reduce(lambda left, step: step(left), steps, scores))


REAL, NEGATIVE = f.of_sort("real"), f.of_sort("real negative")
LESION, NORMAL, SHOWER = f.of_sort("lesion"), f.of_sort("normal"), f.of_sort("shower")
SYNTHETIC = f.of_sort("lesion", "normal", "shower")


def _stratum(low: float, high: float) -> Row:
    span = f"over {low:g} mL" if high == float("inf") else f"{low:g} to {high:g} mL" if low else f"under {high:g} mL"
    return Row(f"– with {span} to find: mean Dice", chosen(LESION, f.between_ml(low, high), figure=f.mean_dice))


def _synthetic(dice_goal: Goal | None = None, sensitivity: Goal | None = None, quiet: Goal | None = None,
               calibration: Goal | None = None) -> tuple[Row, ...]:  # fmt: skip
    large = (LESION, f.at_least_1_ml)
    return (
        Row("synthetic heads with at least 1 mL: mean Dice", chosen(*large, figure=f.mean_dice), dice_goal),
        *(_stratum(low, high) for low, high in f.STRATA_ML),
        Row("– Dice of single lesions of at least 1 mL", chosen(LESION, figure=f.lesion_dice)),
        Row("– heads with at least 1 mL that are marked", chosen(*large, figure=f.cases_met), sensitivity, share=True),
        Row("– lesions of at least 1 mL that are marked", chosen(LESION, figure=f.lesions_met), share=True),
        Row("synthetic heads without: share with at most 0.5 mL", chosen(NORMAL, figure=f.quiet), quiet, share=True),
        Row("– mean mL marked", chosen(NORMAL, figure=f.marked_ml)),
        Row("calibration error, scan", chosen(SYNTHETIC, figure=f.scan_calibration), calibration),
        Row("– lesion", chosen(SYNTHETIC, figure=f.lesion_calibration), calibration),
    )


_SITES = tuple(
    Row(f"synthetic {site}: share of its blood that is marked", chosen(LESION, figure=f.covered(site)), share=True)
    for site in f.SITE_NAMES
) + tuple(
    Row(f"synthetic {site}: of what is marked, share that is called so", chosen(LESION, figure=f.named(site)),
        share=True)
    for site in f.SITE_NAMES
)  # fmt: skip

_GOALS = (Goal("≥", 0.75), Goal("≥", 0.97), Goal("≥", 0.95), Goal("≤", 0.05))

ROWS: dict[str, tuple[Row, ...]] = {
    "ich-ct": (
        Row("real slices with blood: mean Dice", chosen(REAL, figure=f.mean_dice), Goal("≥", 0.60)),
        Row("– median Dice", chosen(REAL, figure=f.median_dice)),
        Row("– mean Dice, blood over 2 cm2", chosen(REAL, f.over_2_cm2, figure=f.mean_dice), Goal("≥", 0.72)),
        Row("– slices where blood is marked", chosen(REAL, figure=f.cases_met), share=True),
        Row("– the same, blood over 2 cm2", chosen(REAL, f.over_2_cm2, figure=f.cases_met), share=True),
        *(Row(f"– share of {site} that is marked", chosen(REAL, figure=f.covered(site)), share=True)
          for site in f.SITE_NAMES),
        Row("real slices without blood: share marked", chosen(NEGATIVE, figure=f.marked), share=True),
        Row("– largest mark, mL", chosen(NEGATIVE, figure=f.largest_false_ml), Goal("≤", 1.0)),
        Row("– slice AUC against those with blood", f.slice_auc, Goal("≥", 0.93)),
        *_synthetic(*_GOALS),
        *_SITES,
    ),
    "infarct-dwi": (
        Row("real cases: mean Dice", chosen(REAL, figure=f.mean_dice), Goal("≥", 0.75)),
        Row("– lesion F1", chosen(REAL, figure=f.mean_f1)),
        *_synthetic(*_GOALS),
        Row("synthetic showers, lesions under 0.5 mL: lesion F1", chosen(SHOWER, figure=f.mean_f1), Goal("≥", 0.6)),
        Row("– mean Dice", chosen(SHOWER, figure=f.mean_dice)),
    ),
    "ischaemia-ct": (
        Row("real slices with early ischaemia: mean Dice", chosen(REAL, figure=f.mean_dice), Goal("≥", 0.25)),
        Row("– median Dice", chosen(REAL, figure=f.median_dice)),
        Row("– slices where some of it is marked", chosen(REAL, figure=f.cases_met), share=True),
        Row("real slices with blood: share marked", chosen(NEGATIVE, figure=f.marked), share=True),
        *_synthetic(*_GOALS),
    ),
}  # fmt: skip
"""Figures of each task in the order of its table; goals are those of the project's second milestone."""
