"""Days between two points in time: those of the calendar, in UTC, whatever the hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.days import days_between


@pytest.mark.parametrize(
    ("earlier", "later", "days"),
    [
        ("2026-11-01", "2026-11-08", 7),
        ("2026-11-01T23:59:59Z", "2026-11-08T00:00:00Z", 7),
        ("2026-11-01T00:00:00Z", "2026-11-08T23:59:59.999Z", 7),
        ("2026-11-08", "2026-11-01T00:00:00Z", -7),
        ("2026-11-02T00:30:00+02:00", "2026-11-02", 1),
        ("2026-11-01T23:30:00-02:00", "2026-11-02T00:00:00", 0),
        ("2026-12-31T12:00:00Z", "2027-01-01", 1),
        ("", "2026-11-01", None),
        ("soon", "2026-11-01", None),
        ("2026-02-30", "2026-11-01", None),
        ("2026-11-01 and more", "2026-11-02", None),
        ("0001-01-01T00:00:00+14:00", "2026-11-02", None),
    ],
)
def test_whole_days_of_the_calendar_lie_between(earlier, later, days):
    assert days_between(earlier, later) == days


FIRST, LAST = datetime(1990, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 (Hypothesis adds it)
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@given(MOMENTS, MOMENTS, MOMENTS)
def test_days_add_up_and_no_hour_changes_them(one, two, three):
    first, second, third = (each.isoformat() for each in (one, two, three))
    whole = days_between(first, third)
    assert whole == days_between(first, second) + days_between(second, third)
    assert whole == (three.date() - one.date()) // timedelta(days=1)
    assert days_between(third, first) == -whole
