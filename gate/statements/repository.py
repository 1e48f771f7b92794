"""A folder of VEX documents with an index by package (VEX Repository Specification 0.1).

`index.json` names, for each package by its purl without version, the file that speaks of it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gate.statements.foreign import mapping, sequence, stripped
from gate.statements.products import comparable, purl_of
from sbom.errors import InputError
from sbom.model import Problem
from sbom.purl import InvalidPurl

INDEX = "index.json"
Package = tuple[str, str, str]
"""Type, namespace and name of a purl."""


def is_index(document: Any) -> bool:
    """Tell whether the `index.json` of a folder is that of a repository."""
    return isinstance(document, dict) and isinstance(document.get("packages"), list)


def decoded(data: bytes, name: str) -> Any:
    """Decode an `index.json`; raise InputError where it is no JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"{name}: not JSON ({error})", "fetch it again") from None


def packages_of(purls: Iterable[str]) -> frozenset[Package]:
    """Return the packages that purls are of, in the form in which they are compared."""
    found = (purl_of(purl) for purl in purls)
    return frozenset((p.type, p.namespace, p.name) for p in found if p is not None)


def located(index: Any, name: str, wanted: frozenset[Package] | None) -> Iterator[str | Problem]:
    """Yield the location of each wanted package's document, each once; None wants every package.

    A location that leads out of the folder is a problem, and so is an id that is no purl.
    """
    seen = set()
    for number, entry in enumerate(map(mapping, sequence(index["packages"]))):
        place = f"{name}: packages[{number}]"
        try:
            parts = comparable(stripped(entry.get("id")))
        except InvalidPurl as error:
            yield _problem(place, f"its id is no purl: {error}")
            continue
        if wanted is not None and (parts.type, parts.namespace, parts.name) not in wanted:
            continue
        location = stripped(entry.get("location"))
        if not _inside(location):
            yield _problem(place, f"its location {location[:100]!r} is no path in the repository")
        elif location not in seen:
            seen.add(location)
            yield location


def _inside(location: str) -> bool:
    parts = location.split("/")
    return (
        bool(location)
        and "\\" not in location
        and "\0" not in location
        and not ({"", ".", ".."} & set(parts))
    )


def _problem(place: str, what: str) -> Problem:
    return Problem(source="vex-repository", where=place, what=what, effect="record_lost")
