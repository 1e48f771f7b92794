"""Where verdicts are kept: each run that was decided, whole, by the digest of its stored form."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import Struct

from gate.model import Run, View
from gate.reports.run import render
from sbom.database import exists, open_database
from sbom.errors import InputError
from sbom.text import plain

SHORTEST_PREFIX = 6
COLUMNS = (
    "digest, image_id, manifest, name, sbom, stage, policy, policy_digest, state, outcome,"
    " findings, denied, decided_at"
)


class KeptVerdict(Struct, frozen=True, gc=False):
    """One verdict in the store, without its decisions. decided_at: RFC 3339 in UTC."""

    digest: str
    image_id: str
    manifest: str
    name: str
    sbom: str
    stage: str
    policy: str
    policy_digest: str
    state: str
    outcome: str
    findings: int
    denied: int
    decided_at: str


class Listed(Struct, frozen=True, kw_only=True):
    """What `lading verdict list -o json` writes, newest first."""

    schema: Literal["lading-verdicts/1"] = "lading-verdicts/1"
    verdicts: tuple[KeptVerdict, ...]


class Forgotten(Struct, frozen=True, kw_only=True):
    """What `lading verdict forget -o json` writes; with `dry_run` all of it is still there."""

    schema: Literal["lading-verdicts-forgotten/1"] = "lading-verdicts-forgotten/1"
    dry_run: bool
    forgotten: tuple[KeptVerdict, ...]


def keep(url: str, run: Run) -> str:
    """Keep a run that was decided; return its digest. Keeping it again changes nothing."""
    from zstandard import ZstdCompressor

    document = render(run, View())
    row = _row(run, "sha256:" + sha256(document).hexdigest())
    with open_database(url, write=True) as database:
        database.execute(
            f"INSERT INTO verdict VALUES ({', '.join('?' * 13)}) ON CONFLICT DO NOTHING",  # noqa: S608
            msgspec.structs.astuple(row),
        )
        database.execute(
            "INSERT INTO verdict_document VALUES (?, ?) ON CONFLICT DO NOTHING",
            (row.digest, ZstdCompressor(level=3).compress(document)),
        )
    return row.digest


def get(url: str, digest: str) -> bytes:
    """Return the stored run of `digest`, or of the only one that starts so.

    Raises:
        InputError: where there is none, or several.
    """
    from zstandard import ZstdDecompressor

    start = _start(digest)
    with open_database(url, write=False) as database:
        rows = database.execute(
            "SELECT document FROM verdict_document WHERE substr(digest, 1, ?) = ?"
            " ORDER BY digest LIMIT 2",
            (len(start), start),
        ).fetchall()
    if len(rows) != 1:
        told = "several verdicts" if rows else "no such verdict in the store"
        raise InputError(f"{digest}: {told}", "see `lading verdict list`")
    return ZstdDecompressor().decompress(rows[0][0])


def kept(
    url: str, *, image: str = "", stage: str = "", since: str = "", until: str = ""
) -> tuple[KeptVerdict, ...]:
    """Return the verdicts in the store, newest first.

    image: a name, or the start of an image id, manifest or SBOM digest; empty for all.
    since, until: RFC 3339 in UTC or a part of it; both inclusive.
    """
    if not exists(url):
        return ()
    with open_database(url, write=False) as database:
        rows = database.execute(
            f"SELECT {COLUMNS} FROM verdict ORDER BY decided_at DESC, digest"  # noqa: S608
        ).fetchall()
    found = (KeptVerdict(*row) for row in rows)
    return tuple(
        each
        for each in found
        if _is_of(each, image)
        and stage in {"", each.stage}
        and each.decided_at >= since
        and (not until or each.decided_at[: len(until)] <= until)
    )


def find(verdicts: Sequence[KeptVerdict], digest: str) -> KeptVerdict:
    """Return the only one whose digest starts so; InputError where there is none, or several."""
    start = _start(digest)
    found = [each for each in verdicts if each.digest.startswith(start)]
    if len(found) != 1:
        told = "several verdicts" if found else "no such verdict in the store"
        raise InputError(f"{digest}: {told}", "see `lading verdict list`")
    return found[0]


def outlived(
    verdicts: Sequence[KeptVerdict], *, before: str = "", keep_last: int = 0
) -> list[KeptVerdict]:
    """Return those decided before a time, but for the newest `keep_last` of each image and stage.

    verdicts: newest first. before: RFC 3339 in UTC or a part of it; empty for all.
    """
    seen: dict[tuple[str, str], int] = {}
    going = []
    for each in verdicts:
        key = (each.name or each.image_id or each.sbom, each.stage)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > keep_last and (not before or each.decided_at < before):
            going.append(each)
    return going


def forget(url: str, digests: Sequence[str]) -> None:
    """Remove verdicts by their whole digests."""
    with open_database(url, write=True) as database:
        for table in ("verdict", "verdict_document"):
            database.executemany(
                f"DELETE FROM {table} WHERE digest = ?",  # noqa: S608
                [(digest,) for digest in digests],
            )


def _start(digest: str) -> str:
    start = digest if digest.startswith("sha256:") else f"sha256:{digest}"
    if len(start) < len("sha256:") + SHORTEST_PREFIX:
        raise InputError(f"{digest}: too short", "give at least six characters of the digest")
    return start


def _is_of(verdict: KeptVerdict, image: str) -> bool:
    if not image or verdict.name == image:
        return True
    start = image if image.startswith("sha256:") else f"sha256:{image}"
    names = (verdict.image_id, verdict.manifest, verdict.sbom)
    return len(start) >= len("sha256:") + SHORTEST_PREFIX and any(
        name.startswith(start) for name in names
    )


def _row(run: Run, digest: str) -> KeptVerdict:
    verdict, of = run.verdict, run.sbom.subject
    if verdict is None:
        raise InputError("nothing was decided", "decide with `lading gate`")
    return KeptVerdict(
        digest=digest,
        image_id=of.image_id or "",
        manifest=of.manifest or "",
        name=plain(of.name),
        sbom=run.sbom_digest,
        stage=verdict.stage,
        policy=plain(verdict.policy),
        policy_digest=verdict.policy_digest,
        state=run.state.digest,
        outcome=verdict.outcome,
        findings=len(run.judged),
        denied=sum(decision.answer == "deny" for decision in verdict.decisions),
        decided_at=verdict.decided_at,
    )
