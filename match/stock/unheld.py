"""Which changed records cannot bear on the stock, so that nothing has to be laid out for them.

Such a record is about packages that no SBOM holds, and stands alone: no other record has or names
one of its ids, so that it says nothing of a vulnerability that another one finds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from match.changes.fields import RecordChange, package_of
from match.model import Advisory
from match.stock.keys import held_packages
from match.stock.narrow import Speaker
from sbom.database import Database

Name = tuple[str, str]
"""The feed and the id of a record."""


def of_nobody(database: Database, changes: Iterable[RecordChange]) -> dict[Name, list[Advisory]]:
    """Return the changed records about packages that no SBOM holds, with all their versions.

    Args:
        database: the store of the SBOMs, open; its keys are fresh (`match.stock.keys`).
        changes: records with both versions.
    """
    versions: defaultdict[Name, list[object]] = defaultdict(list)
    for change in changes:
        both = (change.before, change.after)
        versions[change.feed, str(change.id)] += [v for v in both if v is not None]
    about = {p for records in versions.values() for p in _packages(records)}
    held = held_packages(database, about)
    return {
        name: [v for v in records if isinstance(v, Advisory)]
        for name, records in versions.items()
        if held.isdisjoint(_packages(records)) and all(isinstance(v, Advisory) for v in records)
    }


def ids_of(records: Iterable[Advisory]) -> frozenset[str]:
    """Return every id that versions of a record have or name."""
    return frozenset(str(i) for r in records for i in (r.id, *r.aliases, *r.names))


def standing_alone(
    candidates: dict[Name, list[Advisory]], speakers: Sequence[Speaker]
) -> frozenset[str]:
    """Return the ids of the records that no other record speaks of.

    speakers: all records that have or name one of the candidates' ids, in either state. A version
        that is none of the candidate's own counts as another record.
    """
    by: defaultdict[str, set[tuple[Name, int]]] = defaultdict(set)
    for id_, feed, own, rid in speakers:
        by[id_].add(((feed, own), rid))
    found: set[str] = set()
    for name, versions in candidates.items():
        ids = ids_of(versions)
        spoken = {each for id_ in ids for each in by[id_]}
        if len(spoken) == len(versions) and all(who == name for who, _ in spoken):
            found |= ids
    return frozenset(found)


def _packages(records: Iterable[object]) -> Iterator[str]:
    return (package_of(a) for r in records if isinstance(r, Advisory) for a in r.affected)
