"""The period of a bundle: `2026-07-01..2026-09-30`, `2026-09`, `2026-Q3` or `2026`, in UTC."""

import re
from typing import TYPE_CHECKING

from sbom.errors import InputError

if TYPE_CHECKING:
    from datetime import date

FORMS = "write 2026-07-01..2026-09-30, 2026-09, 2026-Q3 or 2026"
YEAR = re.compile(r"(\d{4})")
QUARTER = re.compile(r"(\d{4})-Q([1-4])")
MONTH = re.compile(r"(\d{4})-(\d\d)")


def period(text: str) -> tuple[str, str]:
    """Return the first and the last second of a period, RFC 3339 in UTC.

    Raises:
        InputError: where it is none, or ends before it begins.
    """
    from datetime import date, timedelta

    try:
        if found := YEAR.fullmatch(text):
            first, after = date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1)
        elif found := QUARTER.fullmatch(text):
            first = date(int(found[1]), 3 * int(found[2]) - 2, 1)
            after = _months_later(first, 3)
        elif found := MONTH.fullmatch(text):
            first = date(int(found[1]), int(found[2]), 1)
            after = _months_later(first, 1)
        else:
            start, dots, end = text.partition("..")
            first = date.fromisoformat(start)
            after = date.fromisoformat(end if dots else start) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise InputError(f"--period {text}: no period", FORMS) from error
    if after <= first:
        raise InputError(f"--period {text}: it ends before it begins", FORMS)
    return f"{first}T00:00:00Z", f"{after - timedelta(days=1)}T23:59:59Z"


def _months_later(day: "date", months: int) -> "date":
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)
