"""Stores with a stock of SBOMs and an advisory set of several states."""

from msgspec import json
from msgspec.structs import replace
from small_sets import ranges, sbom_of

from match.model import Exploited, Likelihood, Severity
from match.set.ledger import open_ledger
from match.stock.delta import differ
from match.stock.keys import refresh
from sbom.store import keep_all, open_store

FEEDS = {Exploited: "kev", Likelihood: "epss"}


def day(number):
    """The time of learning of step `number`."""
    return f"2026-01-{number + 1:02}T12:00:00Z"


def take(path, learned, records, *, whole=False):
    """One import of records, as a whole snapshot or loose."""
    with open_ledger(path, learned) as ledger:
        ledger.begin("snapshot")
        feeds = set()
        for record in records:
            feed = getattr(record, "feed", None) or FEEDS[type(record)]
            ledger.add(record, feed, "snapshot")
            feeds.add(feed)
        for feed in feeds if whole else ():
            ledger.whole(feed, "snapshot")
        ledger.finish()


def stocked(path, sboms, distros=(None,)):
    """Keep SBOMs, each once for every distribution; return them by number."""
    kept = [
        (sbom_of(*sbom.components, distro=distro), b"%d %d" % (i, j))
        for i, sbom in enumerate(sboms)
        for j, distro in enumerate(distros)
    ]
    keep_all(path, kept, day(0))
    refresh(path)
    return dict(enumerate((sbom for sbom, _ in kept), 1))


def of_delta(path, numbers, before, after):
    """What the delta says of each SBOM."""
    with open_store(path, write=False) as database:
        found = differ(database, path, before, after)
    return {n: [json.encode(h.told) for h in found if n in h.holders] for n in numbers}


def edited(chance, record):
    """The record as its publisher might have it later."""
    first, *rest = record.affected
    return chance.choice(
        [
            replace(record, withdrawn="2026-01-01T00:00:00Z"),
            replace(record, affected=(replace(first, intervals=ranges((None, "0.1.1"))), *rest)),
            replace(record, affected=(replace(first, intervals=ranges((None, None))), *rest)),
            replace(record, aliases=(*record.aliases, "CVE-2026-99999")),
            replace(record, severities=(Severity(source="x", score=9.9, version="3.1"),)),
            replace(record, summary="other words"),
        ]
    )
