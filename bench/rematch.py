"""P7, P8: a stock of SBOMs matched in full, and again after advisories changed.

Usage: rematch.py SHARED/feeds WORK [SBOMS [CHANGED]], 10,000 and 1,000 if left out. Packages and
versions of the stock are those that the advisories of the shared OSV zips name, and 40,000 that
none names. The set holds as many renamed copies of these advisories as make it as large as a real
one: on packages that nobody in the stock has, as most are. P8 is told twice: for changes among all
records, as an update brings them, and for as many among those that are about the stock. Everything
is seeded. The store is made in WORK once. Times are of one process, which collects garbage as
rarely as the program does, by the clock and of processor; the latter counts, as other processes do
not bear on it. P8 is the median of several deltas, each of other records.
"""

import gc
import random
import resource
import statistics
import sys
import time
from pathlib import Path

import stock
from msgspec.structs import replace

from lading.main import COLLECT_EVERY
from match.model import Advisory, Interval
from match.set.importer import import_path
from match.set.keeping import decode
from match.set.ledger import open_ledger
from match.set.opening import opened
from match.set.states import states
from match.stock.keys import refresh
from match.stock.rematch import rematch
from match.stock.sought import seek
from match.stock.whole import match_all
from sbom.store import keep_all, kept

LEARNED = "2026-11-10T{:02}:{:02}:00Z"
AT = "2026-11-28T00:00:00Z"
RECORDS, COPY = 200_000, "-copy-"
TYPES = {"pep440": "pypi", "golang": "golang", "cargo": "cargo", "composer": "composer"}
RATIO, FULL, LIST = 20, 5.0, 3.0
DELTAS = 5


def packages(db):
    """(type, namespace, name, versions): those of the set and made up ones, in seeded order."""
    chance = random.Random(8)
    named = {}
    with opened(str(db)) as connection:
        rows = connection.execute("SELECT doc FROM document")
        for record in (decode(doc) for (doc,) in rows):
            for a in record.affected if isinstance(record, Advisory) else ():
                if a.scheme in TYPES and ":" not in a.name:
                    of = named.setdefault((TYPES[a.scheme], a.name), set())
                    of.update(v for i in a.intervals for v in (i.introduced, i.fixed) if v)
                    of.update(a.versions[:5])
    known = []
    for (type_, name), versions in sorted(named.items()):
        space, _, last = name.rpartition("/")
        more = {f"{n}.{chance.randrange(9)}.0" for n in range(stock.VERSIONS)}
        known.append((type_, space, last, sorted((versions | more) - {"0"})[: stock.VERSIONS]))
    known += stock.made_up(1)
    chance.shuffle(known)
    return known


def make(feeds, db, count):
    """The set and the stock, where they are not there yet."""
    for number, name in enumerate(("Go", "PyPI", "crates.io", "Packagist"), 1):
        import_path(str(feeds / "osv" / name), str(db), learned=learned(number))
    known = packages(db)
    keep_all(str(db), stock.sboms(count, packages=known), stock.KEPT_AT)
    originals = current(db)
    with open_ledger(str(db), learned(5)) as ledger:
        for number in range(RECORDS - len(originals)):
            feed, part, record = originals[number % len(originals)]
            ledger.add(renamed(record, f"{COPY}{number // len(originals)}"), feed, part)
        ledger.finish()


