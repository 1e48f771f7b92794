"""Photon OS: `cve_data_photonX.Y.json`, a row for each CVE and package of a release.

`res_ver` is the version that fixes it. Without one, `status` says whether the package is affected
or not, and what says neither has not been judged. The release is in the file's name, and in the
dist tag of its versions (`ph4`).
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import IO, Literal, NamedTuple

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.model import Advisory, AdvisoryId, Affected, FixState, Interval, Severity
from match.records.documents import UNREADABLE, cut, problem, whole
from sbom.distro import release_key
from sbom.model import Distro, Problem

FEED = "photon"
FIELDS = (b'"cve_id"', b'"aff_ver"', b'"res_ver"')
NAMED = re.compile(r"photon-?(\d+(?:\.\d+)?)[^/]*\Z", re.IGNORECASE)
ID = re.compile(r"[A-Z]{2,12}-[\w.-]*\d[\w.-]*")
"""Most are CVEs; what has none yet has an id of another list."""
TAG = re.compile(r"\.ph(\d+)\b")
NONE = frozenset({"", "NA", "N/A"})


class _Row(Struct, gc=False):
    cve_id: str
    pkg: str
    cve_score: float | str | None = None
    aff_ver: str | None = None
    res_ver: str | None = None
    status: str | None = None


class _Said(NamedTuple):
    claims: dict[Affected, None]
    scores: dict[float, None]


DECODE = Decoder(_Row).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file has Photon's rows."""
    del path
    return all(field in head for field in FIELDS)


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each CVE of the release, in order of the ids."""
    data = whole(file)
    if data is None:
        yield problem(FEED, path, "the file is too long", "source_lost")
        return
    release = _release(path, data)
    if not release:
        what = "neither its name nor its versions say which release it is of"
        yield problem(FEED, path, what, "source_lost")
        return
    said: dict[str, _Said] = {}
    for place, raw in cut(FEED, path, data):
        if isinstance(raw, Problem):
            yield raw
            continue
        what = _add(raw, release, said)
        if what:
            yield problem(FEED, place, what, "record_lost")
    for cve, known in sorted(said.items()):
        yield Advisory(
            id=AdvisoryId(cve),
            feed=f"{FEED}:{release.partition(':')[2]}",
            affected=tuple(known.claims),
            severities=tuple(Severity(source=FEED, score=score) for score in known.scores),
        )


def _release(path: str, data: bytes) -> str:
    """Return the release by the file's name, else by the dist tag that most versions have."""
    found = NAMED.search(path)
    version = found[1] if found else ""
    if not version:
        tags = Counter(TAG.findall(data.decode("utf-8", "replace")))
        version = f"{min(tags, key=lambda t: (-tags[t], t))}.0" if tags else ""
    return release_key(Distro(id="photon", version=version)) if version else ""


def _add(raw: bytes | Raw, release: str, said: dict[str, _Said]) -> str:
    """Add a row to what is said of its CVE; return why it cannot be used."""
    try:
        row = DECODE(raw)
    except UNREADABLE as error:
        return f"it is no row: {error}"
    if not ID.fullmatch(row.cve_id):
        return f"{row.cve_id[:40]!r} is no id"
    if not row.pkg.strip():
        return f"{row.cve_id} names no package"
    known = said.setdefault(row.cve_id, _Said({}, {}))
    known.claims[_claim(row, release)] = None
    if isinstance(row.cve_score, float) and 0 < row.cve_score <= 10:
        known.scores[row.cve_score] = None
    return ""


def _claim(row: _Row, release: str) -> Affected:
    fixed, status = (row.res_ver or "").strip(), (row.status or "").strip().lower()
    kind: Literal["affected", "not_affected", "unknown"]
    fix: FixState
    intervals: tuple[Interval, ...]
    if status == "not affected":
        kind, fix, intervals = "not_affected", "not_affected", ()
    elif fixed not in NONE:
        kind, fix, intervals = "affected", "fixed", (Interval(fixed=fixed),)
    elif status in {"affected", "open", "unfixed"} or (row.aff_ver or "").startswith("all"):
        kind, fix, intervals = "affected", "none", (Interval(),)
    else:
        kind, fix, intervals = "unknown", "under_investigation", ()
    return Affected(
        scheme="rpm",
        name=row.pkg.strip(),
        release=release,
        names="source",
        claim=kind,
        intervals=intervals,
        fix=fix,
        ecosystem=f"Photon OS:{release.partition(':')[2]}",
    )
