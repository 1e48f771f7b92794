"""How long a statement is valid, by a sentence of its notes such as "Valid until 2026-12-31".

No VEX format has a member for it. A sentence is read by people too, lives through every conversion
that keeps the notes, and can only ever end a statement sooner.
"""

import re
from collections.abc import Iterable

from gate.model import Statement

UNTIL = re.compile(r"\bvalid until ([0-9]{4}-[0-9]{2}-[0-9]{2})\b", re.IGNORECASE)


def last_day(notes: str) -> str:
    """Return the last day that notes name, the earliest of several; empty where they name none."""
    return min(UNTIL.findall(notes), default="")


def over(statement: Statement, now: str) -> bool:
    """Tell whether a statement has ended at a time (RFC 3339 in UTC); its last day still counts."""
    until = last_day(statement.notes)
    return bool(until and now) and until < now[:10]


def with_last_day(notes: str, day: str) -> str:
    """Return the notes with the sentence."""
    return f"{notes} {sentence(day)}".strip() if day else notes


def shortest(texts: Iterable[str]) -> str:
    """Return of several notes, none of which is of one statement alone, only how long they hold."""
    days = [day for text in texts if (day := last_day(text))]
    return sentence(min(days)) if days else ""


def sentence(day: str) -> str:
    """Return the sentence for a last day."""
    return f"Valid until {day}."
