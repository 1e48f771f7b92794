"""What a finder states of a vulnerability, as the authored parts of an OSV record.

Ids, dates and states are not its matter: `match.house.document` adds them from the entry.
"""

import re
from typing import Any

from msgspec import DecodeError, Struct, json

from match.house.packages import Package, package
from match.house.ranges import osv_range
from match.severity import score
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError

AUTHORED = ("summary", "details", "severity", "affected", "references", "credits")
ACCEPTED = {"3.1": "CVSS_V3", "4.0": "CVSS_V4"}
MAIL = re.compile(r"(.+?)\s*<([^<>]+)>")
LARGEST = 1 << 20
"""Bytes of a record that is read from a file."""


class Said(Struct, frozen=True, kw_only=True):
    """What was stated; what is empty says nothing.

    record: an OSV record (JSON) whose authored parts hold where nothing else is stated.
    packages: purls or `ECOSYSTEM/NAME`; ranges, versions: of each of them.
    fixes, reports, references: URLs; vectors: CVSS 3.1 or 4.0; credits: `NAME` or `NAME <CONTACT>`.
    """

    record: bytes = b""
    summary: str = ""
    details: str = ""
    packages: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()


def write(said: Said, before: str = "") -> str:
    """Return the authored parts as canonical JSON.

    Args:
        said: what is stated now.
        before: what was stated earlier; it holds where `said` says nothing.

    Raises:
        InputError: where a field cannot be what it should be, with an example.
    """
    parts: dict[str, Any] = json.decode(before) if before else {}
    if said.record:
        parts |= _authored(said.record)
    if said.summary.strip():
        parts["summary"] = " ".join(said.summary.split())
    if said.details.strip():
        parts["details"] = said.details.strip()
    if said.vectors:
        parts["severity"] = [_severity(vector) for vector in said.vectors]
    if said.packages or said.ranges or said.versions:
        parts["affected"] = _affected(said, parts.get("affected") or [])
    references = _references(said, parts.get("references") or [])
    if references:
        parts["references"] = references
    if said.credits:
        parts["credits"] = [_credit(text) for text in said.credits]
    return json.encode({name: parts[name] for name in AUTHORED if parts.get(name)}).decode()


def _authored(record: bytes) -> dict[str, Any]:
    """Return the authored parts of an OSV record that somebody wrote.

    Raises:
        InputError: where it is none, with the first fault's place.
    """
    if len(record) > LARGEST:
        raise InputError("the record is longer than a megabyte", "give one record")
    try:
        document = json.decode(record)
    except (DecodeError, RecursionError, UnicodeError, ValueError) as error:
        raise InputError(f"the record is no JSON: {error}", "give an OSV record") from None
    if not isinstance(document, dict):
        raise InputError("the record is no OSV record", "give one record, not a list")
    stand_in = {"id": "LDG-1970-0001", "modified": "1970-01-01T00:00:00Z"}
    parts = {name: document[name] for name in AUTHORED if document.get(name)}
    for fault in schema_faults(parts | stand_in, "osv.schema.json"):
        raise InputError(f"the record: {fault.place}: {fault.what}", "`lading validate` shows all")
    return parts


def _severity(vector: str) -> dict[str, str]:
    text = vector.strip().rstrip("/")
    scored = score(text)
    kind = ACCEPTED.get(scored[1]) if scored else None
    if kind is None:
        raise InputError(
            f"{vector}: no CVSS 3.1 or 4.0 vector",
            "as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        )
    return {"type": kind, "score": text}


def _affected(said: Said, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks of the packages named, else of those named before."""
    held = [block for block in before if block.get("package")]
    packages = [package(text) for text in said.packages]
    packages = packages or [Package(**block["package"]) for block in held]
    if said.ranges or said.versions:
        return [_block(each, said) for each in dict.fromkeys(packages)]
    before_that = held[0] if held else {}
    kept = {name: before_that[name] for name in ("ranges", "versions") if name in before_that}
    return [{"package": _named(each)} | kept for each in dict.fromkeys(packages)]


def _block(named: Package, said: Said) -> dict[str, Any]:
    block: dict[str, Any] = {"package": _named(named)}
    if said.ranges:
        block["ranges"] = [osv_range(named.ecosystem, said.ranges)]
    if said.versions:
        block["versions"] = list(dict.fromkeys(said.versions))
    return block


def _named(named: Package) -> dict[str, str]:
    known = {"ecosystem": named.ecosystem, "name": named.name}
    return known | ({"purl": named.purl} if named.purl else {})


def _references(said: Said, before: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the references, fixes first; a kind that is stated now replaces that kind."""
    found = []
    kinds = (("FIX", said.fixes), ("REPORT", said.reports), ("WEB", said.references))
    for kind, urls in kinds:
        if urls:
            found += [{"type": kind, "url": _url(url)} for url in dict.fromkeys(urls)]
        else:
            found += [each for each in before if each["type"] == kind]
    return found + [each for each in before if each["type"] not in {k for k, _ in kinds}]


def _url(text: str) -> str:
    url = text.strip()
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", url):
        raise InputError(f"{text}: not a URL", "as https://example.com/commit/…")
    return url


def _credit(text: str) -> dict[str, Any]:
    found = MAIL.fullmatch(text.strip())
    if not found:
        return {"name": text.strip(), "type": "FINDER"}
    contact = found[2].strip()
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    return {"name": found[1], "contact": [contact], "type": "FINDER"}
