"""The advisory set as matching reads it (edge): SQLite, opened read-only and mapped.

What is asked is answered by few statements over lists of what is wanted, so that the cost follows
the SBOM and not the set (docs/decisions/0005-advisory-store.md).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct, json, msgpack
from msgspec.structs import replace

from match.ecosystems import Lookup, Names
from match.judge import Claim
from match.model import FeedState, Reach, SetState, Severity, Vulnerability
from match.set.keeping import Record, decode
from match.set.opening import opened
from sbom.model import Problem

WANTED_KEY = "CREATE TEMP TABLE wanted_key (slot INTEGER, pid INTEGER, key BLOB)"
SETTINGS = "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=2147483648;"

ENCODE = json.Encoder().encode
SHOWN_PROBLEMS = 10
"""So many problems of a feed's import are shown with each match; the rest are counted."""

CLAIM = msgpack.Decoder(Claim)
RATINGS = msgpack.Decoder(tuple[Severity, ...])
CARD = msgpack.Decoder(Vulnerability)


class Areas(Struct, frozen=True, gc=False):
    """What a set speaks for: releases (`debian:12`) with how many packages it names, ecosystems.

    A release with none is one that feeds of single findings alone name, like the house's own.
    """

    releases: dict[str, int]
    ecosystems: frozenset[str]


class Package(Struct, frozen=True, gc=False):
    """A package of the set that a lookup leads to."""

    slot: int
    pid: int
    release: str
    product: str
    stream: str | None


Hit = tuple[int, int, int, int, int]
"""slot, pid, cid, place, how: a version's key lies in a range (schemas/store.sql, `affected`)."""


class Spoken(Struct, frozen=True, gc=False):
    """A claim with the record that makes it, and the groups (gid) the record speaks of.

    severities: the record's ratings, where it is no member of the groups it speaks of (rule 6).
    published: when the record was, as it says itself.
    """

    advisory: str
    feed: str
    dated: str
    severities: tuple[Severity, ...]
    claim: Claim
    groups: tuple[int, ...]
    published: str = ""


class Kept(Struct, frozen=True, gc=False):
    """A current record, and when it was learned."""

    rid: int
    feed: str
    learned: str
    record: Record


