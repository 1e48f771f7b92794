"""Points in time as text: RFC 3339 in any zone to one form in UTC that sorts as time does.

The form is `2023-12-05T05:04:34.77929922Z`: no trailing zeros, up to nine digits after the point.
"""

MAX_LENGTH = 64


def utc(text: object) -> str | None:
    """Return `text` in UTC, or None where it is no RFC 3339 time (a date alone is midnight)."""
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        return None
    text = text.strip().upper()
    whole, fraction, zone = _split(text)
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(whole + zone)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    digits = fraction[:9].rstrip("0")
    stem = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{stem}.{digits}Z" if digits else f"{stem}Z"


def sort_key(instant: str) -> str:
    """Return what `instant` (as `utc` writes it) sorts by; no time at all sorts first."""
    return instant.removesuffix("Z")


def day_before(stated: object) -> str | None:
    """Return the day before a date or a time, `2026-12-30`; None where it is neither."""
    from datetime import date, datetime, timedelta

    if isinstance(stated, datetime):
        stated = stated.date()
    if isinstance(stated, str):
        try:
            stated = date.fromisoformat(stated.strip()[:10])
        except ValueError:
            return None
    if not isinstance(stated, date):
        return None
    try:
        return (stated - timedelta(days=1)).isoformat()
    except OverflowError:
        return None


def _split(text: str) -> tuple[str, str, str]:
    """Split at the point of the second, whose digits `datetime` would cut to six."""
    whole, point, rest = text.partition(".")
    if not point:
        return text, "", ""
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return whole, digits, rest[len(digits) :]
