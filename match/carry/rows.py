"""What is looked into of a row that may be hostile: its record; and the error of damaged ones."""

import msgspec

from match.carry.form import RecordRow
from match.set.keeping import RECORDS, Record, decode
from sbom.errors import InputError

HINT = "fetch it or make it again"


def decoded(row: RecordRow) -> Record:
    """Return the record of a row, which has to be of the row's feed. Raises InputError."""
    if row.doc[:1] not in RECORDS:
        raise damaged(f"a record of {row.feed} of no known kind")
    try:
        record = decode(row.doc)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise damaged(f"a record of {row.feed} ({error})") from error
    if getattr(record, "feed", row.feed) != row.feed:
        raise damaged(f"a record of {row.feed} that is of another feed")
    return record


def damaged(what: str) -> InputError:
    """Return the error of rows that are not what they should be."""
    return InputError(f"what is carried is damaged: {what}", HINT)
