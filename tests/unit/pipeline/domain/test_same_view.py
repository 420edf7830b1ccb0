from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.same_view import UNKNOWN_VIEW, View, shows_all_of

HEAD = View("1.2.3", (1000.0, 1010.0), (0.0, 0.0, 1.0), -20.0, 130.0, whole_head=True)


def test_two_reconstructions_of_one_acquisition_show_the_same() -> None:
    thick = replace(HEAD, from_mm=-17.5, to_mm=127.5)
    assert shows_all_of(HEAD, thick)
    assert shows_all_of(thick, HEAD)


def test_a_repeated_scan_is_another_view_though_it_lies_in_the_same_frame() -> None:
    assert not shows_all_of(replace(HEAD, acquired_s=(1060.0, 1070.0)), HEAD)


def test_the_lower_half_of_a_head_does_not_show_the_upper_one_even_in_thinner_slices() -> None:
    lower, upper = replace(HEAD, to_mm=50.0, whole_head=False), replace(HEAD, from_mm=50.0, whole_head=False)
    assert not shows_all_of(lower, upper)
    assert not shows_all_of(upper, lower)
    assert shows_all_of(HEAD, upper)


def test_across_two_orientations_only_a_whole_head_is_known_to_show_all() -> None:
    sagittal = replace(HEAD, normal=(1.0, 0.0, 0.0), from_mm=-80.0, to_mm=80.0)
    assert shows_all_of(HEAD, sagittal)
    assert not shows_all_of(replace(HEAD, whole_head=False), sagittal)


@pytest.mark.parametrize(
    "unknown", [replace(HEAD, FrameOfReferenceUID=""), replace(HEAD, acquired_s=None), UNKNOWN_VIEW]
)
def test_what_is_not_known_is_never_taken_for_the_same(unknown: View) -> None:
    assert not shows_all_of(unknown, unknown)
    assert not shows_all_of(HEAD, unknown)


reaches = st.floats(-300, 300).flatmap(lambda low: st.tuples(st.just(low), st.floats(0, 200).map(lambda up: low + up)))


@given(reaches, reaches)
def test_nothing_beyond_the_chosen_range_is_left_unread(chosen: tuple[float, float], left: tuple[float, float]) -> None:
    view = replace(HEAD, from_mm=chosen[0], to_mm=chosen[1])
    other = replace(HEAD, from_mm=left[0], to_mm=left[1])
    if shows_all_of(view, other):
        assert chosen[0] - 5 <= left[0]
        assert left[1] <= chosen[1] + 5
