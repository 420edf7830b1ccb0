from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.accuracy.metrics import (
    area_under_curve,
    bootstrap,
    calibration_error,
    dice,
    lesion_f1,
    matches,
)


def cube(*, at: int, size: int) -> np.ndarray:
    mask = np.zeros((4, 20, 20), bool)
    mask[1:3, at : at + size, at : at + size] = True
    return mask


def test_dice_is_one_for_the_same_mask_and_for_two_empty_ones() -> None:
    assert dice(cube(at=2, size=4), cube(at=2, size=4)) == 1
    assert dice(np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), bool)) == 1
    assert dice(cube(at=2, size=4), np.zeros((4, 20, 20), bool)) == 0
    assert dice(cube(at=2, size=4), cube(at=4, size=4)) == pytest.approx(0.25)


def test_a_true_lesion_is_met_when_any_mark_lies_on_it() -> None:
    truth = cube(at=1, size=3) | cube(at=10, size=5)
    said = np.zeros(truth.shape, np.uint8)
    said[1, 3, 3] = 1  # a corner of the first lesion
    said[1, 18, 18] = 2  # nothing
    found = matches(said, truth)
    assert found.met == (True, False)
    assert found.truth_voxels == (18, 50)
    assert found.said_meets == (True, False)
    assert found.dice == (pytest.approx(2 / 19), 0)
    assert lesion_f1(found.met, found.said_meets) == pytest.approx(0.5)


def test_a_lesion_is_compared_with_all_the_marks_that_touch_it() -> None:
    truth = cube(at=5, size=6)
    said = np.zeros(truth.shape, np.uint8)
    said[1][truth[1]], said[2][truth[2]] = 1, 2
    assert matches(said, truth).dice == (1.0,)


def test_numbers_that_left_no_voxel_are_no_marks() -> None:
    said = np.zeros((2, 6, 6), np.uint8)
    said[0, 0, 0] = 3
    found = matches(said, np.zeros(said.shape, bool))
    assert (found.said_voxels, found.said_meets, found.met) == ((1,), (False,), ())


def test_nothing_to_find_and_nothing_marked_is_a_perfect_f1() -> None:
    assert lesion_f1([], []) == 1
    assert lesion_f1([], [False]) == 0
    assert lesion_f1([True, True], [True]) == 1


def test_sure_and_right_is_calibrated_and_sure_and_wrong_is_not() -> None:
    assert calibration_error([1.0, 0.0, 1.0], [True, False, True]) == 0
    assert calibration_error([1.0, 1.0], [False, False]) == 1
    assert calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert calibration_error([0.55, 0.95], [True, True]) == pytest.approx((0.45 + 0.05) / 2)


def test_auc_counts_pairs_and_halves_ties() -> None:
    assert area_under_curve([3, 4], [1, 2]) == 1
    assert area_under_curve([1], [1]) == 0.5
    assert area_under_curve([1, 3], [2]) == 0.5
    assert math.isnan(area_under_curve([], [1]))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_an_interval_holds_the_mean_and_is_the_same_every_time(values: list[float]) -> None:
    found = bootstrap(values, draws=100)
    assert found.low - 1e-9 <= found.high
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found == bootstrap(values, draws=100)


def test_slices_of_one_patient_are_drawn_together() -> None:
    values = [0.0] * 10 + [1.0] * 10
    alone = bootstrap(values)
    together = bootstrap(values, ["a"] * 10 + ["b"] * 10)
    assert (together.low, together.high) == (0, 1)
    assert alone.high - alone.low < 0.5
    assert alone.value == together.value == 0.5


def test_no_case_gives_no_figure_and_a_single_patient_no_interval() -> None:
    assert math.isnan(bootstrap([]).value)
    alone = bootstrap([0.2, 0.4], ["a", "a"])
    assert alone.value == pytest.approx(0.3)
    assert math.isnan(alone.low)
