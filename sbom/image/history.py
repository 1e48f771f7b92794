"""Since when each package is there, and what each layer did to it.

A package is itself while type, namespace, name, version and architecture stay, at its place: for a
distribution's package that is the image, wherever the database lies and however often it is
rewritten; for any other it is the path. It is there since the layer from which on it never left.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from sbom.distro import DISTRIBUTION_TYPES
from sbom.image.filesystem import Step
from sbom.image.layers import FileContent
from sbom.model import Found

Identity = tuple[bytes, str, str, str, str, str, str]
"""Place, place inside an archive, type, namespace, name, architecture, version."""


class Seen(Struct, frozen=True, gc=False):
    """A package in a file."""

    found: Found
    path: bytes


class Event(Struct, frozen=True, gc=False):
    """What a layer did to a package at a place."""

    event: Literal["introduced", "upgraded", "removed"]
    layer: int
    seen: Seen
    replaces: Found | None = None


def identity(found: Found, path: bytes) -> Identity:
    """Return what makes a package the same one in two layers."""
    place, inside = (b"", "") if found.type in DISTRIBUTION_TYPES else (path, found.inside)
    return (place, inside, found.type, found.namespace, found.name, found.arch, found.version)


def presence(steps: Sequence[Step]) -> tuple[dict[Identity, int], list[Event]]:
    """Return the layer since which each package is there, and the events, lowest layer first."""
    there: Counter[Identity] = Counter()
    since: dict[Identity, int] = {}
    events: list[Event] = []
    for layer, step in enumerate(steps):
        gone, come = dict(_packages(step.gone)), dict(_packages(step.come))
        before = {key for key in (*gone, *come) if there[key]}
        there.subtract(key for key, _ in _packages(step.gone))
        there.update(key for key, _ in _packages(step.come))
        after = {key for key in (*gone, *come) if there[key] > 0}
        left, new = sorted(before - after), sorted(after - before)
        for key in left:
            del since[key]
        since.update(dict.fromkeys(new, layer))
        events += _events(layer, [gone[key] for key in left], [come[key] for key in new])
    return since, events


def _packages(contents: Iterable[FileContent]) -> Iterator[tuple[Identity, Seen]]:
    for content in contents:
        for found in content.found:
            yield identity(found, content.path), Seen(found, content.path)


def _events(layer: int, left: list[Seen], new: list[Seen]) -> Iterator[Event]:
    """Yield a layer's events; a package that left as another version came was upgraded."""
    leaving: dict[tuple[str, ...], list[Seen]] = {}
    for seen in left:
        leaving.setdefault(_package(seen.found), []).append(seen)
    for seen in new:
        # A name that was only ever in a lock file was never in the image.
        if seen.found.scope == "optional":
            continue
        old = _replaced(seen, leaving.get(_package(seen.found), []))
        if old is None:
            yield Event("introduced", layer, seen)
        else:
            leaving[_package(seen.found)].remove(old)
            yield Event("upgraded", layer, seen, old.found)
    for group in leaving.values():
        for seen in group:
            if seen.found.scope != "optional":
                yield Event("removed", layer, seen)


def _package(found: Found) -> tuple[str, ...]:
    return (found.type, found.namespace, found.name, found.arch)


def _replaced(seen: Seen, candidates: Sequence[Seen]) -> Seen | None:
    """Return the one that was at the same path, else the first; it must be another version."""
    others = [old for old in candidates if old.found.version != seen.found.version]
    same_path = (old for old in others if old.path == seen.path)
    return next(same_path, None) or next(iter(others), None)
