"""House advisories to test with, made by the functions that the commands use."""

from match.house import lifecycle
from match.house.draft import Said, write
from match.house.lifecycle import Change

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
COMMIT = "https://example.com/lib/commit/2c09e68ec911919360d5f8502cefc312f9e03c5d"


def at(day, why="for the test", who="Jo"):
    """A change at the beginning of a day of 2026, as `11-02`."""
    return Change(who=who, at=f"2026-{day}T00:00:00Z", why=why)


def said(**more):
    """What a finder states of `lib` before 2.0."""
    stated = {
        "summary": "It breaks out",
        "details": "A crafted name.",
        "packages": ("pkg:pypi/lib",),
        "ranges": ("<2.0",),
        "vectors": (VECTOR,),
        "fixes": (COMMIT,),
    }
    return write(Said(**(stated | more)))


def drafted(id_="LDG-2026-0001", day="11-01", embargo="", **more):
    """An entry that states something."""
    return lifecycle.draft(lifecycle.reserve(id_, at(day)), said(**more), embargo, at(day))


def published(id_="LDG-2026-0001", day="11-01", **more):
    """An entry that is public."""
    return lifecycle.publish(drafted(id_, day, **more), at(day))


def kept(book, *entries):
    """Keep versions in an open book."""
    for entry in entries:
        book.append(entry)
