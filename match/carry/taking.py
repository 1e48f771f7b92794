"""The rows of a store's advisory set, from a state on (edge), in an order the set alone decides.

Numbers of a store (states, records, packages, claims) stay there: what is carried has its own.
"""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from match.carry.form import (
    AreaRow,
    Base,
    ClaimRow,
    Counts,
    EndedRow,
    FeedRow,
    MovedRow,
    OverRow,
    PackageRow,
    ProblemRow,
    RangeRow,
    RecordRow,
    Row,
    SheetEndRow,
    SheetRow,
    State,
)
from match.carry.lineage import Known
from match.set.confirming import parts_ahead
from match.set.keeping import digest_of, encode, plain
from match.set.likelihoods import likelihood, past_rows
from match.set.opening import run_script
from match.set.sheet import Row as Likely
from match.set.sheet import pack, unpack

CHOSEN = """
DROP TABLE IF EXISTS temp.carried_range;
DROP TABLE IF EXISTS temp.carried_package;
DROP TABLE IF EXISTS temp.carried_claim;
DROP TABLE IF EXISTS temp.carried;
CREATE TEMP TABLE carried (number INTEGER PRIMARY KEY, rid INTEGER NOT NULL);
CREATE TEMP TABLE carried_claim (
    number INTEGER PRIMARY KEY, record INTEGER NOT NULL, cid INTEGER NOT NULL UNIQUE,
    pid INTEGER NOT NULL
);
CREATE TEMP TABLE carried_package (
    number INTEGER PRIMARY KEY, pid INTEGER NOT NULL UNIQUE, first INTEGER NOT NULL
);
INSERT INTO carried (rid) SELECT rid FROM record WHERE since > :base AND feed <> :left
    ORDER BY since, feed, digest;
INSERT INTO carried_claim (record, cid, pid) SELECT number, cid, pid FROM (
    SELECT k.number, c.cid, c.pid FROM carried k CROSS JOIN claim c ON c.rid = k.rid
    UNION ALL
    SELECT k.number, c.cid, c.pid FROM carried k CROSS JOIN past_claim c ON c.rid = k.rid
) AS made ORDER BY number, cid;
INSERT INTO carried_package (pid, first) SELECT pid, first FROM (
    SELECT p.pid, p.name, p.scheme, p.release, p.product, p.stream, p.names, (
        SELECT CASE WHEN min(since) <= :base THEN 0 ELSE min(since) END FROM (
            SELECT r.since FROM claim c CROSS JOIN record r ON r.rid = c.rid
                WHERE c.pid = p.pid AND r.feed <> :left
            UNION ALL SELECT r.since FROM past_claim c CROSS JOIN record r ON r.rid = c.rid
                WHERE c.pid = p.pid AND r.feed <> :left
        ) AS spoken
    ) AS first
    FROM (SELECT DISTINCT pid FROM carried_claim) AS d CROSS JOIN package p ON p.pid = d.pid
) AS known ORDER BY first, name, scheme, release, product, stream, names;
CREATE TEMP TABLE carried_range AS
    SELECT n.number, f.hi, f.lo, f.place, f.how
    FROM (SELECT DISTINCT pid FROM carried_claim) AS d CROSS JOIN affected f ON f.pid = d.pid
        CROSS JOIN carried_claim n ON n.cid = f.cid
    UNION ALL SELECT n.number, f.hi, f.lo, f.place, f.how
    FROM (SELECT DISTINCT pid FROM carried_claim) AS d CROSS JOIN past_affected f ON f.pid = d.pid
        CROSS JOIN carried_claim n ON n.cid = f.cid;
"""
PACKAGES = """
SELECT k.first, p.name, p.scheme, p.release, p.product, p.stream, p.names
FROM carried_package k CROSS JOIN package p ON p.pid = k.pid ORDER BY k.number
"""
ENDED = """
SELECT feed, id, digest, until FROM record
WHERE since <= :base AND until > :base AND feed <> :left ORDER BY until, feed, id, digest
"""
MOVED = """
SELECT r.feed, r.id, r.digest, r.part FROM moved m CROSS JOIN record r ON r.rid = m.rid
WHERE m.state > :base AND r.since <= :base AND r.until IS NULL AND r.feed <> :left
ORDER BY r.feed, r.id, r.digest
"""
RECORDS = """
SELECT k.number, r.feed, r.part, r.learned, r.since, r.until, d.doc FROM carried k
CROSS JOIN record r ON r.rid = k.rid CROSS JOIN document d ON d.rid = k.rid ORDER BY k.number
"""
CLAIMS = """
SELECT n.record, n.number, p.number, coalesce(c.card, o.card) FROM carried_claim n
CROSS JOIN carried_package p ON p.pid = n.pid
LEFT JOIN claim c ON c.cid = n.cid LEFT JOIN past_claim o ON o.cid = n.cid ORDER BY n.number
"""
RANGES = "SELECT * FROM carried_range ORDER BY number, hi, lo, place, how"
CURRENT_OF = "likelihood l CROSS JOIN sheet s ON s.number = l.sheet"
PAST_OF = "past_likelihood p CROSS JOIN sheet s ON s.number = p.sheet"
SHEETS = f"""
SELECT * FROM (SELECT s.since, p.until, s.feed, s.part, s.date, s.number FROM {PAST_OF}
    WHERE s.since > :base AND s.feed <> :left
UNION ALL SELECT s.since, NULL, s.feed, s.part, s.date, s.number FROM sheet s
    WHERE s.since > :base AND s.feed <> :left AND s.number IN (SELECT sheet FROM likelihood)
) AS begun ORDER BY 1, 2 IS NULL, 2, 3, 4, 5
"""  # noqa: S608 (our own names)
SHEETS_ENDED = f"""
SELECT s.feed, s.date, n.learned, p.until, p.body FROM {PAST_OF}
CROSS JOIN state n ON n.number = s.since
WHERE s.since <= :base AND p.until > :base AND s.feed <> :left
ORDER BY s.feed, s.date, n.learned, p.until
"""  # noqa: S608 (our own names)
STANDING = f"""
SELECT l.id, l.probability, l.percentile FROM {CURRENT_OF} CROSS JOIN state n ON n.number = s.since
WHERE s.since <= ? AND s.feed = ? AND s.date = ? AND n.learned = ?
"""  # noqa: S608 (our own names)
SHEETS_MOVED = f"""
SELECT s.feed, s.part, l.id, l.probability, l.percentile, s.date FROM {CURRENT_OF}
WHERE s.moved > :base AND s.since <= :base AND s.feed <> :left
ORDER BY s.feed, l.id, s.date, l.probability, l.percentile
"""  # noqa: S608 (our own names)
FEED, AREA, PROBLEM = (
    "name, records, as_of, learned, confirmed, ahead, digest",
    "name, release, packages",
    ("feed, part, place, what, effect"),
)
BEGUN = """
SELECT {columns}, since, NULL FROM {table} WHERE since > :base AND {named} <> :left
UNION ALL SELECT {columns}, since, until FROM past_{table} WHERE since > :base AND {named} <> :left
ORDER BY since, {key}
"""
OVER = """
SELECT {key}, until FROM past_{table} WHERE since <= :base AND until > :base AND {named} <> :left
ORDER BY until, {key}
"""
ALWAYS = "'area'"
"""What stands for an area's feed: it has none."""
COUNTED = f"""
SELECT (SELECT count(*) FROM carried)
        + (SELECT count(*) FROM {CURRENT_OF} WHERE s.since > :base AND s.feed <> :left)
        + (SELECT coalesce(sum(p.number), 0) FROM {PAST_OF}
            WHERE s.since > :base AND s.feed <> :left),
    (SELECT count(*) FROM record WHERE since <= :base AND until > :base AND feed <> :left)
        + (SELECT coalesce(sum(p.number), 0) FROM {PAST_OF}
            WHERE s.since <= :base AND p.until > :base AND s.feed <> :left),
    (SELECT count(*) FROM carried_package), (SELECT count(*) FROM carried_claim),
    (SELECT count(*) FROM carried_range)
"""  # noqa: S608 (our own names)


