"""Public holidays against calendars as printed."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.domain.holidays import REGIONS, easter, holidays


@pytest.mark.parametrize(
    "sunday",
    [date(1818, 3, 22), date(1943, 4, 25), date(2000, 4, 23), date(2024, 3, 31), date(2026, 4, 5), date(2038, 4, 25)],
)
def test_easter_falls_where_the_church_says(sunday: date) -> None:
    assert easter(sunday.year) == sunday


def test_france_has_eleven_holidays_in_2026() -> None:
    found = holidays(2026)
    assert len(found) == 11
    assert (found[date(2026, 4, 6)], found[date(2026, 5, 14)], found[date(2026, 5, 25)]) == (
        "easter_monday",
        "ascension",
        "whit_monday",
    )


def test_alsace_moselle_has_two_more_and_each_overseas_department_one() -> None:
    extra = {region: len(holidays(2026, region)) - 11 for region in REGIONS}
    assert extra == {"": 0, "alsace_moselle": 2} | dict.fromkeys(REGIONS[2:], 1)
    assert holidays(2026, "reunion")[date(2026, 12, 20)] == "abolition_of_slavery"
