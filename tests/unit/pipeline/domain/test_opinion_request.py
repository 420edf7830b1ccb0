"""What a peripheral doctor tells: flagged when it cannot be right, never turned into a negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.domain.nihss import Nihss, NihssItem
from pipeline.domain.opinion_request import (
    Anticoagulant,
    Onset,
    OnsetKind,
    OpinionRequest,
    PatientTold,
    age_at,
    flags,
    windows,
)
from pipeline.domain.request import Urgency

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAIN = OpinionRequest(
    patient=PatientTold(FamilyName="LE GALL", GivenName="Anne", PatientBirthDate="19480229"),
    urgency=Urgency.URGENT,
    requester="Dr Morvan",
    call_back="+33 2 98 00 00 00",
    onset=Onset(OnsetKind.KNOWN, NOW - HOUR),
)


def codes(asked: OpinionRequest) -> list[str]:
    return [flag.code for flag in flags(asked, NOW)]


def test_a_sound_request_has_no_flag() -> None:
    assert codes(PLAIN) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"nihss": Nihss(12, dict.fromkeys(NihssItem, 1))}, "nihss_total_differs"),
        ({"onset": Onset(OnsetKind.KNOWN, NOW + HOUR)}, "time_in_future"),
        ({"last_dose_at": NOW + HOUR}, "time_in_future"),
        ({"onset": Onset(OnsetKind.WAKE_UP, NOW - HOUR, NOW)}, "well_after_onset"),
        ({"onset": Onset(OnsetKind.WAKE_UP, NOW - HOUR)}, "onset_not_told"),
        ({"systolic_mmhg": 80, "diastolic_mmhg": 120}, "pressures_reversed"),
        ({"anticoagulant": Anticoagulant.DOAC}, "last_dose_not_told"),
        ({"age_years": 60}, "age_differs"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_flagged(changed: dict[str, Any], code: str) -> None:
    assert codes(replace(PLAIN, **changed)) == [code]


def test_the_clock_of_a_wake_up_stroke_starts_when_the_patient_was_last_well() -> None:
    onset = Onset(OnsetKind.WAKE_UP, NOW - HOUR, NOW - 8 * HOUR)
    assert onset.clock_starts_at == NOW - 8 * HOUR
    assert windows(onset)[0].ends_at == NOW - 3.5 * HOUR


def test_windows_end_four_and_a_half_six_and_twenty_four_hours_after_onset() -> None:
    ends = {window.code: window.ends_at - NOW for window in windows(PLAIN.onset)}
    assert ends == {"thrombolysis": 3.5 * HOUR, "thrombectomy_early": 5 * HOUR, "thrombectomy_late": 23 * HOUR}
    assert windows(Onset()) == ()


def test_the_priority_rules_get_what_is_known_and_nothing_else() -> None:
    brief = PLAIN.brief
    assert (brief.urgency, brief.onset_at, brief.nihss, brief.anticoagulant) == (Urgency.URGENT, NOW - HOUR, None, None)


def test_an_age_is_reckoned_from_a_birth_date_also_on_the_29th_of_february() -> None:
    assert age_at("19480229", date(2026, 2, 28)) == 77
    assert age_at("19480229", date(2026, 3, 1)) == 78
    assert age_at("1948", date(2026, 3, 1)) is None
    assert age_at("20270101", date(2026, 3, 1)) is None
