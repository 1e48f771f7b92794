"""The advisory set as matching reads it (edge): SQLite, opened read-only and mapped.

What is asked is answered by few statements over lists of what is wanted, so that the cost follows
the SBOM and not the set (docs/decisions/0005-advisory-store.md).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct, json, msgpack
from msgspec.structs import force_setattr, replace

from match.ecosystems import Lookup, Names
from match.judge import Claim
from match.model import (
    Advisory,
    AdvisoryId,
    Exploited,
    FeedState,
    Likelihood,
    Reach,
    SetState,
    Severity,
    Vulnerability,
)
from match.set.opening import opened
from sbom.model import Problem

WANTED_KEY = "CREATE TEMP TABLE wanted_key (number INTEGER, pid INTEGER, key BLOB)"
SETTINGS = "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=2147483648;"

FEEDS = "SELECT name, records, as_of, learned, confirmed FROM feed ORDER BY name"
ENCODE = json.Encoder().encode
SHOWN_PROBLEMS = 10
"""So many problems of a feed's import are shown with each match; the rest are counted."""

CLAIM = msgpack.Decoder(Claim)
RATINGS = msgpack.Decoder(tuple[Severity, ...])
CARD = msgpack.Decoder(Vulnerability)


CARDS = """
SELECT v.gid, v.card, NULL, NULL, NULL FROM json_each(?) w
    CROSS JOIN vulnerability v ON v.gid = w.value
"""
CARDS_AND_LIKELIHOODS = """
SELECT v.gid, v.card, l.sheet, l.probability, l.percentile FROM json_each(?) w
    CROSS JOIN vulnerability v ON v.gid = w.value LEFT JOIN likelihood l ON l.id = v.id
"""


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


Hit = tuple[int, int, int, int]
"""number, cid, place, how: a version's key lies in a range (schemas/store.sql, `affected`)."""


class Spoken(Struct, frozen=True, gc=False):
    """A claim with the record that makes it, and the groups (gid) the record speaks of.

    severities: the record's ratings, where it is no member of the groups it speaks of (rule 6).
    published: when the record was, as it says itself.
    """

    advisory: AdvisoryId
    feed: str
    dated: str
    severities: tuple[Severity, ...]
    claim: Claim
    groups: tuple[int, ...]
    published: str = ""


class Kept(Struct, frozen=True, gc=False):
    """A current record, and when it was learned."""

    feed: str
    learned: str
    record: Advisory | Exploited | Likelihood


