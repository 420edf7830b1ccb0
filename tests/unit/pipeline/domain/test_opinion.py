"""An opinion: nothing suggested is ever signed as said, nothing signed is ever overwritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, MidlineShift, Side
from pipeline.domain.opinion import (
    Agreement,
    AspectsRegion,
    Content,
    Draft,
    Haemorrhage,
    Ischaemia,
    Lacking,
    Quality,
    Recommendation,
    Version,
    agreement,
    edited,
    lacking,
    refreshed,
    said,
    sign,
    suggest,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ANNE = UUID(int=1)
BLEED = Finding(FindingKind.HAEMORRHAGE, 12.34, Side.LEFT, 0.9, site=HaemorrhageSite.INTRAPARENCHYMAL)
SHIFT = MidlineShift(4.26, Side.RIGHT, "method", "limits")
WHOLE = Content(haemorrhage=Haemorrhage(present=False), recommendations=frozenset({Recommendation.THROMBOLYSIS}))

volumes = st.floats(0.1, 300)
findings = st.lists(
    st.builds(
        Finding,
        st.sampled_from(FindingKind),
        volumes,
        st.sampled_from(Side),
        st.floats(0, 1),
        site=st.none() | st.sampled_from(HaemorrhageSite),
        for_triage=st.booleans(),
    ),
    max_size=4,
)


@given(findings)
def test_everything_a_model_suggests_is_unconfirmed_and_cannot_be_signed(found: list[Finding]) -> None:
    draft = suggest(found, SHIFT)
    assert draft.unconfirmed == frozenset(said(draft.content))
    with_advice = replace(draft, content=replace(draft.content, recommendations=WHOLE.recommendations))
    assert (Lacking.UNCONFIRMED in lacking(with_advice, None, "")) == bool(draft.unconfirmed)
    if draft.unconfirmed:
        with pytest.raises(ValueError, match="unconfirmed"):
            sign(with_advice, None, ANNE, NOW)


def test_a_model_that_found_nothing_suggests_nothing_and_never_a_negative() -> None:
    assert suggest([], None) == Draft()
    assert suggest([replace(BLEED, for_triage=False)], None) == Draft()


def test_a_suggestion_carries_what_was_measured() -> None:
    blood = suggest([BLEED, replace(BLEED, side=Side.RIGHT, volume_ml=1.0)], SHIFT).content.haemorrhage
    assert (blood.present, blood.side, blood.volume_ml, blood.midline_shift_mm) == (True, Side.BILATERAL, 13.3, 4.3)


def test_what_a_person_changes_is_his_own_and_what_he_confirms_too() -> None:
    draft = suggest([BLEED], SHIFT)
    smaller = replace(draft.content, haemorrhage=replace(draft.content.haemorrhage, volume_ml=10.0))
    after = edited(draft, smaller, ["haemorrhage.present"])
    assert draft.unconfirmed - after.unconfirmed == {"haemorrhage.volume_ml", "haemorrhage.present"}
    assert edited(after, smaller, after.unconfirmed).unconfirmed == frozenset()


def test_a_suggestion_cannot_come_back_unconfirmed_once_it_was_confirmed() -> None:
    draft = suggest([BLEED], None)
    confirmed = edited(draft, draft.content, draft.unconfirmed)
    assert edited(confirmed, draft.content, []).unconfirmed == frozenset()


def test_an_opinion_says_whether_there_is_blood_and_what_to_do() -> None:
    assert lacking(Draft(), None, "") == (Lacking.HAEMORRHAGE_NOT_SAID, Lacking.RECOMMENDATION)
    blind = Content(quality=Quality.NON_DIAGNOSTIC, recommendations=frozenset({Recommendation.REPEAT_IMAGING}))
    assert lacking(Draft(blind), None, "") == ()


def test_an_amendment_has_a_reason_and_a_change_and_the_next_number() -> None:
    first = sign(Draft(WHOLE), None, ANNE, NOW)
    assert (first.number, first.content) == (1, WHOLE)
    assert lacking(Draft(WHOLE), first, "") == (Lacking.NOTHING_CHANGED, Lacking.REASON)
    changed = replace(WHOLE, conclusion="Small clot after all.")
    second = sign(Draft(changed), first, ANNE, NOW, " seen on the thin slices ")
    assert second == Version(2, changed, NOW, ANNE, "seen on the thin slices")


@given(st.frozensets(st.sampled_from(AspectsRegion)))
def test_aspects_is_ten_less_the_regions_affected(regions: frozenset[AspectsRegion]) -> None:
    assert Ischaemia(aspects=regions).aspects_score == 10 - len(regions)
    assert Ischaemia().aspects_score is None


def test_a_mismatch_needs_a_core() -> None:
    assert Ischaemia(core_ml=10, hypoperfused_ml=30).mismatch_ratio == 3
    assert Ischaemia(core_ml=0, hypoperfused_ml=30).mismatch_ratio is None
    assert Ischaemia(hypoperfused_ml=30).mismatch_ratio is None


@pytest.mark.parametrize(
    ("present", "marked", "analysed", "expected"),
    [
        (True, True, True, Agreement.TRUE_POSITIVE),
        (False, True, True, Agreement.FALSE_POSITIVE),
        (True, False, True, Agreement.FALSE_NEGATIVE),
        (False, False, True, Agreement.TRUE_NEGATIVE),
        (False, False, False, None),
        (None, True, True, None),
    ],
)
def test_silence_of_either_side_agrees_with_nothing(
    *, present: bool | None, marked: bool, analysed: bool, expected: Agreement | None
) -> None:
    assert agreement(present=present, marked=marked, analysed=analysed) is expected


@given(findings)
def test_a_newer_suggestion_fills_only_what_was_not_said_and_nothing_that_was_denied(found: list[Finding]) -> None:
    mine = Content(haemorrhage=Haemorrhage(present=False), ischaemia=Ischaemia(side=Side.RIGHT))
    newer = suggest(found, SHIFT).content
    draft = refreshed(Draft(mine), newer)
    assert draft.content.haemorrhage == mine.haemorrhage
    assert draft.content.ischaemia.side is Side.RIGHT
    assert draft.content.ischaemia.present == newer.ischaemia.present
    assert "ischaemia.side" not in draft.unconfirmed
    assert refreshed(draft, newer) == draft
