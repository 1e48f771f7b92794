"""What leaves the store: SBOMs by digest or by a retention rule, and what only they held.

Components that no SBOM holds any more go with them, and results of layers that have become stale:
of another version of the program, or unused for a month.
"""

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from sbom.database import Database, exists, shown
from sbom.errors import InputError, StoreError
from sbom.store import Kept, entries, find, open_store
from sbom.store.parts import drop_holders, parts_of
from sbom.store.results import drop_of_others, drop_unused


class Rule(Struct, frozen=True, kw_only=True, gc=False):
    """Which SBOMs go; of several conditions all have to hold.

    keep_last: the newest so many of each name and platform stay; 0: no condition.
    before: RFC 3339 in UTC; only what was first kept before then goes. Empty: no condition.
    name: only images of this name, where `*` and `?` stand for anything. Empty: all.
    """

    keep_last: int = 0
    before: str = ""
    name: str = ""


class Forgotten(Struct, frozen=True, kw_only=True):
    """What went: the SBOMs, and how many distinct components and layer results with them."""

    sboms: tuple[Kept, ...]
    components: int
    results: int


def forget(
    url: str,
    *,
    rule: Rule | None = None,
    digests: Sequence[str] = (),
    program: str,
    today: str,
    dry_run: bool = False,
) -> Forgotten:
    """Forget the SBOMs that digests or a rule name, all of them or, on an error, none.

    Args:
        url: the store.
        rule: the retention rule, where no digests are given.
        digests: of documents, images or manifests, or their beginnings.
        program: the digest of this program's code (`sbom.program`).
        today: YYYY-MM-DD.
        dry_run: say what would go, and leave everything.

    Raises:
        InputError: for a digest that names none or several.
        StoreError: where the store cannot be used.
    """
    if not exists(url):
        raise StoreError(f"{shown(url)}: no store", "see `--db` and LADING_DB")
    with open_store(url, write=True) as database:
        chosen = _by_rule(database, rule) if rule else _by_digest(database, digests)
        # A trial does everything and takes it back, so that what it says is what would be.
        database.execute("SAVEPOINT trial")
        told = _forget(database, chosen, program, today)
        if dry_run:
            database.execute("ROLLBACK TO trial")
    return told


def _by_rule(database: Database, rule: Rule) -> dict[int, Kept]:
    """Return what a rule lets go, newest first."""
    seen: Counter[tuple[str, str]] = Counter()
    chosen: dict[int, Kept] = {}
    for number, entry in entries(database):
        if rule.name and not fnmatchcase(entry.name, rule.name):
            continue
        seen[entry.name, entry.platform] += 1
        spared = seen[entry.name, entry.platform] <= rule.keep_last
        if not spared and (not rule.before or entry.kept_at < rule.before):
            chosen[number] = entry
    return chosen


def _by_digest(database: Database, digests: Sequence[str]) -> dict[int, Kept]:
    known = dict(entries(database))
    numbers = {find(database, digest) for digest in digests}
    if not numbers:
        raise InputError("nothing to forget was named", "give a digest or a rule")
    return {number: entry for number, entry in known.items() if number in numbers}


def _forget(database: Database, chosen: dict[int, Kept], program: str, today: str) -> Forgotten:
    components = drop_holders(database, parts_of(database, chosen))
    for table in ("sbom", "sbom_document"):
        rows = ((number,) for number in chosen)
        database.executemany(f"DELETE FROM {table} WHERE number = ?", rows)  # noqa: S608
    results = drop_of_others(database, program) + drop_unused(database, today)
    return Forgotten(sboms=tuple(chosen.values()), components=components, results=results)
