"""Tests of a document's versions and revision history, and of its languages as such."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from gate.instants import sort_key, utc
from sbom.model import Fault

Node = dict[str, Any]
Number = tuple[int, int, int, tuple[tuple[int, int, str], ...]]
"""Major, minor, patch and the pre-release, in the order of Semantic Versioning 2.0.0."""
HISTORY = "document.tracking.revision_history"
VERSION = "document.tracking.version"
LONGEST_NUMBER = 100
RELEASED = frozenset({"final", "interim"})


def unsorted_history(document: Node) -> Iterator[Fault]:
    """6.1.14: sorted by date, the numbers rise."""
    items = _sorted(document)
    for before, after in pairwise(items):
        if _number(before["number"]) > _number(after["number"]):
            what = f"{after['number']} is dated after {before['number']}"
            yield Fault(place=HISTORY, what=what)


def translation_without_source(document: Node) -> Iterator[Fault]:
    """6.1.15: a translator states the language it was translated from."""
    head = document["document"]
    if head["publisher"]["category"] == "translator" and not head.get("source_lang"):
        yield Fault(place="document.source_lang", what="a translator has to state it")


def version_is_not_the_latest(document: Node) -> Iterator[Fault]:
    """6.1.16: the document's version is that of the latest revision.

    Build metadata never counts, and a pre-release not in a draft.
    """
    tracking = document["document"]["tracking"]
    last = _number(_sorted(document)[-1]["number"])
    own = _number(tracking["version"])
    if tracking["status"] == "draft":
        last, own = (*last[:3], ()), (*own[:3], ())
    if last != own:
        what = f"{tracking['version']} is not that of the latest revision"
        yield Fault(place=VERSION, what=what)


def unreleased_but_no_draft(document: Node) -> Iterator[Fault]:
    """6.1.17: version 0 and pre-releases are drafts."""
    tracking = document["document"]["tracking"]
    version = tracking["version"]
    if (_is_zero(version) or _prerelease(version)) and tracking["status"] != "draft":
        what = f"a document of version {version} is a draft"
        yield Fault(place="document.tracking.status", what=what)


def released_with_version_zero(document: Node) -> Iterator[Fault]:
    """6.1.18: the history of a released document begins with its release."""
    tracking = document["document"]["tracking"]
    for index, item in enumerate(tracking["revision_history"]):
        if tracking["status"] in RELEASED and _is_zero(item["number"]):
            what = f"{item['number']} was before the release"
            yield Fault(place=f"{HISTORY}[{index}].number", what=what)


def prerelease_in_history(document: Node) -> Iterator[Fault]:
    """6.1.19: pre-releases are no revisions.

    Only a draft may list the pre-release that it is itself; validators differ here, and 6.1.16
    has drafts compare their versions without that part.
    """
    tracking = document["document"]["tracking"]
    itself = tracking["version"] if tracking["status"] == "draft" else ""
    for index, item in enumerate(tracking["revision_history"]):
        if _prerelease(item["number"]) and item["number"] != itself:
            what = f"{item['number']} is a pre-release"
            yield Fault(place=f"{HISTORY}[{index}].number", what=what)


def released_as_prerelease(document: Node) -> Iterator[Fault]:
    """6.1.20: what is released is no pre-release."""
    tracking = document["document"]["tracking"]
    if tracking["status"] in RELEASED and _prerelease(tracking["version"]):
        what = f"{tracking['version']} is a pre-release, and the status {tracking['status']}"
        yield Fault(place=VERSION, what=what)


def gap_in_history(document: Node) -> Iterator[Fault]:
    """6.1.21: (major) versions begin with 0 or 1, and none is left out."""
    majors = [_number(item["number"])[0] for item in _sorted(document)]
    if majors[0] > 1:
        yield Fault(place=HISTORY, what=f"it begins with version {majors[0]}")
    for before, after in pairwise(majors):
        if after > before + 1:
            yield Fault(place=HISTORY, what=f"version {before + 1} is missing")


def repeated_revision(document: Node) -> Iterator[Fault]:
    """6.1.22: a version has one revision."""
    history = document["document"]["tracking"]["revision_history"]
    for number, count in Counter(item["number"] for item in history).items():
        if count > 1:
            yield Fault(place=HISTORY, what=f"{number} is there {count} times")


def translation_into_itself(document: Node) -> Iterator[Fault]:
    """6.1.28: a translation is into another language."""
    head = document["document"]
    lang, source = head.get("lang"), head.get("source_lang")
    if lang is not None and source is not None and lang.lower() == source.lower():
        yield Fault(place="document.source_lang", what=f"it is {lang} too")


def mixed_versioning(document: Node) -> Iterator[Fault]:
    """6.1.30: versions are whole numbers throughout, or semantic throughout."""
    tracking = document["document"]["tracking"]
    numbers = [tracking["version"], *(item["number"] for item in tracking["revision_history"])]
    if len({number.isdecimal() for number in numbers}) > 1:
        yield Fault(place=HISTORY, what="whole numbers and semantic versions are mixed")


def _sorted(document: Node) -> list[Node]:
    """Return the revisions by date; of one instant by number, which is no fault."""
    history = document["document"]["tracking"]["revision_history"]
    return sorted(
        history, key=lambda item: (sort_key(utc(item["date"]) or ""), _number(item["number"]))
    )


def _number(version: str) -> Number:
    """Read a version of the schema's form; without build metadata, which orders nothing."""
    core, _, pre = version.partition("+")[0].partition("-")
    major, minor, patch = (_whole(part) for part in (*core.split("."), "0", "0")[:3])
    if not pre:
        # A release comes after all of its pre-releases.
        return major, minor, patch, ((2, 0, ""),)
    parts = ((0, _whole(part), "") if part.isdecimal() else (1, 0, part) for part in pre.split("."))
    return major, minor, patch, tuple(parts)


def _whole(digits: str) -> int:
    """Read a number; beyond what anyone counts to, all are alike."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else 10**LONGEST_NUMBER


def _is_zero(version: str) -> bool:
    return _number(version)[0] == 0


def _prerelease(version: str) -> str:
    return version.partition("+")[0].partition("-")[2]
