"""What `advisory publish` does: one decision for each id, then the folder as a whole.

Nothing leaves that was not confirmed: not a draft, not what is under embargo, not a change.
"""

import os
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lading.house.advising import asks, keep
from sbom.errors import InputError

if TYPE_CHECKING:
    from match.house.book import Book
    from match.house.entry import Entry
    from match.house.lifecycle import Change

RECORD = re.compile(r"LDG-[A-Z0-9-]+\.json")
HELD = frozenset({"ecosystems.txt", "index.html"})
LARGEST = 1 << 24
"""Bytes of one file of the folder."""


def decide(
    entries: Iterable["Entry"], ids: Sequence[str], change: "Change", *, yes: bool
) -> "tuple[Entry, ...]":
    """Return the advisories whose publication was confirmed: all of `ids`, or those asked about.

    Without ids somebody at a terminal is asked about each that has something to publish; a script
    publishes nothing new.

    Raises:
        InputError: where one of `ids` may not be published, or nobody confirms it.
    """
    from match.house.ids import parse, write

    known = {entry.id: entry for entry in entries}
    private = {entry.id for entry in known.values() if not entry.public}
    if ids:
        names = [write(parse(text)) for text in ids]
        missing = [name for name in names if name not in known]
        if missing:
            raise InputError(f"{missing[0]}: no such house advisory", "see `lading advisory list`")
        wanted = [known[name] for name in dict.fromkeys(names)]
        news = [entry for entry in wanted if _has_news(entry, change, private.difference(names))]
        return tuple(entry for entry in news if _confirmed(entry, yes=yes, must=True))
    if yes or not asks():
        return ()
    news = [entry for entry in known.values() if _may(entry, change, private)]
    return tuple(entry for entry in news if _confirmed(entry, yes=False, must=False))


def _has_news(entry: "Entry", change: "Change", private: "set[str]") -> bool:
    """Whether publishing it would say something new.

    Raises:
        InputError: where it may not be published: nothing said, under embargo, or wrong.
    """
    from match.house.document import render
    from match.house.lifecycle import publish
    from match.house.lint import lint

    new = publish(entry, change, private) != entry
    wrong = [each for each in lint(render(entry).encode(), entry.id) if each.level == "wrong"]
    if wrong:
        what = f"{entry.id}: {wrong[0].place}: {wrong[0].what}"
        raise InputError(what, f"`lading advisory lint {entry.id}` shows all")
    return new


def write_out(
    url: str, confirmed: "Sequence[Entry]", change: "Change", out: str, *, site: bool
) -> "tuple[Entry, ...]":
    """Publish what was confirmed, and write the folder; what was public in it stays.

    Raises:
        InputError: where something was changed after it was confirmed, or nothing is public.
    """
    from lading.output import write_file
    from match.house.lifecycle import publish
    from match.house.publish import files
    from match.house.site import INDEX, MARK

    there = _held(out)
    pages = site or MARK in there.pop(INDEX, b"")
    written: dict[str, bytes] = {}

    def take(book: "Book") -> "tuple[Entry, ...]":
        latest = {entry.id: entry for entry in book.entries()}
        private = {entry.id for entry in latest.values() if not entry.public}
        private -= {entry.id for entry in confirmed}
        for entry in confirmed:
            if latest[entry.id] != entry:
                raise InputError(f"{entry.id} was changed meanwhile", "look at it again")
            latest[entry.id] = publish(entry, change, private)
        if not there and not any(entry.public for entry in latest.values()):
            raise InputError("nothing is public yet", "name the ids to publish")
        written.update(files(latest.values(), there, site=pages))
        return tuple(latest[entry.id] for entry in confirmed)

    published = keep(url, take)
    for path, data in written.items():
        place = os.path.join(out, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        write_file(place, data)
    return published


def _may(entry: "Entry", change: "Change", private: "set[str]") -> bool:
    try:
        return _has_news(entry, change, private)
    except InputError:
        return False


def _confirmed(entry: "Entry", *, yes: bool, must: bool) -> bool:
    """Whether somebody agrees to publish this one.

    Raises:
        InputError: where it `must` be published and nobody can be asked.
    """
    if yes:
        return True
    if not asks():
        raise InputError(f"publishing {entry.id} is a decision", "confirm it with --yes")
    from lading.vex.wizard import text
    from match.house.document import record

    what = record(entry).get("summary", "")
    again = "the changes of " if entry.public else ""
    answer = text(f"Publish {again}{entry.id} ({what})? (yes/no)").lower() in {"y", "yes"}
    if must and not answer:
        raise InputError(f"{entry.id} was not confirmed", "nothing was published")
    return answer


def _held(out: str) -> dict[str, bytes]:
    """Return what a folder holds that has to stay: records, the ecosystems' list, the index page.

    Raises:
        InputError: where `out` is no folder.
    """
    if not os.path.exists(out):
        return {}
    if not os.path.isdir(out):
        raise InputError(f"{out}: not a folder", "name a folder with --out")
    names = [n for n in os.listdir(out) if RECORD.fullmatch(n) or n in HELD]
    found = {}
    for name in sorted(names):
        with open(os.path.join(out, name), "rb") as stream:
            found[name] = stream.read(LARGEST)
    return found
