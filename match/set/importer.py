"""Publishers' files to the advisory set: all of a path in one transaction, or nothing.

What no feed reads is named and left. `load` makes a set of raw advisories alone, in memory.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from match.feeds import Source, read, walk
from match.model import FeedReport, SetState
from match.records.known import Sole
from match.set.confirming import standing_feeds
from match.set.dating import confirm_state
from match.set.ledger import Ledger, open_ledger
from match.set.opening import writing
from match.set.store import AdvisorySet, open_set
from sbom.errors import InputError
from sbom.model import Problem

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all (0: unknown), and the file being read."""

SNAPSHOTS = frozenset(
    {
        "azurelinux",
        "debian",
        "kev",
        "nvd11",
        "oracle",
        "photon",
        "retirejs",
        "secdb",
        "tracker",
    }
)
"""Feeds whose files are complete: what a newer file of the same name no longer holds is gone."""

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst")
"""An archive is complete as well, whatever feed it is of."""

EMPTIED = "it has no record any longer, which is no list of advisories: those of before stay"


class ImportReport(Struct, frozen=True, kw_only=True):
    """What one import did, feed by feed; `unknown` names the files that no feed reads, and why."""

    feeds: tuple[FeedReport, ...]
    state: SetState
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()


class Brought(Struct, frozen=True, gc=False):
    """A file that was fetched; an empty path: its publisher has it no longer.

    part: the snapshot whose records these are, where the file's own name does not say it.
    whole: the file is all of that snapshot; else it is what changed of it, and nothing is gone.
    confirms: reading it to its end is to know that the set has what its publisher has.
    """

    path: str
    part: str = ""
    whole: bool = True
    confirms: bool = False


def import_path(
    path: str, url: str, *, learned: str, progress: Progress | None = None, anew: bool = False
) -> ImportReport:
    """Read every advisory file at or below `path` into the store.

    Importing the same again changes nothing. A changed record supersedes the one before, which is
    kept; so does the absence of a record from a newer snapshot of the file that held it.

    Args:
        path: a directory or file in the publishers' own formats.
        url: the store; it is made where there is none.
        learned: when these were fetched, RFC 3339 in UTC.
        progress: told of each file.
        anew: this takes the place of the set that is there, and of its history.

    Raises:
        InputError: where nothing at `path` is an advisory; nothing is written then.
        StoreError: where the store cannot be written.
    """
    return _import(_sources_of(path), path, url, learned, progress, anew=anew)


def import_files(
    files: Iterable[Brought], url: str, *, learned: str, progress: Progress | None = None
) -> ImportReport:
    """Read fetched files into the store, as `import_path` does; they may hold nothing new.

    Raises:
        StoreError: where the store cannot be written.
    """
    brought = list(files)
    here = ((source, file) for file in brought if file.path for source in walk(file.path))
    gone = tuple(file.part for file in brought if not file.path)
    return _import(here, "", url, learned, progress, gone)


def confirm_files(parts: Collection[str], url: str, *, learned: str) -> None:
    """Note that publishers have said that these files are as the set has them.

    Args:
        parts: the files, by the names that `Brought.part` gave them.
        url: the store; it has to have a set.
        learned: when they said so, RFC 3339 in UTC.

    Raises:
        StoreError: where the store cannot be written.
    """
    with writing(url) as db:
        confirm_state(db, parts, learned)


@contextmanager
def load(path: str) -> Iterator[AdvisorySet]:
    """Make a set of the advisories at `path` alone, without a store.

    Nothing is known of when they were learned. What no feed reads is a problem of the set.

    Raises:
        InputError: where nothing at `path` is an advisory.
    """
    with open_ledger("", "") as ledger:
        unknown = _read_all(_sources_of(path), path, ledger, _Standing(ledger), None)
        for text in unknown:
            where, _, what = text.partition(": ")
            problem = Problem(source="feeds", where=where, what=what, effect="source_lost")
            ledger.problem(problem)
        ledger.finish()
        yield AdvisorySet(ledger.connection)


