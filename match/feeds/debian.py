"""Debian's lists of security advisories (DSA, DLA, DTSA), as the security tracker keeps them.

A header line, then indented: the CVEs in braces, and for each release the version that fixes a
source package, or that it is not affected. Each advisory gives one finding per CVE (rules.md 6).
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import IO

from match.model import Advisory, AdvisoryId, Affected, FixState, Interval
from match.records.documents import problem
from match.records.ids import CVE
from sbom.distro import DEBIAN, release_key
from sbom.model import Distro, Problem

LINE_BYTES = 1 << 20
HEADER = re.compile(
    r"\[(?P<date>[^\]]{6,24})\]\s+(?P<id>(?P<kind>DSA|DLA|DTSA)-\d+(?:-\d+)?)(?:\s+(?P<text>.*))?$"
)
PACKAGE = re.compile(r"(?:\[(?P<release>[a-z-]+)\]\s+)?-\s+(?P<name>\S+)(?:\s+(?P<said>\S.*))?$")
NAMES = re.compile(r"\{(.*)\}$")
ASIDE = ("NOTE:", "TODO:", "CHECK:")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
REGRESSION = re.compile(r"\bregression\b", re.IGNORECASE)
STATES: dict[str, FixState] = {
    "<not-affected>": "not_affected",
    "<end-of-life>": "wont_fix",
    "<unfixed>": "none",
    "<no-dsa>": "wont_fix",
    "<ignored>": "wont_fix",
    "<postponed>": "deferred",
    "<undetermined>": "under_investigation",
}
"""What stands where a version would (the security tracker's documentation, "severity levels")."""


class _Open:
    """The advisory whose lines are being read."""

    def __init__(self, place: str, kind: str, id_: str, date: str, text: str) -> None:
        self.place, self.kind, self.id, self.date, self.text = place, kind, id_, date, text
        self.names: list[str] = []
        self.affected: list[Affected] = []


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is one of the lists: by its first header."""
    del path
    first = head.lstrip().partition(b"\n")[0].decode("utf-8", "replace")
    return HEADER.match(first) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield each advisory of a list, and each line of it that cannot be read."""
    current: _Open | None = None
    number = 0
    while raw := file.readline(LINE_BYTES):
        number += 1
        line = raw.decode("utf-8", "replace").rstrip()
        place = f"{path}: line {number}"
        if not line or line.lstrip().startswith(ASIDE):
            continue
        header = HEADER.match(line)
        if header:
            if current:
                yield _advisory(current)
            text = (header["text"] or "").strip()
            date = _date(header["date"])
            current = _Open(place, header["kind"], header["id"], date, text)
            if not date:
                what = f"{header['date']!r} is no date"
                yield problem("debian", place, what, "field_lost")
        elif current is None or not line[0].isspace():
            what = f"the line belongs to no advisory: {line[:80]!r}"
            yield problem("debian", place, what, "record_lost")
        else:
            what = _add(current, line.strip())
            if what:
                yield problem("debian", f"{place}: {current.id}", what, "field_lost")
    if current:
        yield _advisory(current)


def _add(advisory: _Open, line: str) -> str:
    """Take one indented line into the advisory; return what is wrong with it."""
    names = NAMES.match(line)
    if names:
        words = names[1].split()
        advisory.names += (w for w in words if CVE.fullmatch(w))
        strange = [w for w in words if not CVE.fullmatch(w)]
        return f"{' '.join(strange)[:80]!r} is no CVE" if strange else ""
    package = PACKAGE.match(line)
    if not package:
        return f"the line cannot be read: {line[:80]!r}"
    codename = package["release"] or "sid"
    if codename not in DEBIAN:
        return f"{codename!r} is no release of Debian"
    said = (package["said"] or "").split()
    if not said:
        return f"nothing is said of {package['name']}"
    if said[0].startswith("<") and said[0] not in STATES:
        return f"{said[0][:40]!r} is no state"
    release = release_key(Distro(id="debian", codename=codename))
    advisory.affected.append(_claim(package["name"], release, said[0]))
    return ""


def _claim(name: str, release: str, said: str) -> Affected:
    fix = STATES.get(said, "fixed")
    interval = Interval(fixed=said) if fix == "fixed" else Interval()
    return Affected(
        scheme="dpkg",
        name=name,
        release=release,
        names="source",
        claim="not_affected" if fix == "not_affected" else "affected",
        intervals=() if fix == "not_affected" else (interval,),
        fix=fix,
        ecosystem=f"Debian:{release.partition(':')[2]}",
    )


def _advisory(advisory: _Open) -> Advisory:
    """Return the finished advisory.

    A regression update without CVEs mends what the update before it broke: it names no
    vulnerability, and so nothing that is affected by one.
    """
    mends = not advisory.names and REGRESSION.search(advisory.text)
    return Advisory(
        id=AdvisoryId(advisory.id),
        feed=f"debian:{advisory.kind}",
        names=tuple(AdvisoryId(i) for i in sorted(set(advisory.names))),
        affected=() if mends else tuple(dict.fromkeys(advisory.affected)),
        summary=advisory.text[:300],
        published=advisory.date,
        modified=advisory.date,
        url=f"https://security-tracker.debian.org/tracker/{advisory.id}",
    )


def _date(text: str) -> str:
    """Read `29 Mar 2023` or `August 26th, 2005`; empty where it is no date."""
    words = re.findall(r"\d+|[A-Za-z]{3,}", text)
    month = next((MONTHS.index(w[:3].lower()) + 1 for w in words if w[:3].lower() in MONTHS), 0)
    numbers = [int(w) for w in words if w.isdigit()]
    day, year = next(pairwise(numbers), (0, 0))
    if not month or not 1 <= day <= 31 or not 1990 <= year <= 2999:
        return ""
    return f"{year:04}-{month:02}-{day:02}T00:00:00Z"
