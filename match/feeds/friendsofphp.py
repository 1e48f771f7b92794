"""FriendsOfPHP's security advisories: Composer packages, one YAML file for each advisory.

A record has branches; in each, all of the constraints hold for the versions that are affected.
Versions are Composer's, names those of `pkg:composer`. A link to GitHub's page of the advisory is
its GHSA.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import IO, Any

from match.ecosystems import name_of
from match.model import Advisory, AdvisoryId, Affected
from match.records.documents import problem, single_records
from match.records.ids import CVE
from match.records.texts import read_yaml, text_of, texts_of
from match.records.times import utc
from match.records.version_sets import Set, all_of, intervals_of, union, where
from match.versions import InvalidVersion, key
from sbom.model import Problem

FEED = "friendsofphp"
MEMBER = re.compile(r"(?:^|/)[^/.][^/]*/[^/.][^/]*/[^/]+\.yaml$")
REFERENCE = re.compile(rb"^reference: *[\"']?composer://", re.MULTILINE)
BRANCHES = re.compile(rb"^branches:", re.MULTILINE)
PACKAGE = re.compile(r"composer://([^/\s]+/[^/\s]+)")
LINKED = re.compile(
    r"https://github\.com/(?:[\w.-]+/[\w.-]+/security/)?advisories/(GHSA(?:-[a-z0-9]{4}){3})/?"
)
"""The link of a record that is GitHub's page of the same advisory; others only tell of it."""
CONSTRAINT = re.compile(r"\s*(>=|<=|!=|==|>|<|=|)\s*([vV]?[0-9]\S*)\s*")
SUMMARY_LETTERS = 300
COMPOSER = partial(key, "composer")
"""Composer's order."""


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is an advisory of the database, or an archive of it."""
    del path
    return REFERENCE.search(head) is not None and BRANCHES.search(head) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each file of the database."""
    for place, record in single_records(FEED, path, file, MEMBER, read_yaml):
        if isinstance(record, Problem):
            yield record
        else:
            yield from _record(place, record)


def _record(place: str, record: Mapping[str, Any]) -> Iterator[Advisory | Problem]:
    package = PACKAGE.match(text_of(record, "reference"))
    branches = record.get("branches")
    if not package or not isinstance(branches, dict):
        yield problem(FEED, place, "it names no package or no branch", "record_lost")
        return
    id_, *aliases = _ids(place, package[1], record)
    sets: list[Set] = []
    for name, branch in branches.items():
        try:
            sets.append(_branch(branch))
        except ValueError as error:
            where_ = f"{place}: {id_}: branch {str(name)[:40]}"
            yield problem(FEED, where_, str(error), "field_lost")
    intervals = intervals_of(union(sets), _after)
    claim = Affected(
        scheme="composer",
        name=name_of("composer", package[1]),
        names="language",
        intervals=intervals,
        fix="fixed" if any(i.fixed for i in intervals) else "none",
        ecosystem="Packagist",
    )
    times = [utc(text_of(b, "time")) for b in branches.values() if isinstance(b, dict)]
    yield Advisory(
        id=AdvisoryId(id_),
        feed=FEED,
        aliases=tuple(AdvisoryId(alias) for alias in aliases),
        affected=(claim,) if intervals else (),
        summary=text_of(record, "title")[:SUMMARY_LETTERS],
        published=min((t for t in times if t), default=""),
        url=text_of(record, "link"),
        unmatchable=len(branches) - len(sets),
    )


def _ids(place: str, package: str, record: Mapping[str, Any]) -> list[str]:
    """Return its CVE and the GHSA it links, else what its path comes to: `FOP-VENDOR-NAME-DATE`."""
    cve, linked = text_of(record, "cve"), LINKED.fullmatch(text_of(record, "link"))
    ids = [cve] if CVE.fullmatch(cve) else []
    if linked:
        ids.append(linked[1])
    stem = re.split(r"[/!]", place)[-1].rpartition(".")[0]
    return ids or [f"FOP-{package.replace('/', '-')}-{stem}"]


def _branch(branch: object) -> Set:
    """Return the versions of one branch that are affected.

    Raises:
        ValueError: where a constraint cannot be read; nothing may follow from half of them.
    """
    constraints = texts_of(branch, "versions") if isinstance(branch, dict) else []
    if not constraints:
        raise ValueError("the branch has no `versions`")
    return all_of([_constraint(c) for text in constraints for c in text.split(",")])


def _constraint(text: str) -> Set:
    found = CONSTRAINT.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:60]!r} is no constraint")
    try:
        return where({"": "=", "==": "="}.get(found[1], found[1]), found[2], COMPOSER)
    except InvalidVersion as error:
        raise ValueError(str(error)) from None


def _after(version: str) -> str:
    """Return a version just above one: Composer takes missing numbers for zeros."""
    return f"{version}.0.0.0.1"
