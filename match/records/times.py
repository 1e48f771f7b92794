"""Times as feeds write them, to RFC 3339 in UTC."""

import re

UTC = re.compile(
    r"(?!0{3})\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z"
)
SAFE_DAY = "29"
"""Earlier days are in every month: their dates need no calendar."""


def utc(text: str | None) -> str | None:
    """Return the time in RFC 3339, UTC; empty where it is unknown, None where it is no time.

    Unknown is what is absent and what lies before the year 10: many write year 1 for
    "not set". A time without a zone is UTC, and a date is its first second.
    """
    if not text:
        return ""
    right = UTC.fullmatch(text) is not None
    if right and text[8:10] < SAFE_DAY:
        return text
    from datetime import UTC as ZONE
    from datetime import datetime

    try:
        time = datetime.fromisoformat(text.strip())
        if time.year < 10:
            return ""
        time = time.replace(tzinfo=ZONE) if time.tzinfo is None else time.astimezone(ZONE)
    except (ValueError, OverflowError):
        return None
    return text if right else time.isoformat().replace("+00:00", "Z")
