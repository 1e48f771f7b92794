"""One version of one house advisory; an id's latest version holds, and none is ever changed."""

from typing import Literal

from msgspec import Struct

Action = Literal[
    "reserve",
    "draft",
    "revise",
    "publish",
    "link-cve",
    "join",
    "unlink",
    "dispute",
    "settle",
    "split",
    "withdraw",
]
State = Literal["reserved", "published", "linked", "disputed", "withdrawn", "split"]


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one id after one change.

    version: 1 for the first change of the id, each further one by one more.
    at, who, action, why: the change that made this version; `at` is RFC 3339 in UTC.
    draft: the authored parts of the OSV record as canonical JSON; empty where only the id is taken.
    embargo: the date (`2026-12-01`) before which it may not be published, or empty.
    aliases: CVEs and other ids of the same vulnerability, in the order in which they were joined.
    split_into, split_of: ids; what was split only points to its parts.
    disputed: who disputes it, why and where, as one sentence; empty where nobody does.
    withdrawn: when it was withdrawn; `reason` is why.
    reserved: when the id was taken. stated: when it first said something, and so began to match.
    published: when it was first published.
    public: the record as it was last published, whole; empty where it never was.
    hidden: private ids that it would name, and did not.
    """

    id: str
    version: int
    at: str
    who: str
    action: Action
    reserved: str
    why: str = ""
    draft: str = ""
    embargo: str = ""
    aliases: tuple[str, ...] = ()
    split_into: tuple[str, ...] = ()
    split_of: str = ""
    disputed: str = ""
    withdrawn: str = ""
    reason: str = ""
    stated: str = ""
    published: str = ""
    public: str = ""
    hidden: tuple[str, ...] = ()


def cve_of(entry: Entry) -> str:
    """Return the CVE an advisory is linked to, or an empty text."""
    return next((alias for alias in entry.aliases if alias.startswith("CVE-")), "")


def state_of(entry: Entry) -> State:
    """Return the one word for where an advisory stands; the strongest counts."""
    if entry.withdrawn:
        return "withdrawn"
    if entry.split_into:
        return "split"
    if entry.disputed:
        return "disputed"
    if cve_of(entry):
        return "linked"
    return "published" if entry.published else "reserved"