def learned(number):
    """When the set's state of this number was learned."""
    return LEARNED.format(number // 60, number % 60)


def renamed(record, suffix):
    """The record under another id, about packages of other names."""
    affected = tuple(replace(a, name=a.name + suffix) for a in record.affected)
    aliases, names = (tuple(i + suffix for i in ids) for ids in (record.aliases, record.names))
    id_ = record.id + suffix
    return replace(record, id=id_, aliases=aliases, names=names, related=(), affected=affected)


def current(db):
    """(feed, part, record) of every advisory that names a package."""
    with opened(str(db)) as connection:
        rows = connection.execute(
            "SELECT r.feed, r.part, d.doc FROM record r JOIN document d"
            " ON d.rid = r.rid WHERE r.until IS NULL ORDER BY r.rid"
        )
        records = [(feed, part, decode(doc)) for feed, part, doc in rows]
    return [each for each in records if isinstance(each[2], Advisory) and each[2].affected]


def change(db, records, count):
    """Change some advisories as their publishers do: another range, a withdrawal, a new record."""
    day = len(states(str(db))) + 1
    chance = random.Random(day)
    with open_ledger(str(db), learned(day)) as ledger:
        for feed, part, record in chance.sample(records, count):
            ledger.add(edited(record, chance, day), feed, part)
        ledger.finish()


def edited(record, chance, day):
    """The record as its publisher might have it later."""
    first = record.affected[0]
    way = chance.randrange(3)
    if way == 0:
        return replace(record, withdrawn=learned(day))
    if way == 1:
        fixed = chance.choice([i.fixed for i in first.intervals] or [None])
        changed = replace(first, intervals=(Interval(fixed=fixed),), versions=())
        return replace(record, affected=(changed, *record.affected[1:]))
    return replace(record, id=f"{record.id}-{day}", aliases=())


def timed(title, work):
    """Seconds of processor that some work takes, and what it gives."""
    clock, start = time.perf_counter(), time.process_time()
    result = work()
    clock, seconds = time.perf_counter() - clock, time.process_time() - start
    print(f"{title:56} {clock:9.3f} s, {seconds:.3f} s of processor", flush=True)
    return seconds, result


def main(feeds, work, count="10000", changed="1000"):
    gc.set_threshold(COLLECT_EVERY)
    db = Path(work) / f"stock-{count}.db"
    if not db.exists():
        timed("set and stock made", lambda: make(Path(feeds), db, int(count)))
    url = str(db)
    timed("keys of new components", lambda: refresh(url))
    timed("re-match that begins", lambda: rematch(url, url, AT, ["bench"]))
    full, matched = timed("P7: full match", lambda: match_all(url, url))
    held = sum(len(holders) for _, holders in matched.found)
    print(f"{len(matched.found):,} distinct findings, {held:,} of {len(matched.images):,} SBOMs")
    some = f"{stock_name(kept(url))}*"
    listing, listed = timed(
        "P7: SBOMs matched and listed", lambda: list(match_all(url, url, some).by_image())
    )
    print(f"{len(listed):,} SBOMs with {sum(len(each.findings) for each in listed):,} findings")
    most = max(matched.found, key=lambda pair: len(pair[1]))[0]
    _, found = timed(f"find {most.id}", lambda: seek(url, url, most.id))
    records = current(db)
    gc.freeze()  # A re-match has not all records in memory: what is here is the benchmark's own.
    ours = [each for each in records if COPY not in each[2].id]
    deltas = [p8(db, among, int(changed)) for among in (records, ours)]
    timed("the same again", lambda: rematch(url, url, AT, ["bench"]))
    print(f"in {found.images:,} images; peak {peak():,.0f} MB")
    print(
        f"P7 {full:.2f} s (<= {FULL}); listed {listing:.2f} s (<= {LIST}, of 1,000 SBOMs);"
        f" P8 full / delta {', '.join(f'{full / delta:.1f}' for delta in deltas)} (>= {RATIO})"
    )


def p8(db, records, count):
    """Seconds of a re-match after changes among some records."""
    url, spent = str(db), []
    title = f"P8: {count:,} of {len(records):,} records changed"
    for _ in range(DELTAS):
        change(db, records, count)
        seconds, done = timed(title, lambda: rematch(url, url, AT, ["bench"]))
        print(f"{done.found:,} transitions")
        spent.append(seconds)
    return statistics.median(spent)


def stock_name(entries):
    """The beginning of the names of about a thousand images."""
    return "stock.example/app-" if len(entries) <= 1000 else "stock.example/app-1" + "?" * 2 + ":"


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