def _import(
    sources: Iterable[tuple[Source, Brought]],
    name: str,
    url: str,
    learned: str,
    progress: Progress | None,
    gone: Iterable[str] = (),
    *,
    anew: bool = False,
) -> ImportReport:
    with open_ledger(url, learned, anew=anew) as ledger:
        standing = _Standing(ledger)
        for part in gone:
            ledger.begin(part)
            for feed in standing.feeds_in(part):
                ledger.whole(feed, part)
        unknown = _read_all(sources, name, ledger, standing, progress)
        feeds = ledger.finish()
        problems = ledger.problems()
    with open_set(url) as advisories:
        state = advisories.state
    return ImportReport(feeds=feeds, state=state, problems=problems, unknown=unknown)


class _Standing:
    """Of which feeds current records stand in each snapshot file, those read just now too.

    Asked once for all files: no index leads to the records of one, so each would read them all.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._feeds: dict[str, set[str]] | None = None

    def feeds_in(self, part: str) -> set[str]:
        """Return the feeds of one file, to be added to."""
        if self._feeds is None:
            self._feeds = {}
            for feed, of_part in standing_feeds(self._ledger.connection):
                self._feeds.setdefault(of_part, set()).add(feed)
        return self._feeds.setdefault(part, set())


def _sources_of(path: str) -> Iterator[tuple[Source, Brought]]:
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file or directory", "name a directory of advisories")
    for source in walk(path):
        yield source, Brought(source.path, _part(source), confirms=True)


def _read_all(
    sources: Iterable[tuple[Source, Brought]],
    name: str,
    ledger: Ledger,
    standing: _Standing,
    progress: Progress | None,
) -> tuple[str, ...]:
    """Take every record of the sources into the ledger; return the files not known.

    name: what the sources are together, where it is an error that none holds an advisory.
    """
    unknown: list[str] = []
    records, first = 0, ""
    for number, (source, file) in enumerate(sources):
        if progress:
            progress(number, 0, os.path.basename(source.path))
        if not source.feed:
            unknown.append(f"{source.path}: {source.why}")
            continue
        read_here, fault = _read_source(source, file, ledger, standing)
        records, first = records + read_here, first or fault
    if name and not records:
        seen = (unknown[0] if unknown else first).removeprefix(f"{name}: ")
        raise InputError(
            f"{name}: no advisory in it{seen and ': '}{seen}", "see `lading feeds list`"
        )
    return tuple(unknown)


def _read_source(
    source: Source, file: Brought, ledger: Ledger, standing: _Standing
) -> tuple[int, str]:
    """Take the records of one file; return how many there were, and the first fault."""
    part = file.part or _part(source)
    ledger.begin(part, source.path, whole=file.whole)
    records, whole, first = 0, file.whole, ""
    feeds: set[str] = set()
    known = ledger.recall(part)
    for found in read(source, known):
        record, raw = found if isinstance(found, Sole) else (found, b"")
        if isinstance(record, Problem):
            first = first or record.what
            ledger.problem(record)
            whole = whole and record.effect != "source_lost"
            continue
        feed = getattr(record, "feed", source.feed)
        ledger.add(record, feed, part, raw)
        feeds.add(feed)
        records += 1
    if known:
        ledger.recalled(known)
        feeds |= known.counts.keys()
        records += sum(known.counts.values())
    stand = standing.feeds_in(part) if part else set()
    if part and whole:
        # A database whose last record has left the file is gone from it as well.
        held = {feed for feed in stand if feed.partition(":")[0] == source.feed}
        for feed in feeds | held if records else ():
            ledger.whole(feed, part)
        if held and not records:
            ledger.problem(
                Problem(source=source.feed, where=part, what=EMPTIED, effect="source_lost")
            )
    stand |= feeds
    if file.confirms and whole:
        for feed in feeds:
            ledger.confirm(feed, part)
    return records, first


def _part(source: Source) -> str:
    """Return the name under which newer snapshots of this file come; empty where none is whole."""
    if source.feed in SNAPSHOTS or source.path.endswith(ARCHIVES):
        return "/".join(os.path.abspath(source.path).split(os.sep)[-2:])
    return ""
