"""What may become of a house advisory: each change is a new version, and no version ends an id.

Every function takes the latest entry and a `Change`, and returns the next entry, or raises
`InputError` with the remedy where the change is not allowed.
"""

import re
from collections.abc import Container

from msgspec import Struct
from msgspec.structs import replace

from match.house.document import render
from match.house.entry import Action, Entry, cve_of
from match.house.ids import parse
from sbom.errors import InputError

CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.ASCII)
FOREIGN_ID = re.compile(r"[A-Z][A-Za-z0-9]*-[A-Za-z0-9:._-]{1,120}", re.ASCII)
LONGEST_REASON = 2000


class Change(Struct, frozen=True, kw_only=True):
    """Who changes something, when (RFC 3339 in UTC), and why."""

    who: str
    at: str
    why: str = ""


def reserve(id_: str, change: Change) -> Entry:
    """Return the first version of an id: taken, and nothing said yet."""
    parse(id_)
    at = change.at
    who = _who(change)
    return Entry(id=id_, version=1, at=at, who=who, action="reserve", reserved=at, why=change.why)


def draft(entry: Entry, record: str, embargo: str, change: Change) -> Entry:
    """Return the entry with what is stated of it (`match.house.draft`), first or anew."""
    _still_stands(entry)
    action: Action = "revise" if entry.draft else "draft"
    stated = entry.stated or change.at
    return _next(entry, change, action, draft=record, embargo=embargo, stated=stated)


def publish(entry: Entry, change: Change, private: Container[str] = ()) -> Entry:
    """Return the entry as published; publishing what has not changed returns the same entry.

    Args:
        entry: as it is.
        change: by whom and when.
        private: house ids of this store that are not public, nor become so with this one.

    Raises:
        InputError: where nothing is stated yet, its embargo has not ended, or it was split into
            parts that are not public.
    """
    if not (entry.draft or entry.split_into):
        raise InputError(f"{entry.id} says nothing yet", f"`lading advisory new --id {entry.id}`")
    if change.at[:10] < entry.embargo:
        raise InputError(
            f"{entry.id} is under embargo until {entry.embargo}", "publish it on that day or later"
        )
    secret = [id_ for id_ in entry.split_into if id_ in private]
    if secret:
        raise InputError(
            f"{entry.id} points to {secret[0]}, which is not public", "publish its parts with it"
        )
    named = (*entry.aliases, entry.split_of)
    hidden = tuple(sorted(id_ for id_ in named if id_ in private))
    if render(entry, hidden) == entry.public:
        return entry
    shown = _next(entry, change, "publish", published=entry.published or change.at, hidden=hidden)
    return replace(shown, public=render(shown, hidden))


def changed(entry: Entry) -> bool:
    """Whether the record says something that is not public yet."""
    return render(entry, entry.hidden) != entry.public


def link_cve(entry: Entry, cve: str, change: Change) -> Entry:
    """Return the entry with a CVE as its alias; the same CVE again changes nothing."""
    cve = cve.strip().upper()
    if not CVE.fullmatch(cve):
        raise InputError(f"{cve}: no CVE id", "as CVE-2026-1234")
    held = cve_of(entry)
    if held == cve:
        return entry
    if held:
        raise InputError(
            f"{entry.id} is linked to {held} already",
            f"`lading advisory split {entry.id}` where it is several, else `advisory unlink`",
        )
    _still_stands(entry)
    return _next(entry, change, "link-cve", aliases=(cve, *entry.aliases))


def join(entry: Entry, other: str, change: Change) -> Entry:
    """Return the entry with another id (`LDG-…`, `GHSA-…`) as its alias: both are the same."""
    if CVE.fullmatch(other.strip().upper()):
        return link_cve(entry, other, change)
    if not FOREIGN_ID.fullmatch(other) or other == entry.id:
        raise InputError(f"{other}: not another advisory's id", "as LDG-2026-0002, GHSA-…")
    if other in entry.aliases:
        return entry
    _still_stands(entry)
    return _next(entry, change, "join", aliases=(*entry.aliases, other))