class AdvisorySet:
    """All that matching asks of the set. Use it inside `open_set` or `match.set.importer.load`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        connection.executescript(SETTINGS + WANTED_KEY)
        self._about = self._read_about()

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Read one state inside, whatever is imported meanwhile: a writer waits until the end."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            self._about = self._read_about()
            yield
        finally:
            self._db.execute("COMMIT")

    def _read_about(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT name, value FROM about_set"))

    @property
    def state(self) -> SetState:
        """The set's content digest, its date, and its feeds."""
        feeds = tuple(
            FeedState(name=name, records=records, as_of=as_of, learned=learned, confirmed=confirmed)
            for name, records, as_of, learned, confirmed in self._db.execute(FEEDS)
        )
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
        places: dict[tuple[str, str, Names, bool], tuple[list[int], list[str]]] = {}
        for slot, lookup in enumerate(lookups):
            key = lookup.key
            of_kind = (key.scheme, key.release, key.names, lookup.whole)
            slots, names = places.get(of_kind) or places.setdefault(of_kind, ([], []))
            slots.append(slot)
            names.append(key.name)
        found: list[Package] = []
        for (scheme, release, kind, whole), (slots, names) in places.items():
            of = "substr(p.release, 1, length(?3)) = ?3" if whole else "p.release = ?3"
            rows = self._db.execute(
                "SELECT j.key, p.pid, p.release, p.product, p.stream FROM json_each(?1) j"  # noqa: S608
                f" CROSS JOIN package p ON p.name = j.value AND p.scheme = ?2 AND {of}"
                " AND p.names = ?4",
                (_json(names), scheme, f"{release}:" if whole else release, kind),
            )
            found += [
                Package(slots[at], pid, of_release, product, stream)
                for at, pid, of_release, product, stream in rows
            ]
        return found

    def hits(self, keys: Iterable[tuple[int, int, bytes]]) -> list[Hit]:
        """Return the ranges that hold a version: the join of (number, pid, key) with `affected`."""
        # Written as one transaction, also within one: one each would cost half as much again.
        self._db.execute("SAVEPOINT wanted")
        self._db.execute("DELETE FROM wanted_key")
        self._db.executemany("INSERT INTO wanted_key VALUES (?, ?, ?)", keys)
        self._db.execute("RELEASE wanted")
        rows = self._db.execute(
            "SELECT c.number, f.cid, f.place, f.how FROM wanted_key c CROSS JOIN affected f"
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
        """Return the vulnerabilities by gid.

        A likelihood is a CVE's, and a group has one CVE at most, by which it goes. Of several the
        newest counts, then the highest.
        """
        dates = dict(self._db.execute("SELECT number, date FROM sheet"))
        found: dict[int, Vulnerability] = {}
        for gid, card, sheet, probability, percentile in self._db.execute(
            CARDS_AND_LIKELIHOODS if dates else CARDS, _each(gids)
        ):
            known = found[gid] if gid in found else CARD.decode(card)
            found[gid] = known
            if sheet is not None:
                likely = Likelihood(
                    id=known.id, probability=probability, percentile=percentile, date=dates[sheet]
                )
                if known.epss is None or _rank(likely) > _rank(known.epss):
                    # Nobody has the card yet, and a copy of it costs as much as decoding it.
                    force_setattr(known, "epss", likely)
        return found

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
        from match.set.keeping import decode, digest_of, encode
        from match.set.likelihoods import likelihood

        rows = self._db.execute(
            "SELECT r.digest, r.feed, r.learned, d.doc FROM record r"
            " JOIN document d ON d.rid = r.rid WHERE r.until IS NULL"
            " AND r.rid IN (SELECT s.rid FROM json_each(?1) w JOIN member m ON m.gid = w.value"
            "  JOIN speaks_of s ON s.id = m.id"
            "  UNION SELECT q.rid FROM json_each(?1) w JOIN member m ON m.gid = w.value"
            "  JOIN record q ON q.id = m.id)",
            _each(gids),
        ).fetchall()
        likely = self._db.execute(
            "SELECT DISTINCT s.feed, n.learned, l.id, l.probability, l.percentile, s.date"
            " FROM json_each(?) w JOIN member m ON m.gid = w.value JOIN likelihood l ON l.id = m.id"
            " JOIN sheet s ON s.number = l.sheet JOIN state n ON n.number = s.since",
            _each(gids),
        )
        found = {digest: Kept(feed, learned, decode(doc)) for digest, feed, learned, doc in rows}
        for feed, learned, *row in likely:
            record = likelihood(*row)
            found[digest_of(feed, encode(record))] = Kept(feed, learned, record)
        order = sorted((kept.record.id, kept.feed, digest) for digest, kept in found.items())
        return tuple(found[digest] for _, _, digest in order)


@contextmanager
def open_set(url: str) -> Iterator[AdvisorySet]:
    """Open the advisory set of a store for reading.

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        yield AdvisorySet(connection)


def _rank(likely: Likelihood) -> tuple[str, float, float]:
    return likely.date, likely.probability, likely.percentile


def _each(numbers: Iterable[int]) -> tuple[str]:
    """Return the argument of a statement over `json_each`: each number once, in order."""
    return (_json(sorted(set(numbers))),)


def _json(values: list[str] | list[int]) -> str:
    return ENCODE(values).decode()