class AdvisorySet:
    """All that matching asks of the set. Use it inside `open_set` or `match.set.importer.load`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        connection.executescript(SETTINGS + WANTED_KEY)
        self._about = dict(connection.execute("SELECT name, value FROM about_set"))

    @property
    def state(self) -> SetState:
        """The set's content digest, its date, and its feeds."""
        rows = self._db.execute("SELECT name, records, as_of, learned FROM feed ORDER BY name")
        feeds = tuple(FeedState(name=n, records=r, as_of=a, learned=e) for n, r, a, e in rows)
        return SetState(digest=self._about["digest"], as_of=self._about["as_of"], feeds=feeds)

    @property
    def unmatchable(self) -> int:
        """How many ranges of the set no version can be held against (GIT)."""
        return int(self._about["unmatchable"])

    def reach(self) -> Reach | None:
        """Return how much of what was published lately the set can match; None: not known."""
        text = self._about.get("reach")
        return json.decode(text, type=Reach) if text else None

    def areas(self) -> Areas:
        """Return what the set speaks for."""
        rows = self._db.execute("SELECT name, release, packages FROM area").fetchall()
        releases = {release: packages for _, release, packages in rows if release}
        return Areas(releases, frozenset(name for name, release, _ in rows if not release))

    def problems(self) -> tuple[Problem, ...]:
        """Return what the feeds' last imports could not read; many of one feed are counted."""
        rows = self._db.execute("SELECT feed, place, what, effect FROM problem ORDER BY 1, 2, 3, 4")
        by_feed: dict[str, list[Problem]] = {}
        for feed, place, what, effect in rows:
            problem = Problem(source=feed, where=place, what=what, effect=effect)
            by_feed.setdefault(feed, []).append(problem)
        found: list[Problem] = []
        for feed, problems in by_feed.items():
            found += problems[:SHOWN_PROBLEMS]
            if len(problems) > SHOWN_PROBLEMS:
                what = f"{len(problems) - SHOWN_PROBLEMS} further problems when it was imported"
                found.append(
                    Problem(source=feed, where="advisory set", what=what, effect="record_lost")
                )
        return tuple(found)

    def packages(self, lookups: Sequence[Lookup]) -> list[Package]:
        """Return the packages that lookups lead to; `slot` is the place of the lookup."""
        places: dict[tuple[str, str, Names, bool], list[tuple[int, str]]] = {}
        for slot, ((scheme, release, name, kind), _, _, whole) in enumerate(lookups):
            places.setdefault((scheme, release, kind, whole), []).append((slot, name))
        found: list[Package] = []
        for (scheme, release, kind, whole), wanted in places.items():
            of = "substr(p.release, 1, length(?3)) = ?3" if whole else "p.release = ?3"
            rows = self._db.execute(
                "SELECT j.key, p.pid, p.release, p.product, p.stream FROM json_each(?1) j"  # noqa: S608
                f" CROSS JOIN package p ON p.name = j.value AND p.scheme = ?2 AND {of}"
                " AND p.names = ?4",
                (
                    _json([name for _, name in wanted]),
                    scheme,
                    f"{release}:" if whole else release,
                    kind,
                ),
            )
            found += [
                Package(wanted[at][0], pid, of_release, product, stream)
                for at, pid, of_release, product, stream in rows
            ]
        return found

    def hits(self, keys: Iterable[tuple[int, int, bytes]]) -> list[Hit]:
        """Return the ranges that hold a version: the join of (slot, pid, key) with `affected`."""
        self._db.execute("DELETE FROM wanted_key")
        self._db.executemany("INSERT INTO wanted_key VALUES (?, ?, ?)", keys)
        rows = self._db.execute(
            "SELECT c.slot, c.pid, f.cid, f.place, f.how FROM wanted_key c CROSS JOIN affected f"
            " ON c.pid = f.pid AND f.hi > c.key AND f.lo <= c.key"
        )
        return rows.fetchall()

    def claims_on(self, pids: Iterable[int]) -> dict[int, list[int]]:
        """Return every claim on each package, whatever its ranges: pid to cids."""
        found: dict[int, list[int]] = {}
        for pid, cid in self._db.execute(
            "SELECT c.pid, c.cid FROM json_each(?) w CROSS JOIN claim c ON c.pid = w.value"
            " ORDER BY c.cid",
            _each(pids),
        ):
            found.setdefault(pid, []).append(cid)
        return found

    def claims(self, cids: Iterable[int]) -> dict[int, Spoken]:
        """Return the claims by cid, each with its record and the groups it speaks of."""
        found: dict[int, Spoken] = {}
        for cid, card, advisory, feed, dated, published, rated, gid in self._db.execute(
            "SELECT c.cid, c.card, r.id, r.feed, r.dated, r.published, r.ratings, m.gid"
            " FROM json_each(?) w CROSS JOIN claim c ON c.cid = w.value"
            " CROSS JOIN record r ON r.rid = c.rid"
            " CROSS JOIN speaks_of s ON s.rid = c.rid CROSS JOIN member m ON m.id = s.id",
            _each(cids),
        ):
            before = found.get(cid)
            if before is None:
                ratings = RATINGS.decode(rated) if rated else ()
                claim = CLAIM.decode(card)
                found[cid] = Spoken(advisory, feed, dated, ratings, claim, (gid,), published)
            elif gid not in before.groups:
                found[cid] = replace(before, groups=(*before.groups, gid))
        return found

    def vulnerabilities(self, gids: Iterable[int]) -> dict[int, Vulnerability]:
        """Return the vulnerabilities by gid."""
        rows = self._db.execute(
            "SELECT v.gid, v.card FROM json_each(?) w CROSS JOIN vulnerability v"
            " ON v.gid = w.value",
            _each(gids),
        )
        return {gid: CARD.decode(card) for gid, card in rows}

    def groups_of(self, id_: str) -> tuple[int, ...]:
        """Return the groups an id leads to: one, several for an id of several CVEs, or none.

        The id may be written in any letter case, and may be that of an advisory that names CVEs.
        """
        named = self._db.execute(
            "SELECT DISTINCT m.gid FROM record r JOIN speaks_of s ON s.rid = r.rid"
            " JOIN member m ON m.id = s.id WHERE r.id = ?1 AND r.until IS NULL"
            " UNION SELECT gid FROM member WHERE id = ?1 ORDER BY 1",
            (id_,),
        ).fetchall()
        return tuple(gid for (gid,) in named)

    def records_of(self, gids: Iterable[int]) -> tuple[Kept, ...]:
        """Return the current records that speak of a group or belong to it, ordered by id."""
        rows = self._db.execute(
            "SELECT r.rid, r.feed, r.learned, d.doc FROM record r JOIN document d ON d.rid = r.rid"
            " WHERE r.until IS NULL"
            " AND r.rid IN (SELECT s.rid FROM json_each(?1) w JOIN member m ON m.gid = w.value"
            "  JOIN speaks_of s ON s.id = m.id"
            "  UNION SELECT q.rid FROM json_each(?1) w JOIN member m ON m.gid = w.value"
            "  JOIN record q ON q.id = m.id)"
            " ORDER BY r.id, r.feed, r.digest",
            _each(gids),
        ).fetchall()
        return tuple(Kept(rid, feed, learned, decode(doc)) for rid, feed, learned, doc in rows)


@contextmanager
def open_set(url: str) -> Iterator[AdvisorySet]:
    """Open the advisory set of a store for reading.

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        yield AdvisorySet(connection)


def _each(numbers: Iterable[int]) -> tuple[str]:
    """Return the argument of a statement over `json_each`: each number once, in order."""
    return (_json(sorted(set(numbers))),)


def _json(values: list[str] | list[int]) -> str:
    return ENCODE(values).decode()
