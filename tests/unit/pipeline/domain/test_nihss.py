"""The stroke scale: its limits, its sum, and a total that cannot be right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.nihss import MOST, MOST_TOTAL, Nihss, NihssItem

scores = st.fixed_dictionaries({}, optional={item: st.integers(0, most) for item, most in MOST.items()})


def test_the_fifteen_items_add_up_to_forty_two_at_most() -> None:
    assert len(MOST) == 15
    assert sum(MOST.values()) == MOST_TOTAL


@given(scores, st.none() | st.integers(0, MOST_TOTAL))
def test_a_total_is_flagged_exactly_when_no_untested_item_could_explain_it(
    items: dict[NihssItem, int], total: int | None
) -> None:
    nihss = Nihss(total, items)
    untested = [item for item in MOST if item not in items]
    possible = range(sum(items.values()), sum(items.values()) + sum(MOST[item] for item in untested) + 1)
    assert nihss.contradicts_itself == (total is not None and bool(items) and total not in possible)


def test_a_total_that_is_not_the_sum_of_all_fifteen_is_flagged_and_still_the_score() -> None:
    nihss = Nihss(4, {**dict.fromkeys(MOST, 0), NihssItem.RIGHT_ARM: 4, NihssItem.LANGUAGE: 2})
    assert nihss.contradicts_itself
    assert (nihss.sum, nihss.score) == (6, 4)


def test_without_a_total_only_all_items_make_a_score() -> None:
    assert Nihss(None, {NihssItem.GAZE: 1}).score is None
    assert Nihss(None, dict.fromkeys(MOST, 1)).score == 15
