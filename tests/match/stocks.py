"""Stores with a stock of SBOMs and an advisory set of several states."""

from match.model import Exploited, Likelihood
from match.set.ledger import open_ledger

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