class Taking:
    """What is carried of one store, chosen once; its connection stays the caller's.

    base: the state to start from, none for the whole history.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        known: tuple[Known, ...],
        base: Known | None,
        left: str,
    ) -> None:
        self._db = db
        self._values = {"base": base.own.number if base else 0, "left": left}
        self._after = tuple(k for k in known if k.own.number > self._values["base"])  # type: ignore[operator]
        self._steps = {k.own.number: step for step, k in enumerate(self._after, 1)}
        self.base = (
            Base(lineage=base.lineage, digest=base.digest, dated=base.dated) if base else None
        )
        run_script(db, CHOSEN, self._values)
        self.counts = Counts(*db.execute(COUNTED, self._values).fetchone())

    def states(self) -> tuple[State, ...]:
        """Return the states after the base, oldest first."""
        return tuple(
            State(
                lineage=known.lineage,
                digest=known.digest,
                learned=known.own.learned,
                as_of=known.as_of,
                unmatchable=known.unmatchable,
            )
            for known in self._after
        )

    def rows(self) -> Iterator[Row]:
        """Yield all rows: packages, what ended, what is said of the set, records."""
        for first, *row in self._ask(PACKAGES):
            yield PackageRow(self._steps[first] if first else 0, *row)
        for *row, until in self._ask(ENDED):
            yield EndedRow(*row, self._steps[until])  # type: ignore[call-arg]
        yield from self._sheets_ended()
        for row in self._moved():
            yield MovedRow(*row)
        yield from self._over("feed", "name", "name")
        for name, until in self._ask(OVER.format(table="area", key="name", named=ALWAYS)):
            if step := self._near(until):
                yield OverRow("area", (name,), step)
        yield from self._over("problem", PROBLEM, "feed")
        for *row, ahead, digest, since, until in self._begun("feed", FEED, "name", "name"):
            parts = tuple(sorted(parts_ahead(ahead).items()))
            yield FeedRow(*row, parts, digest, *self._time(since, until))  # type: ignore[call-arg]
        yield from self._areas()
        for *row, since, until in self._begun("problem", PROBLEM, PROBLEM, "feed"):
            yield ProblemRow(*row, *self._time(since, until))  # type: ignore[call-arg]
        yield from self._sheets()
        yield from self._records()

    def _sheets(self) -> Iterator[SheetRow]:
        """Yield the likelihoods that begin, a sheet at a time."""
        for since, until, feed, part, date, number in self._ask(SHEETS):
            body = self._body(number, until)
            yield SheetRow(feed, part, date, *self._time(since, until), body)

    def _body(self, sheet: int, until: int | None) -> bytes:
        """Return the likelihoods of a sheet that a state ended, or that are current."""
        if until is None:
            ask = "SELECT id, probability, percentile FROM likelihood WHERE sheet = ?"
            return pack(self._db.execute(ask, (sheet,)))
        ask = "SELECT body FROM past_likelihood WHERE sheet = ? AND until = ?"
        return past_rows(self._db.execute(ask, (sheet, until)).fetchone()[0])

    def _sheets_ended(self) -> Iterator[SheetEndRow]:
        """Yield the likelihoods of before that ended, day by day, or those of the day that did not.

        A day that was learned is mostly followed by a whole other one: few are left of it.
        """
        for key, group in groupby(self._ask(SHEETS_ENDED), key=itemgetter(0, 1, 2)):
            ended: dict[int, list[Likely]] = {}
            for *_, until, body in group:
                ended.setdefault(until, []).extend(unpack(past_rows(body)))
            stay = self._db.execute(STANDING, (self._values["base"], *key)).fetchall()
            found: list[SheetEndRow] = []
            for until, rows in sorted(ended.items(), reverse=True):
                others = len(stay) < len(rows)
                body = pack(stay if others else rows)
                feed, date, learned = key
                row = SheetEndRow(feed, date, learned, self._steps[until], others, body)
                found.append(row)
                stay += rows
            yield from reversed(found)

    def _areas(self) -> Iterator[AreaRow]:
        """Yield areas, but for the releases that perhaps the house's own advisories alone name."""
        for name, release, packages, since, until in self._begun("area", AREA, "name", ALWAYS):
            begin, end = self._near(since), self._near(until)
            alone = release and not packages and self._values["left"]
            if begin and begin != end and not alone:
                yield AreaRow(name, release, packages, begin, end)

    def _records(self) -> Iterator[Row]:
        """Yield the records with claims and their ranges: three questions side by side."""
        ranges = _Beside(self._ask(RANGES))
        claims = _Beside(self._ask(CLAIMS))
        for number, feed, part, learned, since, until, doc in self._ask(RECORDS):
            made = tuple(
                ClaimRow(package - 1, card, tuple(RangeRow(*row[1:]) for row in ranges.of(claim)))
                for _, claim, package, card in claims.of(number)
            )
            yield RecordRow(feed, part, learned, *self._time(since, until), plain(doc), made)

    def _moved(self) -> Iterator[tuple[str, str, bytes, str]]:
        there = "SELECT 1 FROM sqlite_master WHERE name = 'moved'"
        if self._db.execute(there).fetchone():
            yield from self._ask(MOVED)
        for feed, part, *row in self._ask(SHEETS_MOVED):
            record = likelihood(*row)
            yield feed, record.id, digest_of(feed, encode(record)), part

    def _over(self, table: str, key: str, named: str) -> Iterator[OverRow]:
        for *row, until in self._ask(OVER.format(table=table, key=key, named=named)):
            yield OverRow(table, tuple(row), self._steps[until])  # type: ignore[arg-type]

    def _begun(self, table: str, columns: str, key: str, named: str) -> Iterator[Any]:
        return self._ask(BEGUN.format(table=table, columns=columns, key=key, named=named))

    def _time(self, since: int, until: int | None) -> tuple[int, int | None]:
        return self._steps[since], None if until is None else self._steps[until]

    def _near(self, number: int | None) -> int | None:
        """Return the step of a state, or of the next that is carried; None where there is none.

        A state that the house's own advisories alone made may have ended an area: earlier versions
        counted what those name.
        """
        if number is None:
            return None
        return next((step for own, step in self._steps.items() if own >= number), None)

    def _ask(self, statement: str) -> Iterator[Any]:
        used = {name: value for name, value in self._values.items() if f":{name}" in statement}
        return self._db.execute(statement, used)


class _Beside:
    """Rows in the order of their first column, given number by number."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))
        self._next = next(self._groups, None)

    def of(self, number: int) -> list[Any]:
        """Return the rows of a number; numbers are asked for in order."""
        if self._next is None or self._next[0] != number:
            return []
        found = list(self._next[1])
        self._next = next(self._groups, None)
        return found
