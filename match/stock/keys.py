"""Where the distinct components of the stock are found: by package and version key, purl or day.

A row more than needed costs a look, a row less would lose a finding: a component stands under every
name that any feed could look it up under.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256

from msgspec import Struct

from match.ecosystems import Lookup, keys_of
from match.judge import exact_key_of
from sbom.database import Database
from sbom.distro import judges
from sbom.model import Component
from sbom.store import open_store
from sbom.store.parts import components, highest
from sbom.support import last_supported_day

PAGE = 20_000
"""Components whose keys are written in one transaction: a writer never waits long for us."""
DECIDING = (
    "match.cpe.products",
    "match.ecosystems",
    "match.judge",
    "match.stock.keys",
    "sbom.distro",
    "sbom.purl",
    "sbom.support",
)
"""The modules, beside the version schemes, that say what a component's keys are."""
NO_KEY = b""
UNTIL = "until"
"""Under it a component has the last day on which its release is supported, as key."""

KeyRow = tuple[str, bytes, int]
"""package (`scheme:name`, a purl, or `until`), version key, number of the component."""


class Range(Struct, frozen=True, order=True, gc=False):
    """Versions of one package: lo <= key < hi. package: `scheme:name`."""

    package: str
    lo: bytes
    hi: bytes


def refresh(url: str) -> int:
    """Write the keys of the components that have none yet; return how many components these were.

    A process that is killed loses one page of them at most.
    """
    code = _code()
    with open_store(url, write=False) as database:
        low, known = _keyed(database)
        last = highest(database)
    if known == code and low >= last:
        return 0
    first = low if known == code else 0
    while True:
        with open_store(url, write=True) as database:
            low, known = _keyed(database)
            if known != code:
                database.execute("DELETE FROM component_key")
                low = 0
            last = highest(database)
            high = min(low + PAGE, last)
            rows = (
                row
                for number, each in components(database, low + 1, high + 1)
                for row in rows_of(number, each)
            )
            database.executemany("INSERT INTO component_key VALUES (?, ?, ?)", sorted(rows))
            write_about(database, {"keyed": str(high), "code": code})
        if high >= last:
            return last - first


def rows_of(number: int, component: Component) -> set[KeyRow]:
    """Return the rows of one component; of one without a purl no feed can speak."""
    if not component.purl:
        return set()
    rows: set[KeyRow] = {(component.purl, NO_KEY, number)}
    for lookup in _lookups(component):
        key = exact_key_of(lookup.key.scheme, lookup.version) or NO_KEY
        rows.add((package_of(lookup), key, number))
    if component.distro and (until := last_supported_day(component.distro)):
        rows.add((UNTIL, until.encode(), number))
    return rows


def package_of(lookup: Lookup) -> str:
    """Return `scheme:name` of what a component is looked up under."""
    return f"{lookup.key.scheme}:{lookup.key.name}"


def in_ranges(database: Database, ranges: Iterable[Range]) -> set[int]:
    """Return the components whose version lies in a range, or that no key can settle."""
    found: set[int] = set()
    for package, lo, hi in _united(ranges):
        rows = database.execute(
            "SELECT component FROM component_key WHERE package = ? AND key >= ? AND key < ?",
            (package, lo, hi),
        )
        found.update(number for (number,) in rows)
    return found


def packages_of(database: Database) -> set[str]:
    """Return the packages (`scheme:name`) that the stock holds."""
    rows = database.execute("SELECT DISTINCT package FROM component_key WHERE key > ?", (NO_KEY,))
    unkeyed = database.execute(
        "SELECT DISTINCT package FROM component_key WHERE key = ? AND NOT package LIKE 'pkg:%'",
        (NO_KEY,),
    )
    return {package for (package,) in (*rows.fetchall(), *unkeyed.fetchall())}


def held_packages(database: Database, packages: Collection[str]) -> set[str]:
    """Return those of some packages (`scheme:name`) that the stock holds, in whichever version."""
    asked = "SELECT DISTINCT package FROM component_key WHERE package IN (?)"
    return {package for (package,) in database.rows_in(asked, sorted(packages))}


def named(database: Database, packages: Collection[str]) -> set[int]:
    """Return the components of packages (`scheme:name`), or of purls, of every version."""
    asked = "SELECT component FROM component_key WHERE package IN (?)"
    return {number for (number,) in database.rows_in(asked, sorted(packages))}


def about(database: Database) -> dict[str, str]:
    """Return what is noted of the last re-match."""
    return dict(database.execute("SELECT name, value FROM rematch").fetchall())


def write_about(database: Database, values: dict[str, str]) -> None:
    """Note it."""
    database.executemany(
        "INSERT INTO rematch VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        values.items(),
    )


def _keyed(database: Database) -> tuple[int, str]:
    noted = about(database)
    return int(noted.get("keyed", "0")), noted.get("code", "")


def _lookups(component: Component) -> set[Lookup]:
    """Return every lookup of a component, whichever of its releases the set should cover."""
    lookups = set(keys_of(component))
    if component.distro:
        for release in judges(component.distro):
            lookups.update(keys_of(component, None, {release: 1}))
    return lookups


def _united(ranges: Iterable[Range]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield ranges of which none touches another; each package's components without a key too."""
    package, lo, hi = "", b"", b""
    for each in sorted(set(ranges)):
        if each.package != package:
            if package:
                yield package, lo, hi
            package, lo, hi = each.package, each.lo, each.hi
            yield package, NO_KEY, NO_KEY + b"\0"
        elif each.lo <= hi:
            hi = max(hi, each.hi)
        else:
            yield package, lo, hi
            lo, hi = each.lo, each.hi
    if package:
        yield package, lo, hi


def _code() -> str:
    """Return a digest of the code that decides the keys: other code, other keys."""
    from importlib.util import find_spec

    import match.versions

    folders = sorted(match.versions.__path__)
    paths = [os.path.join(f, n) for f in folders for n in sorted(os.listdir(f)) if n[-3:] == ".py"]
    specs = (find_spec(name) for name in DECIDING)
    paths += [spec.origin for spec in specs if spec and spec.origin]
    whole = sha256()
    for path in paths:
        with open(path, "rb") as source:
            whole.update(source.read() + b"\0")
    return whole.hexdigest()
