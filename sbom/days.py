"""How many days lie between two points in time: whole days of the calendar, in UTC.

One rule for every age and term: what is of the 1st is 7 days old all through the 8th, whatever the
hour, and older than 7 days from the 9th on (docs/rules.md, Days).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


def days_between(earlier: str, later: str) -> int | None:
    """Return the days from one date or time to another, below 0 where that comes first.

    Args:
        earlier: a day (`2026-11-22`) or an RFC 3339 time in any zone; one without a zone is UTC.
        later: the same.

    Returns:
        None where one of them is neither.
    """
    try:
        return (_day(later) - _day(earlier)).days
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> "date":
    from datetime import UTC, date, datetime

    if len(text) == len("2026-11-22") or text.endswith("Z"):
        return date.fromisoformat(text[:10])
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
