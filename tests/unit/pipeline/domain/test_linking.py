"""A request and images: linked when sure, shown to a person when not, never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.identity import PatientIdentity
from pipeline.domain.linking import Candidate, Likeness, find_link, likeness
from pipeline.domain.opinion_request import PatientTold

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TOLD = PatientTold(FamilyName="Le Gall", GivenName="Hélène", PatientID="123", PatientBirthDate="19480229")
IMAGES = PatientIdentity("123", "CH", "LE-GALL^HELENE^MARIE", "19480229", "F")


def candidate(identity: PatientIdentity = IMAGES, *, hours: float = 0) -> Candidate:
    return Candidate(uuid4(), identity, NOW + timedelta(hours=hours))


def test_number_birth_date_and_name_together_are_sure_whatever_the_spelling() -> None:
    assert likeness(TOLD, IMAGES) is Likeness.SAME


@pytest.mark.parametrize(
    "told",
    [
        replace(TOLD, PatientID=""),
        replace(TOLD, PatientID="124"),
        replace(TOLD, PatientBirthDate=""),
        replace(TOLD, PatientBirthDate="19480228"),
        replace(TOLD, FamilyName="Le Goff"),
        replace(TOLD, GivenName="Anne"),
        replace(TOLD, GivenName=""),
        replace(TOLD, PatientID="", PatientBirthDate=""),
    ],
)
def test_whatever_does_not_agree_makes_it_a_persons_question(told: PatientTold) -> None:
    assert likeness(told, IMAGES) is Likeness.UNSURE


def test_another_name_without_the_number_is_another_patient() -> None:
    assert likeness(replace(TOLD, PatientID="", FamilyName="Le Goff"), IMAGES) is Likeness.OTHER
    assert likeness(replace(TOLD, PatientID="", PatientBirthDate="19500101"), IMAGES) is Likeness.OTHER


def test_a_name_is_known_in_its_ideographic_form_too() -> None:
    images = replace(IMAGES, PatientName="Zhang^San=张^三")
    assert likeness(replace(TOLD, FamilyName="张", GivenName="三"), images) is Likeness.SAME


def test_one_sure_case_is_linked_and_two_are_asked_about() -> None:
    one, other = candidate(), candidate(hours=-2)
    assert find_link(TOLD, NOW, [one]).case_id == one.case_id
    assert find_link(TOLD, NOW, [one, other]).case_id is None
    assert set(find_link(TOLD, NOW, [one, other]).unsure) == {one.case_id, other.case_id}


def test_images_of_another_day_are_not_linked() -> None:
    assert find_link(TOLD, NOW, [candidate(hours=-25)]) == find_link(TOLD, NOW, [])


@given(st.lists(st.sampled_from([IMAGES, replace(IMAGES, PatientID=""), replace(IMAGES, PatientName="X^Y")])))
def test_a_link_is_never_made_where_anything_disagrees(identities: list[PatientIdentity]) -> None:
    candidates = [candidate(identity) for identity in identities]
    by_id: dict[UUID, PatientIdentity] = {one.case_id: one.identity for one in candidates}
    link = find_link(TOLD, NOW, candidates)
    assert link.case_id is None or by_id[link.case_id] == IMAGES
