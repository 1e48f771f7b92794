"""Security databases of apk distributions: which version of a source package fixes which id.

One record per id and file, since an id may stand under several packages. The fixed version `0` says
that no version was ever affected (Alpine's wiki, APKBUILD reference, `secfixes`).
"""

import re
from collections.abc import Iterator
from typing import IO

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.model import Advisory, AdvisoryId, Affected, Interval
from match.records.documents import UNREADABLE, cut, problem, whole
from match.records.ids import CVE
from sbom.distro import release_key
from sbom.model import Distro, Problem

FIELDS = re.compile(rb'"(?:apkurl|urlprefix|distroversion|reponame|secfixes)"\s*:')
DISTRIBUTIONS = (
    ("wolfi", "wolfi", "Wolfi"),
    ("chainguard", "chainguard", "Chainguard"),
    ("cgr", "chainguard", "Chainguard"),
    ("minimos", "minimos", "MinimOS"),
    ("mini.dev", "minimos", "MinimOS"),
    ("alpinelinux", "alpine", "Alpine"),
    ("alpine", "alpine", "Alpine"),
)
"""A word of the package repository's address, the distribution's id, and its name."""
NOTE = re.compile(r"\(.*?\)|\(.*$")
ID = re.compile(r"GHSA(?:-[a-z0-9]{4}){3}|(?=[-\w]*\d)[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+")
MISSPELT_CVE = re.compile(r"\bCVE[-_ ](\d{4})[-_](\d{4,})(?:-\d{1,2})?\b")
"""A CVE with a space or underscore for a hyphen, or with the number of a patch behind it."""
NEVER = "0"


class _Database(Struct, gc=False):
    packages: Raw
    distroversion: str | None = None
    reponame: str | None = None
    urlprefix: str | None = None
    apkurl: str | None = None


class _Package(Struct, gc=False):
    name: str
    secfixes: dict[str, list[str] | None] | None = None


class _Entry(Struct, gc=False):
    pkg: _Package


class _Known(Struct):
    """What a file says of one id so far."""

    aliases: dict[str, None]
    fixed: dict[str, list[str]]


DECODE = Decoder(_Database).decode
DECODE_ENTRY = Decoder(_Entry).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is a security database: by two of its fields."""
    del path
    return len(set(FIELDS.findall(head))) > 1 and b'"packages"' in head


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory per id that the database names, in order of the ids."""
    data = whole(file)
    if data is None:
        yield problem("secdb", path, "the file is too long", "source_lost")
        return
    try:
        database = DECODE(data)
    except UNREADABLE as error:
        yield problem("secdb", path, f"it is no security database: {error}", "source_lost")
        return
    address = f"{database.urlprefix} {database.apkurl}".lower()
    found = next((d for d in DISTRIBUTIONS if d[0] in address), None)
    if found is None:
        what = f"it does not say which distribution it is of: {address[:100]!r}"
        yield problem("secdb", path, what, "source_lost")
        return
    _, distro, title = found
    release = release_key(Distro(id=distro, version=database.distroversion or "")) or distro
    feed = "secdb:" + "/".join(filter(None, (release, database.reponame)))
    version = database.distroversion
    ecosystem = f"{title}:{version}" if version else title
    known: dict[str, _Known] = {}
    # A branch without an entry has null in place of the list.
    empty = len(database.packages) == len(b"null")
    for place, entry in cut("secdb", path, b"[]" if empty else database.packages):
        if isinstance(entry, Problem):
            yield entry
        else:
            yield from _gather(place, entry, known)
    for id_, said in sorted(known.items()):
        yield _advisory(id_, said, (feed, release, ecosystem))


def _gather(place: str, entry: bytes | Raw, known: dict[str, _Known]) -> Iterator[Problem]:
    """Add what one package's entry says to what is known; yield what cannot be read of it."""
    try:
        package = DECODE_ENTRY(entry).pkg
    except UNREADABLE as error:
        yield problem("secdb", place, f"it is no package entry: {error}", "record_lost")
        return
    for version, texts in (package.secfixes or {}).items():
        where = f"{place}: {package.name} {version}"
        if not texts:
            yield problem("secdb", where, "the version names nothing that it fixes", "field_lost")
        for text in texts or ():
            groups = _ids(text)
            if not groups:
                yield problem("secdb", where, f"{text[:80]!r} is no id", "record_lost")
            for id_, *aliases in groups:
                said = known.setdefault(id_, _Known({}, {}))
                said.aliases.update(dict.fromkeys(aliases))
                said.fixed.setdefault(package.name, []).append(version)


def _ids(text: str) -> list[list[str]]:
    """Read one text: an id and others for the same, or several CVEs; notes stand in brackets."""
    ids = ID.findall(MISSPELT_CVE.sub(r"CVE-\1-\2", NOTE.sub(" ", text)))
    cves = [i for i in ids if CVE.fullmatch(i)]
    if len(cves) > 1:
        return [[cve] for cve in dict.fromkeys(cves)]
    ordered = list(dict.fromkeys((*cves, *ids)))
    return [ordered] if ordered else []


def _advisory(id_: str, said: _Known, where: tuple[str, str, str]) -> Advisory:
    feed, release, ecosystem = where
    return Advisory(
        id=AdvisoryId(id_),
        feed=feed,
        aliases=tuple(AdvisoryId(i) for i in sorted(said.aliases)),
        affected=tuple(
            _claim(name, versions, release, ecosystem)
            for name, versions in sorted(said.fixed.items())
        ),
    )


def _claim(name: str, versions: list[str], release: str, ecosystem: str) -> Affected:
    """Return what is said of one package; a version that fixes outweighs "never affected"."""
    fixes = [v for v in dict.fromkeys(versions) if v != NEVER]
    return Affected(
        scheme="apk",
        name=name,
        release=release,
        names="source",
        claim="affected" if fixes else "not_affected",
        intervals=tuple(Interval(fixed=v) for v in fixes),
        fix="fixed" if fixes else "not_affected",
        ecosystem=ecosystem,
    )