def unlink(entry: Entry, other: str, change: Change) -> Entry:
    """Return the entry without an alias that was wrong; that it was there stays in the history."""
    known = {alias.upper(): alias for alias in entry.aliases}
    held = known.get(other.strip().upper())
    if held is None:
        raise InputError(f"{other} is no alias of {entry.id}", f"`lading advisory show {entry.id}`")
    _reason(change)
    kept = tuple(alias for alias in entry.aliases if alias != held)
    return _next(entry, change, "unlink", aliases=kept)


def dispute(entry: Entry, by: str, url: str, change: Change) -> Entry:
    """Return the entry as disputed by somebody: it still counts, and says so everywhere."""
    _still_stands(entry)
    if not by.strip():
        raise InputError("who disputes it is missing", "--by NAME")
    where = f" ({url})" if url else ""
    return _next(entry, change, "dispute", disputed=f"{by.strip()}: {_reason(change)}{where}")


def settle(entry: Entry, change: Change) -> Entry:
    """Return the entry without its dispute; what was said stays in the history."""
    if not entry.disputed:
        raise InputError(f"{entry.id} is not disputed", f"`lading advisory show {entry.id}`")
    _reason(change)
    return _next(entry, change, "settle", disputed="")


def withdraw(entry: Entry, change: Change) -> Entry:
    """Return the entry as withdrawn: it counts no more, and stays readable with its reason."""
    if entry.withdrawn:
        return entry
    return _next(entry, change, "withdraw", withdrawn=change.at, reason=_reason(change))


def split(
    entry: Entry, ids: tuple[str, ...], cves: tuple[str, ...], change: Change
) -> tuple[Entry, ...]:
    """Return the entry that points to its parts, and the parts: drafts with what it stated.

    Args:
        entry: the advisory that is several.
        ids: new ids, two or more; the first are linked to `cves`, one each.
        cves: what is known of the parts' CVEs.
        change: with the reason.

    Raises:
        InputError: where it says nothing, was split before, or the numbers do not fit.
    """
    _still_stands(entry)
    if not entry.draft:
        raise InputError(f"{entry.id} says nothing yet", f"`lading advisory new --id {entry.id}`")
    if len(ids) < 2 or len(cves) > len(ids):
        raise InputError("a split has two parts or more, and at most one CVE each", "--parts N")
    if len(set(cves)) < len(cves):
        raise InputError("the same CVE twice", "name each CVE once")
    _reason(change)
    parts = []
    for number, id_ in enumerate(ids):
        part = replace(reserve(id_, change), split_of=entry.id, embargo=entry.embargo)
        part = replace(part, action="draft", draft=entry.draft, stated=entry.stated)
        if number < len(cves):
            part = replace(link_cve(part, cves[number], change), version=1, action="draft")
        parts.append(part)
    return (_next(entry, change, "split", split_into=ids, aliases=(), disputed=""), *parts)


def _next(entry: Entry, change: Change, action: Action, **fields: object) -> Entry:
    """Return the next version of an entry.

    Raises:
        InputError: where the change would lie before the last one.
    """
    if change.at < entry.at:
        raise InputError(
            f"{entry.id} was changed on {entry.at}, after {change.at}", "a change follows the last"
        )
    step = {"at": change.at, "who": _who(change), "action": action, "why": change.why.strip()}
    return replace(entry, version=entry.version + 1, **step, **fields)


def _still_stands(entry: Entry) -> None:
    if entry.withdrawn:
        raise InputError(
            f"{entry.id} was withdrawn on {entry.withdrawn[:10]}", "reserve a new id, and join them"
        )
    if entry.split_into:
        raise InputError(
            f"{entry.id} was split into {', '.join(entry.split_into)}", "change its parts"
        )


def _who(change: Change) -> str:
    if not change.who.strip():
        raise InputError("the author is missing", "--author NAME, or LADING_AUTHOR")
    return change.who.strip()


def _reason(change: Change) -> str:
    why = change.why.strip()
    if not why:
        raise InputError("the reason is missing", "--why TEXT")
    if len(why) > LONGEST_REASON:
        raise InputError(f"the reason is longer than {LONGEST_REASON} letters", "say it shorter")
    return why
