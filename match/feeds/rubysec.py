"""ruby-advisory-db: gems and Ruby itself, one YAML file for each advisory and gem.

A record says which versions are patched and which never were affected, in RubyGems' requirements;
every other version is affected. Requirements of a list are alternatives, those joined by a comma
must all hold (RubyGems, Gem::Requirement).

`gem` is a key of `pkg:gem`; `engine` is one of `pkg:generic` (`ruby`, `jruby` …).
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import IO, Any

from match.ecosystems import RUNTIMES
from match.model import Advisory, AdvisoryId, Affected, Severity
from match.records.documents import problem, single_records
from match.records.ids import CVE, sort_ids
from match.records.tarball import is_archive_of
from match.records.texts import read_yaml, text_of, texts_of
from match.records.times import utc
from match.records.version_sets import Set, all_of, both, complement, intervals_of, union, where
from match.versions import InvalidVersion, key
from sbom.model import Problem

FEED = "rubysec"
MEMBER = re.compile(r"(?:^|/)(?:gems|rubies)/[^/]+/[^/]+\.ya?ml$")
FORM = re.compile(rb"^(?:gem|engine): *\S", re.MULTILINE)
FIELDS = re.compile(
    rb"^(?:patched_versions|unaffected_versions|osvdb|cve|ghsa|title):", re.MULTILINE
)
ARCHIVE = re.compile(rb"/(?:gems|rubies)/[^/\0]+/[^/\0]+\.yml\0")
REQUIREMENT = re.compile(r"\s*(>=|<=|!=|~>|>|<|=|)\s*([0-9][0-9A-Za-z.-]*)\s*")
SCORES = (("cvss_v4", "4.0"), ("cvss_v3", "3.1"), ("cvss_v2", "2.0"))
SUMMARY_LETTERS = 300
GEM = partial(key, "gem")
"""RubyGems' order."""


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is an advisory of the database, or an archive of it."""
    del path
    if ARCHIVE.search(head) or is_archive_of(head, "ruby-advisory-db"):
        return True
    return FORM.search(head) is not None and len(set(FIELDS.findall(head))) > 1


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each file of the database."""
    for place, record in single_records(FEED, path, file, MEMBER, read_yaml):
        if isinstance(record, Problem):
            yield record
        else:
            yield from _record(place, record)


def _record(place: str, record: Mapping[str, Any]) -> Iterator[Advisory | Problem]:
    gem, engine = text_of(record, "gem"), text_of(record, "engine")
    own = _ids(place, record)
    if not (gem or engine) or not own:
        yield problem(FEED, place, "it names no gem or engine, or has no id", "record_lost")
        return
    claim: tuple[Affected, ...] = ()
    if gem or engine in RUNTIMES:
        try:
            claim = (_claim(gem, engine, record),)
        except (InvalidVersion, ValueError) as error:
            yield problem(FEED, f"{place}: {own[0]}", str(error), "field_lost")
    date = utc(text_of(record, "date"))
    if date is None:
        yield problem(FEED, f"{place}: {own[0]}", "`date` is no date", "field_lost")
    ids = sort_ids(own[0], own[1:], (), ())
    yield Advisory(
        id=AdvisoryId(own[0]),
        feed=FEED,
        aliases=ids.aliases,
        names=ids.names,
        related=ids.related,
        affected=claim,
        severities=_severities(record),
        summary=text_of(record, "title")[:SUMMARY_LETTERS],
        published=date or "",
        url=text_of(record, "url"),
        unmatchable=int(not claim),
    )


def _ids(place: str, record: Mapping[str, Any]) -> list[str]:
    """Return the record's ids, the one it goes by first; the file's name where it has no other."""
    cve, ghsa = text_of(record, "cve").upper(), text_of(record, "ghsa")
    ids = [f"CVE-{cve.removeprefix('CVE-')}"] if cve else []
    ids += [f"GHSA-{ghsa.removeprefix('GHSA-')}"] if ghsa else []
    ids += [f"OSVDB-{text_of(record, 'osvdb')}"] if text_of(record, "osvdb") else []
    if not ids:
        stem = re.split(r"[/!]", place)[-1].rpartition(".")[0]
        ids = [f"RUBYSEC-{stem.removeprefix('RUBYSEC-')}"] if stem else []
    return [i for i in ids if not i.startswith("CVE-") or CVE.fullmatch(i)]


def _claim(gem: str, engine: str, record: Mapping[str, Any]) -> Affected:
    """Return what is affected: all versions but the patched and the never affected ones.

    Raises:
        ValueError: where a requirement cannot be read; nothing may follow from half of them.
    """
    sound = [
        _requirement(text)
        for field in ("patched_versions", "unaffected_versions")
        for text in texts_of(record, field)
    ]
    intervals = intervals_of(complement(union(sound)), _after)
    mends = bool(texts_of(record, "patched_versions"))
    return Affected(
        scheme="gem",
        name=gem or RUNTIMES[engine].name,
        names="language",
        claim="affected" if intervals else "not_affected",
        intervals=intervals,
        fix="fixed" if mends and intervals else "none" if intervals else "not_affected",
        ecosystem="RubyGems" if gem else "Ruby",
    )


def _requirement(text: str) -> Set:
    return all_of([_one(part) for part in text.split(",")])


def _one(text: str) -> Set:
    """Read one requirement; `~> 1.2.3` is from 1.2.3 on and, pre-releases too, before 1.3."""
    found = REQUIREMENT.fullmatch(text)
    if not found:
        raise ValueError(f"{text.strip()[:60]!r} is no requirement of RubyGems")
    operator, version = found.groups()
    if operator == "~>":
        return both(where(">=", version, GEM), where("<", _bumped(version), GEM))
    return where(operator or "=", version, GEM)


def _bumped(version: str) -> str:
    """Return the lowest pre-release of what `~>` ends before (Gem::Version#bump).

    A word is below any number, and capitals are below small letters: none is below `A`.
    """
    segments: list[str] = []
    for segment in re.findall(r"[0-9]+|[A-Za-z]+", version.replace("-", ".pre.")):
        if not segment.isdigit():
            break
        segments.append(segment)
    kept = segments[:-1] or segments
    return ".".join((*kept[:-1], str(int(kept[-1]) + 1), "A"))


def _after(version: str) -> str:
    """Return a version just above one: the order is dense, and no release has so many zeros."""
    return f"{version}.0.0.0.0.1"


def _severities(record: Mapping[str, Any]) -> tuple[Severity, ...]:
    """Return the scores; the database has no vectors."""
    found = []
    for field, version in SCORES:
        text = text_of(record, field)
        if re.fullmatch(r"\d{1,2}(\.\d+)?", text) and float(text) <= 10:
            found.append(Severity(source=FEED, score=float(text), version=version))
    return tuple(found)
