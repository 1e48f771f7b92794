"""Publishers' files to the advisory set: all of a path in one transaction, or nothing.

What no feed reads is named and left. `load` makes a set of raw advisories alone, in memory.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from match.feeds import Source, read, walk
from match.ledger import Ledger, open_ledger
from match.model import FeedReport, SetState
from match.store import AdvisorySet, open_set
from sbom.errors import InputError
from sbom.model import Problem

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all (0: unknown), and the file being read."""

SNAPSHOTS = frozenset({"azurelinux", "debian", "kev", "nvd11", "retirejs", "secdb"})
"""Feeds whose files are complete: what a newer file of the same name no longer holds is gone."""

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.zst")
"""An archive is complete as well, whatever feed it is of."""


class ImportReport(Struct, frozen=True, kw_only=True):
    """What one import did, feed by feed; `unknown` names the files that no feed reads, and why."""

    feeds: tuple[FeedReport, ...]
    state: SetState
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()


def import_path(
    path: str, url: str, *, learned: str, progress: Progress | None = None
) -> ImportReport:
    """Read every advisory file at or below `path` into the store.

    Importing the same again changes nothing. A changed record supersedes the one before, which is
    kept; so does the absence of a record from a newer snapshot of the file that held it.

    Args:
        path: a directory or file in the publishers' own formats.
        url: the store; it is made where there is none.
        learned: when these were fetched, RFC 3339 in UTC.
        progress: told of each file.

    Raises:
        InputError: where nothing at `path` is an advisory; nothing is written then.
        StoreError: where the store cannot be written.
    """
    with open_ledger(url, learned) as ledger:
        problems, unknown = _read_all(path, ledger, progress)
        feeds = ledger.finish()
    with open_set(url) as advisories:
        state = advisories.state
    return ImportReport(feeds=feeds, state=state, problems=problems, unknown=unknown)


@contextmanager
def load(path: str) -> Iterator[AdvisorySet]:
    """Make a set of the advisories at `path` alone, without a store.

    Nothing is known of when they were learned. What no feed reads is a problem of the set.

    Raises:
        InputError: where nothing at `path` is an advisory.
    """
    with open_ledger("", "") as ledger:
        _, unknown = _read_all(path, ledger, None)
        for text in unknown:
            where, _, what = text.partition(": ")
            problem = Problem(source="feeds", where=where, what=what, effect="source_lost")
            ledger.problem(problem)
        ledger.finish()
        yield AdvisorySet(ledger.connection)


def _read_all(
    path: str, ledger: Ledger, progress: Progress | None
) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """Take every record at `path` into the ledger; return problems and the files not known."""
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file or directory", "name a directory of advisories")
    problems: list[Problem] = []
    unknown: list[str] = []
    records = 0
    for number, source in enumerate(walk(path)):
        if progress:
            progress(number, 0, os.path.basename(source.path))
        if not source.feed:
            unknown.append(f"{source.path}: {source.why}")
            continue
        records += _read_source(source, ledger, problems)
    if not records:
        seen = f" ({unknown[0]})" if unknown else f" ({problems[0].what})" if problems else ""
        raise InputError(f"{path}: no advisory in it{seen}", "see `lading feeds list`")
    return tuple(problems), tuple(unknown)


def _read_source(source: Source, ledger: Ledger, problems: list[Problem]) -> int:
    """Take the records of one file; return how many there were."""
    part = _part(source)
    ledger.begin(part or source.path)
    records, whole = 0, True
    feeds: set[str] = set()
    for record in read(source):
        if isinstance(record, Problem):
            problems.append(record)
            ledger.problem(record)
            whole = whole and record.effect != "source_lost"
            continue
        feed = getattr(record, "feed", source.feed)
        ledger.add(record, feed, part)
        feeds.add(feed)
        records += 1
    if part and whole and records:
        for feed in feeds:
            ledger.whole(feed, part)
    return records


def _part(source: Source) -> str:
    """Return the name under which newer snapshots of this file come; empty where none is whole."""
    if source.feed in SNAPSHOTS or source.path.endswith(ARCHIVES):
        return "/".join(os.path.abspath(source.path).split(os.sep)[-2:])
    return ""
