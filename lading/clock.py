"""Time as an input (rule 22): `--now`, else SOURCE_DATE_EPOCH, else the clock.

The only place that reads the clock.
"""

import os
from datetime import UTC, datetime

from sbom.errors import InputError


def now(stated: str = "", option: str = "--now") -> str:
    """Return the present time, or the one an option states, as RFC 3339 in UTC, whole seconds."""
    if stated:
        return _stated(stated, option)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch:
        return _write(datetime.fromtimestamp(_seconds(epoch), UTC))
    return _write(datetime.now(UTC))  # noqa: TID251


def today() -> str:
    """Return the day by the clock (YYYY-MM-DD), for what stands in no output: when to tidy up."""
    return datetime.now(UTC).date().isoformat()  # noqa: TID251


def source_date() -> str:
    """Return the time an SBOM may carry, from SOURCE_DATE_EPOCH, or an empty text."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return _write(datetime.fromtimestamp(_seconds(epoch), UTC)) if epoch else ""


def _stated(text: str, option: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: not a time", "write 2026-11-22T10:00:00Z") from error
    return _write(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _seconds(epoch: str) -> int:
    try:
        return int(epoch)
    except ValueError as error:
        raise InputError(
            f"SOURCE_DATE_EPOCH={epoch}: not a number of seconds", "unset it or set it right"
        ) from error


def _write(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
