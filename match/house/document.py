"""A house advisory as a whole OSV record (OSV schema 1.7): what is authored, what has happened.

Who changed it, its embargo and the reasons of inner changes are not in it: it may be published.
"""

from collections.abc import Container
from typing import Any

from msgspec import json

from match.house.entry import Entry, cve_of, state_of

SCHEMA_VERSION = "1.7.0"


def render(entry: Entry, hide: Container[str] = ()) -> str:
    """Return the record as JSON, indented, with a line end: the same text for the same entry.

    hide: ids that are not to be named in it.
    """
    return json.format(json.encode(record(entry, hide)), indent=2).decode() + "\n"


def record(entry: Entry, hide: Container[str] = ()) -> dict[str, Any]:
    """Return the record; fields that say nothing are left out, and so are ids to `hide`."""
    split_of = "" if entry.split_of in hide else entry.split_of
    parts: dict[str, Any] = json.decode(entry.draft) if entry.draft else {}
    if entry.split_into:
        # Its parts speak of the packages now; this one only leads to them, as an advisory of
        # several vulnerabilities leads to each.
        parts.pop("affected", None)
    fields = {
        "schema_version": SCHEMA_VERSION,
        "id": entry.id,
        "published": entry.published,
        "modified": entry.at,
        "withdrawn": entry.withdrawn,
        "aliases": [alias for alias in entry.aliases if alias not in hide],
        "upstream": list(entry.split_into),
        "related": [split_of] if split_of else [],
        **parts,
        "database_specific": _own(entry, split_of),
    }
    return {name: value for name, value in fields.items() if value}


def _own(entry: Entry, split_of: str) -> dict[str, Any]:
    """Return what OSV has no field for; see schemas/house-advisory.schema.json."""
    fields = {
        "state": state_of(entry),
        "first_seen": entry.reserved,
        "linked_cve": cve_of(entry),
        "disputed": entry.disputed,
        "withdrawn_reason": entry.reason,
        "split_into": list(entry.split_into),
        "split_of": split_of,
    }
    return {name: value for name, value in fields.items() if value}
