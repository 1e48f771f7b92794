"""What the `advisory` commands share: whose change it is, the book, and what follows from it."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.place import database
from sbom.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from match.house.book import Book
    from match.house.entry import Entry
    from match.house.lifecycle import Change
    from match.house.lint import Remark
    from match.house.suggest import Candidate

AUTHOR, PREFIX = "LADING_AUTHOR", "LADING_ADVISORY_PREFIX"
SHOWN = 10

Ids = Annotated[tuple[str, ...], Meta(description="Ids, as LDG-2026-0001.")]
Id = Annotated[str, Meta(description="The advisory, as LDG-2026-0001.")]


class Changing(Struct, frozen=True, kw_only=True):
    """The options of every command that changes something."""

    why: Annotated[str, Meta(description="The reason, kept in the history.")] = ""
    author: Annotated[str, Meta(description=f"Who does it (or {AUTHOR}).")] = ""
    now: Annotated[str, Meta(description="The time of the change, instead of the clock.")] = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def change_of(options: Changing) -> "Change":
    """Return who changes something, when and why.

    Raises:
        InputError: where nobody is named.
    """
    from lading.clock import now
    from match.house.lifecycle import Change

    who = options.author or os.environ.get(AUTHOR, "")
    if not who and asks():
        from lading.vex.wizard import text

        who = text("Author")
    if not who:
        raise InputError("the author is missing", f"--author NAME, or {AUTHOR}")
    return Change(who=who, at=now(options.now), why=options.why)


def asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def organisation_of(prefix: str) -> str:
    """Return the organisation of new ids: as stated, else of the environment."""
    from match.house.ids import organisation

    return organisation(prefix or os.environ.get(PREFIX, ""))


def change(options: Changing, id_: str, step: "Callable[[Entry, Change], Entry]") -> "Entry":
    """Take one step with one advisory, keep it, and tell; return the entry as it is now."""
    from match.house.ids import parse, write

    made = change_of(options)
    before: list[Entry] = []

    def take(book: "Book") -> "tuple[Entry, ...]":
        before.append(book.get(write(parse(id_))))
        return (step(before[0], made),)

    (entry,) = keep(database(options.db), take)
    tell(entry, changed=entry != before[0])
    return entry


def keep(url: str, steps: "Callable[[Book], Iterable[Entry]]") -> "tuple[Entry, ...]":
    """Run `steps` in one transaction, keep the entries that are new, and let them count at once."""
    from match.house.book import open_book

    with open_book(url, write=True) as book:
        known = {entry.id: entry.version for entry in book.entries()}
        entries = tuple(steps(book))
        for entry in entries:
            if known.get(entry.id, 0) < entry.version:
                book.append(entry)
    count(url)
    return entries


def count(url: str) -> None:
    """Let the advisories take part in matching, where the store has an advisory set."""
    from match.house.feed import lay_in

    lay_in(url)


def tell(entry: "Entry", *, changed: bool = True) -> None:
    """Say on standard output how an advisory stands, and what is not public of it."""
    from match.house.entry import state_of
    from match.house.lifecycle import changed as unpublished
    from sbom.text import plain

    aliases = f", also {', '.join(entry.aliases)}" if entry.aliases else ""
    same = "" if changed else " (nothing to change)"
    sys.stdout.write(plain(f"{entry.id}: {state_of(entry)}{aliases}{same}") + "\n")
    if entry.public and unpublished(entry):
        note(f"not public yet: `lading advisory publish {entry.id} --out DIR`")


def note(line: str) -> None:
    """Say something beside the result, on standard error."""
    from sbom.text import plain

    sys.stderr.write(plain(line) + "\n")


def likely(entry: "Entry", url: str, feeds: str = "") -> "list[Candidate]":
    """Return which known vulnerabilities an advisory may be, strong reasons first.

    feeds: files of a feed to look for the fix commit in; none where empty.
    """
    from match.house.document import record
    from match.house.feed import advisory_of
    from match.house.suggest import by_commit, candidates
    from match.set.store import open_set

    advisory = advisory_of(entry)
    if advisory is None or not advisory.affected:
        return []
    fixes = [each["url"] for each in record(entry)["references"] if each["type"] == "FIX"]
    found = list(by_commit(feeds, fixes)) if feeds else []
    try:
        with open_set(url) as advisories:
            found += candidates(advisory, advisories)
    except StoreError:
        note("not held against other advisories: there is no advisory set in this store")
    return found


def hints(entry: "Entry", url: str, feeds: str = "") -> "list[Remark]":
    """Return as notes what `likely` finds."""
    from match.house.lint import Remark

    found = likely(entry, url, feeds)
    strong = [each for each in found if each.strong]
    lines = [f"may be {each.id}: {each.why}" for each in strong[:SHOWN]]
    if len(found) > len(lines):
        more = f"{len(found) - len(lines)} further advisories of its packages overlap"
        lines.append(f"{more}: `lading advisory suggest {entry.id} --all`")
    return [Remark(level="note", about=entry.id, place="", what=line) for line in lines]


def where(entries: "Sequence[Entry]", url: str) -> "list[Remark]":
    """Return as notes which stored SBOMs have the packages of advisories."""
    from match.house.feed import advisory_of
    from match.house.lint import Remark
    from match.house.reach import reach

    advisories = [advisory for entry in entries if (advisory := advisory_of(entry))]
    found = []
    for advisory, seen in zip(advisories, reach(url, advisories), strict=True):
        if not (seen.stored and advisory.affected) or advisory.withdrawn:
            continue
        what = f"{seen.affected} of {seen.stored} stored SBOMs are affected"
        if seen.named > seen.affected:
            what += f", {seen.named - seen.affected} more have its packages"
        elif not seen.named:
            what = f"none of {seen.stored} stored SBOMs has its packages: are they spelled right?"
        found.append(Remark(level="note", about=advisory.id, place="", what=what))
    return found


def line_of(remark: "Remark") -> str:
    """Write a remark as `ABOUT: LEVEL: PLACE: WHAT`."""
    place = f"{remark.place}: " if remark.place else ""
    return f"{remark.about}: {remark.level}: {place}{remark.what}"
