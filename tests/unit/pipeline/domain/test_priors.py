"""Which earlier studies are fetched, and that nothing of another patient is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.identity import PatientIdentity
from pipeline.domain.priors import MOST_PRIORS, FoundStudy, again_after, priors_among

PATIENT = PatientIdentity("P1", "", "Doe^Jane", "19500101", "F")
OLD = FoundStudy("1.1", "20240101", frozenset({"CT", "SR"}), "P1", "19500101")


def among(*found: FoundStudy, known: tuple[str, ...] = ()) -> list[str]:
    return [one.StudyInstanceUID for one in priors_among(found, PATIENT, known, "20261122")]


def test_an_earlier_head_study_of_the_patient_is_fetched() -> None:
    assert among(OLD, replace(OLD, StudyInstanceUID="1.2", modalities=frozenset(), PatientBirthDate="")) == [
        "1.2",
        "1.1",
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(OLD, PatientID="P2"),
        replace(OLD, PatientBirthDate="19510101"),
        replace(OLD, StudyDate="20261122"),
        replace(OLD, StudyDate=""),
        replace(OLD, modalities=frozenset({"US"})),
        replace(OLD, StudyInstanceUID=""),
    ],
)
def test_another_patient_another_day_and_another_organ_are_left_where_they_are(other: FoundStudy) -> None:
    assert among(other) == []


def test_the_newest_few_come_and_none_that_is_here() -> None:
    many = [replace(OLD, StudyInstanceUID=f"1.{year}", StudyDate=f"{year}0101") for year in range(2010, 2024)]
    assert among(*many, known=("1.2023",)) == ["1.2022", "1.2021", "1.2020"]
    assert len(among(*many)) == MOST_PRIORS


def test_a_search_that_fails_is_tried_again_later_and_later_and_then_given_up() -> None:
    waits = [again_after(attempt) for attempt in range(1, 7)]
    assert waits[0] == timedelta(seconds=10)
    assert waits[:5] == sorted(one for one in waits if one is not None)
    assert waits[5] is None
