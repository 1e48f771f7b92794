"""What an earlier run already found, so that a gate can ask for nothing new (`--baseline`).

A finding is known when the baseline has one of the same package, whatever the version, with any id
of the same vulnerability. What a VEX statement cleared there was never accepted: it is not known.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct

from gate.model import Status
from match.model import Finding
from sbom.errors import InputError

CLEARED = {Status.NOT_AFFECTED.value, Status.FIXED.value}
REMEDY = "name a file that `-o run=FILE` or `-o json=FILE` wrote"


class Baseline(NamedTuple):
    """The findings of an earlier run: (package, id) pairs; `digest` is of the file's bytes."""

    digest: str
    known: frozenset[tuple[str, str]]

    def holds(self, finding: Finding) -> bool:
        """Tell whether the finding was there."""
        package = _package(finding.component.purl or finding.component.ref)
        ids = (finding.vulnerability.id, *finding.vulnerability.aliases)
        return any((package, id_) in self.known for id_ in ids)


class _Kind(Struct):
    schema: str = ""


class _Row(Struct):
    id: str
    purl: str
    aliases: tuple[str, ...] = ()
    ref: str = ""
    status: str | None = None


class _Findings(Struct):
    findings: tuple[_Row, ...]


def read(data: bytes, name: str) -> Baseline:
    """Read a stored run, or the JSON of `match`, `scan` and `gate`.

    Raises:
        InputError: where the document is neither.
    """
    from hashlib import sha256

    try:
        kind = msgspec.json.decode(data, type=_Kind).schema
        if kind == "lading-findings/1":
            rows: Iterable[_Row] = msgspec.json.decode(data, type=_Findings).findings
        elif kind == "lading-run/1":
            rows = _stored(data, name)
        else:
            raise InputError(f"{name}: no baseline: its schema is {kind!r}", REMEDY)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise InputError(f"{name}: no baseline: {what}", REMEDY) from None
    known = frozenset(
        (_package(row.purl or row.ref), id_)
        for row in rows
        if row.status not in CLEARED
        for id_ in (row.id, *row.aliases)
    )
    return Baseline(digest=f"sha256:{sha256(data).hexdigest()}", known=known)


def _stored(data: bytes, name: str) -> Iterator[_Row]:
    from gate.reports.run import read as read_run

    for judged in read_run(data, name).judged:
        component, vulnerability = judged.finding.component, judged.finding.vulnerability
        yield _Row(
            id=vulnerability.id,
            purl=component.purl,
            aliases=vulnerability.aliases,
            ref=component.ref,
            status=judged.status,
        )


def _package(purl: str) -> str:
    """Return a purl without version, qualifiers and subpath; an `@` before them is a scope's."""
    stem = purl.partition("?")[0].partition("#")[0]
    folder, slash, last = stem.rpartition("/")
    return f"{folder}{slash}{last.partition('@')[0]}"
