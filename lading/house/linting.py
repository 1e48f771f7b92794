"""What `advisory lint` looks at: the advisories of a store, or files and folders of anybody's."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lading.house.advising import hints, where
from sbom.errors import InputError

if TYPE_CHECKING:
    from match.house.entry import Entry
    from match.house.lint import Level, Remark

RECORDS = (".json", ".jsonl")
"""How files of records end that are looked for in a folder; an archive beside them repeats them."""
LATE = "its embargo ended on {}, and it is not published"


def of_store(url: str, ids: Sequence[str], *, now: str, feeds: str) -> "list[Remark]":
    """Return the remarks on house advisories: all, or those of `ids`."""
    from lading.clock import now as clock
    from match.house.book import open_book
    from match.house.document import render
    from match.house.lint import Remark, lint

    today = clock(now)[:10]
    found: list[Remark] = []
    with open_book(url, write=False) as book:
        entries = [book.get(id_) for id_ in ids] if ids else book.entries()
    for entry in entries:
        if not (entry.draft or entry.split_into):
            what = "the id is reserved, and says nothing yet"
            found.append(Remark(level="note", about=entry.id, place="", what=what))
            continue
        found += lint(render(entry).encode(), entry.id)
        found += [
            Remark(level=level, about=entry.id, place="", what=what)
            for level, what in _standing(entry, today)
        ]
        if not (entry.aliases or entry.withdrawn):
            found += hints(entry, url, feeds)
    return found + where(entries, url)


def of_path(path: str) -> "list[Remark]":
    """Return the remarks on the OSV records of a file, or of the files below a folder.

    Raises:
        InputError: where there is nothing to look at.
    """
    from match.house.lint import Remark, lint
    from match.records.documents import documents
    from sbom.model import Problem

    if not os.path.exists(path):
        raise InputError(f"{path}: no such file or folder", "name an id, a file or a folder")
    found: list[Remark] = []
    seen = 0
    for name in _files(path):
        with open(name, "rb") as stream:
            for place, data, _ in documents("osv", name, stream):
                seen += 1
                if isinstance(data, Problem):
                    remark = Remark(level="wrong", about=data.where, place="", what=data.what)
                    found.append(remark)
                else:
                    found += lint(bytes(data), place)
    if not seen:
        raise InputError(f"{path}: no OSV record in it", f"files end in {' or '.join(RECORDS)}")
    return found


def _files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(RECORDS))


def _standing(entry: "Entry", today: str) -> "Iterator[tuple[Level, str]]":
    """Yield remarks on where an advisory stands: its embargo, changes that are not public."""
    from match.house.lifecycle import changed

    if entry.embargo and entry.embargo <= today and not entry.public and not entry.withdrawn:
        yield "doubtful", LATE.format(entry.embargo)
    if entry.public and changed(entry):
        yield "note", "it has changes that are not public"
