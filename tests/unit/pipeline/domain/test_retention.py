"""What rules delete, and that they never touch what is open, unanswered or undelivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.retention import (
    Hold,
    Room,
    Rule,
    RuleKind,
    Scope,
    Standing,
    holds,
    may_close,
    to_close,
    to_delete,
)

SITES = ("carhaix", "brest")
CLOSED = Standing(
    case_id=UUID(int=1),
    site_id="carhaix",
    size=100,
    studies=1,
    settled_for=timedelta(days=40),
    closed=True,
    asked=True,
    answered=True,
)
ROOMY = Room(disk=10_000, used=0)

flags = ("closed", "held", "urgent", "arriving", "under_analysis", "calling", "asked", "answered", "request_open")
flags += ("drafted", "undelivered", "to_confirm")
cases = st.lists(
    st.builds(
        Standing,
        case_id=st.uuids(),
        site_id=st.sampled_from(SITES),
        size=st.integers(0, 1000),
        studies=st.integers(0, 3),
        settled_for=st.integers(-5, 100).map(lambda days: timedelta(days=days)),
        **{flag: st.booleans() for flag in flags},
    ),
    max_size=12,
    unique_by=lambda one: one.case_id,
)
rules = st.lists(
    st.builds(
        Rule,
        id=st.uuids(),
        kind=st.sampled_from(RuleKind),
        days=st.floats(0, 90),
        site_id=st.sampled_from((None, *SITES)),
        most=st.floats(0, 2000),
        unasked=st.booleans(),
        scope=st.sampled_from(Scope),
    ),
    max_size=5,
)
rooms = st.builds(Room, disk=st.integers(1, 10_000), used=st.integers(0, 10_000), leaving=st.integers(0, 5_000))


@given(rules, cases, rooms)
def test_no_rule_ever_deletes_what_is_open_unanswered_or_undelivered(
    named: list[Rule], known: list[Standing], room: Room
) -> None:
    for due in to_delete(named, known, room):
        case = due.standing
        assert case.closed
        assert not (case.request_open)
        assert not (case.drafted)
        assert not (case.undelivered)
        assert not (case.arriving)
        assert not (case.under_analysis)
        assert not (case.calling)
        assert not (case.to_confirm)
        assert case.answered or not case.asked


@given(rules, cases, rooms)
def test_nothing_goes_before_its_rule_says_and_only_of_its_site_and_once(
    named: list[Rule], known: list[Standing], room: Room
) -> None:
    due = to_delete(named, known, room)
    assert len({one.standing.case_id for one in due}) == len(due)
    for one in due:
        assert one.standing.settled_for >= timedelta(days=one.rule.days)
        assert one.rule.site_id in (None, one.standing.site_id)
        assert one.rule.kind is not RuleKind.CLOSE


@given(rules, cases, rooms)
def test_without_a_rule_of_its_kind_nothing_is_closed_or_deleted(
    named: list[Rule], known: list[Standing], room: Room
) -> None:
    assert to_delete([], known, room) == []
    assert to_close([one for one in named if one.kind is not RuleKind.CLOSE], known) == []
    assert to_delete([one for one in named if one.kind is RuleKind.CLOSE], known, room) == []


@given(cases, st.integers(0, 3000))
def test_a_limit_of_size_deletes_no_more_than_it_must_and_the_oldest_first(known: list[Standing], most: int) -> None:
    rule = Rule(uuid4(), RuleKind.SIZE, 1, most=most)
    gone = [one.standing for one in to_delete([rule], known, ROOMY)]
    total = sum(case.size for case in known)
    if gone:
        assert total - sum(case.size for case in gone[:-1]) > most  # without the last it was still too much
    may_go = [one for one in known if not holds(one) and one.settled_for >= timedelta(days=1) and one.size]
    stays = [one for one in may_go if one.studies and one not in gone]
    assert all(old.settled_for >= young.settled_for for old in gone for young in stays)
    if stays:
        assert total - sum(case.size for case in gone) <= most


@given(rules, cases)
def test_no_rule_closes_what_nobody_answered_unless_nobody_asked_and_it_is_not_urgent(
    named: list[Rule], known: list[Standing]
) -> None:
    closed = set(to_close(named, known))
    for case in known:
        if case.case_id in closed and not case.answered:
            assert not (case.asked)
            assert not (case.urgent)
            assert not (case.held)
            assert any(rule.unasked for rule in named)


def test_what_is_old_and_answered_goes() -> None:
    rule = Rule(uuid4(), RuleKind.AGE, 30)
    assert [one.standing for one in to_delete([rule], [CLOSED], ROOMY)] == [CLOSED]
    assert to_delete([rule], [replace(CLOSED, settled_for=timedelta(days=29))], ROOMY) == []


def test_the_rule_that_deletes_everything_goes_before_one_that_deletes_images() -> None:
    some = Rule(uuid4(), RuleKind.AGE, 10)
    whole = Rule(uuid4(), RuleKind.AGE, 30, scope=Scope.RECORD)
    assert [one.rule for one in to_delete([some, whole], [CLOSED], ROOMY)] == [whole]


def test_a_case_without_images_is_left_to_rules_that_delete_everything() -> None:
    empty = replace(CLOSED, size=0, studies=0)
    assert to_delete([Rule(uuid4(), RuleKind.AGE, 1)], [empty], ROOMY) == []
    assert len(to_delete([Rule(uuid4(), RuleKind.AGE, 1, scope=Scope.RECORD)], [empty], ROOMY)) == 1


def test_what_is_already_leaving_counts_as_gone_from_the_disk() -> None:
    rule = Rule(uuid4(), RuleKind.DISK, 1, most=0.5)
    assert len(to_delete([rule], [CLOSED], Room(disk=1000, used=600))) == 1
    assert to_delete([rule], [CLOSED], Room(disk=1000, used=600, leaving=100)) == []


@pytest.mark.parametrize(
    ("change", "hold"),
    [
        ({"closed": False}, Hold.OPEN),
        ({"arriving": True}, Hold.ARRIVING),
        ({"under_analysis": True}, Hold.UNDER_ANALYSIS),
        ({"calling": True}, Hold.CALLING),
        ({"request_open": True}, Hold.REQUEST_WITHOUT_OPINION),
        ({"answered": False}, Hold.REQUEST_WITHOUT_OPINION),
        ({"drafted": True}, Hold.OPINION_NOT_SIGNED),
        ({"undelivered": True}, Hold.UNDELIVERED),
        ({"to_confirm": True}, Hold.IDENTITY_TO_CONFIRM),
    ],
)
def test_each_hold_alone_keeps_a_case(change: dict[str, bool], hold: Hold) -> None:
    held = replace(CLOSED, **change)  # type: ignore[arg-type]
    assert holds(held) == {hold}
    assert to_delete([Rule(uuid4(), RuleKind.AGE, 1)], [held], ROOMY) == []


def test_a_closed_case_is_not_closed_again() -> None:
    assert not may_close(CLOSED, unasked=True)
    assert may_close(replace(CLOSED, closed=False, held=True), unasked=False)
