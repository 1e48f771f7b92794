"""What is wrong or doubtful in an advisory: the format first, then the house's own rules.

Records of others are held to the format and to what makes an advisory usable; house records, by
their id, to the required evidence, state and dates as well.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import DecodeError, Struct
from msgspec.json import decode

from match.house.draft import ACCEPTED
from match.house.ids import is_house
from match.house.ranges import is_version
from match.records.events import LOWEST
from match.records.faults import faults
from match.severity import score
from sbom.documents.own_schema import schema_faults

Level = Literal["wrong", "doubtful", "note"]
EVIDENCE = frozenset({"FIX", "REPORT", "EVIDENCE"})
HOUSE_SCHEMA = "house-advisory.schema.json"


class Remark(Struct, frozen=True, kw_only=True, gc=False):
    """One remark: how bad, the id (or file) it is about, the place in it, and what it is."""

    level: Level
    about: str
    place: str
    what: str


def lint(data: bytes, about: str) -> list[Remark]:
    """Return what is to be said of an OSV record, or of a list of them, the worst first."""
    broken = faults(data)
    found = [Remark(level="wrong", about=about, place=f.place, what=f.what) for f in broken]
    found += [each for record in _records(data) for each in _rules(record, about)]
    ranks: dict[Level, int] = {"wrong": 0, "doubtful": 1, "note": 2}
    return sorted(found, key=lambda r: (ranks[r.level], r.about, r.place, r.what))


def _records(data: bytes) -> list[dict[str, Any]]:
    """Return the records whose form is right; of the others everything was said already."""
    try:
        document = decode(data)
    except (DecodeError, RecursionError, UnicodeError, ValueError):
        return []
    records = document if isinstance(document, list) else [document]
    return [one for one in records if not any(schema_faults(one, "osv.schema.json"))]


def _rules(record: dict[str, Any], about: str) -> Iterator[Remark]:
    house = is_house(record["id"])
    inside = about if about == record["id"] else f"{about}: {record['id']}"
    rules = [_text(record), _dates(record), _affected(record), _ids(record)]
    if house:
        rules += [_severity(record), _evidence(record)]
    said = [each for rule in rules for each in rule]
    if house and not any(level == "wrong" for level, _, _ in said):
        # What the rules tell in words is not told again in the schema's.
        said += _house(record)
    for level, place, what in said:
        yield Remark(level=level, about=inside, place=place, what=what)


Said = Iterator[tuple[Level, str, str]]


def _text(record: dict[str, Any]) -> Said:
    if not record.get("summary", "").strip():
        level: Level = "wrong" if is_house(record["id"]) else "doubtful"
        yield level, "summary", "it is empty: nobody can tell what this is about"
    if not record.get("details", "").strip():
        yield "doubtful", "details", "it is empty: say what an attacker can do, and where"


def _dates(record: dict[str, Any]) -> Said:
    published, modified = record.get("published", ""), record["modified"]
    if published and published > modified:
        yield "wrong", "modified", f"it is before `published` ({published})"
    if published[:4] in {"0001", "1970"}:
        yield "doubtful", "published", "it stands for `not set`: leave it out"
    withdrawn = record.get("withdrawn", "")
    if withdrawn and withdrawn > modified:
        yield "doubtful", "withdrawn", "it is after `modified`: readers may not look again"


def _affected(record: dict[str, Any]) -> Said:
    """Ranges hold something, and their versions have an order where they are compared."""
    blocks = record.get("affected") or []
    if not blocks and not (record.get("withdrawn") or record.get("upstream")):
        yield "wrong", "affected", "no package: nothing can be matched by it"
    from match.ecosystems import of_osv

    for number, block in enumerate(blocks):
        place = f"affected[{number}]"
        if not (block.get("ranges") or block.get("versions")):
            yield "wrong", place, "neither a range nor versions: nothing is affected"
        known = of_osv((block.get("package") or {}).get("ecosystem") or "")
        if known is None or not known.scheme:
            continue
        for at, span in enumerate(block.get("ranges") or ()):
            if span["type"] != "GIT":
                yield from _versions(known.scheme, span["events"], f"{place}.ranges[{at}].events")
        unordered = [v for v in block.get("versions") or () if not is_version(known.scheme, v)]
        for version in unordered[:1]:
            more = f", and {len(unordered) - 1} more" if len(unordered) > 1 else ""
            yield "doubtful", f"{place}.versions", f"{version!r} is no version there{more}"


def _versions(scheme: str, events: list[dict[str, str]], place: str) -> Said:
    for number, event in enumerate(events):
        for kind, version in event.items():
            if version not in LOWEST and version != "*" and not is_version(scheme, version):
                yield "wrong", f"{place}[{number}].{kind}", f"{version!r} is no version there"
    if not any("fixed" in event or "last_affected" in event for event in events):
        yield "note", place, "it has no end: every later version counts as affected"


def _ids(record: dict[str, Any]) -> Said:
    cves = sorted({a for a in (record["id"], *(record.get("aliases") or ())) if a[:4] == "CVE-"})
    if len(cves) > 1:
        what = f"{' and '.join(cves)} are not one vulnerability: it joins neither"
        yield "wrong" if is_house(record["id"]) else "doubtful", "aliases", what
    if record["id"] in (record.get("aliases") or ()):
        yield "doubtful", "aliases", "it names itself"


def _house(record: dict[str, Any]) -> Said:
    for fault in schema_faults(record, HOUSE_SCHEMA):
        yield "wrong", fault.place, fault.what


def _severity(record: dict[str, Any]) -> Said:
    """A house advisory has a vector of CVSS 3.1 or 4.0: a word or a bare number is none."""
    if record.get("upstream"):
        return
    rated = list(record.get("severity") or ())
    rated += [r for block in record.get("affected") or () for r in block.get("severity") or ()]
    for rating in rated:
        scored = score(rating["score"])
        if scored and ACCEPTED.get(scored[1]) == rating["type"]:
            return
    yield "wrong", "severity", "no vector of CVSS 3.1 or 4.0"


def _evidence(record: dict[str, Any]) -> Said:
    references = record.get("references") or []
    kinds = {reference["type"] for reference in references}
    if not kinds & EVIDENCE:
        yield "wrong", "references", "no evidence: a fix commit (FIX) or a report (REPORT)"
    for number, reference in enumerate(references):
        if not reference["url"].startswith(("https://", "http://")):
            yield "wrong", f"references[{number}].url", "it is no web address"
    fixed = any(
        "fixed" in event
        for block in record.get("affected") or ()
        for span in block.get("ranges") or ()
        for event in span["events"]
    )
    if fixed and "FIX" not in kinds:
        yield "doubtful", "references", "a fixed version, and no reference to the fix (FIX)"
    if not record.get("credits"):
        yield "note", "credits", "nobody is credited"
