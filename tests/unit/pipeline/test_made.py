"""When an image says it was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from pipeline.assembly.made import made_at


def _header(**values: str) -> Dataset:
    header = Dataset()
    for keyword, value in values.items():
        setattr(header, keyword, value)
    return header


def test_the_latest_of_its_times_counts() -> None:
    header = _header(
        AcquisitionDate="20261122", AcquisitionTime="083000", ContentDate="20261122", ContentTime="083210.250000"
    )
    assert made_at(header) == datetime(2026, 11, 22, 7, 32, 10, tzinfo=UTC)  # Paris in winter


def test_a_zone_in_the_header_is_believed_and_one_in_the_value_more() -> None:
    said = {"ContentDate": "20261122", "ContentTime": "1200", "TimezoneOffsetFromUTC": "+0400"}
    assert made_at(_header(**said)) == datetime(2026, 11, 22, 8, tzinfo=UTC)
    precise = _header(AcquisitionDateTime="20261122120000.5-0100", TimezoneOffsetFromUTC="+0400")
    assert made_at(precise) == datetime(2026, 11, 22, 13, tzinfo=UTC)


def test_another_zone_may_be_the_local_one() -> None:
    header = _header(ContentDate="20261122", ContentTime="120000")
    assert made_at(header, timezone(timedelta(hours=8))) == datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"ContentDate": "20261122"},
        {"ContentDate": "20261122", "ContentTime": "12"},
        {"ContentDate": "20261332", "ContentTime": "120000"},
        {"AcquisitionDateTime": "2026"},
        {"ContentDate": "00000000", "ContentTime": "000000"},
    ],
)
def test_what_is_no_date_and_time_says_nothing(values: dict[str, str]) -> None:
    assert made_at(_header(**values)) is None


@given(st.text(alphabet="0123456789.+-", max_size=26), st.text(alphabet="0123456789+-", max_size=5))
def test_no_text_breaks_it(moment: str, zone: str) -> None:
    found = made_at(_header(AcquisitionDateTime=moment, TimezoneOffsetFromUTC=zone))
    assert found is None or found.tzinfo is UTC
