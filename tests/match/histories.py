"""Random histories of an advisory set: imports one after another, and all that can be asked of it."""

from hypothesis import strategies as st
from msgspec import json
from small_sets import advisory, debian, language, ranges, sbom_of, source

from match.explain import explain
from match.model import Exploited, Likelihood, Severity
from match.resolve import resolve
from match.set.ledger import open_ledger
from sbom.model import Component, Problem

FEEDS = {Exploited: "kev", Likelihood: "epss"}
IDS = ["CVE-2024-1", "CVE-2024-2", "GHSA-a", "GHSA-b", "GO-1", "DSA-1"]
SBOM = sbom_of(
    "pkg:pypi/lib@1.0",
    "pkg:pypi/other@1.5",
    "pkg:pypi/lib@nonsense",
    "pkg:deb/debian/src@1.0-1",
    Component(
        purl="pkg:pypi/owned@1.0", name="owned", version="1.0", maker="pkg:deb/debian/src@1.0-1"
    ),
    distro=debian(),
)


def day(number):
    """The time of learning of step `number`."""
    return f"2026-01-{number + 1:02}T12:00:00Z"


def answers(advisories):
    """The bytes of all that can be asked."""
    whole = resolve(SBOM, advisories, everything=True)
    traces = [explain(SBOM, advisories, id_) for id_ in IDS]
    return json.encode([whole, traces, advisories.areas().releases])


AFFECTED = st.builds(
    lambda make, name, fixed: make(name, intervals=ranges((None, fixed))),
    st.sampled_from([language, source]),
    st.sampled_from(["lib", "other", "owned", "src", "far"]),
    st.sampled_from(["0.5", "1.2", "2.0"]),
)
ADVISORY = st.builds(
    lambda id_, feed, affected, aliases, names, withdrawn, score: advisory(
        id_,
        *affected,
        feed=feed,
        aliases=tuple(aliases) if not names else (),
        names=tuple(names),
        withdrawn=withdrawn,
        severities=(Severity(source=feed, score=score, version="3.1"),),
    ),
    st.sampled_from(IDS),
    st.sampled_from(["one", "two"]),
    st.lists(AFFECTED, max_size=2),
    st.lists(st.sampled_from(IDS), max_size=2, unique=True),
    st.lists(st.sampled_from(IDS[:2]), max_size=2, unique=True),
    st.sampled_from(["", "", "", "2025-01-01T00:00:00Z"]),
    st.sampled_from([5.0, 9.8]),
)
KNOWN = st.one_of(
    st.builds(Exploited, id=st.sampled_from(IDS[:2]), added=st.just("2025-05-05")),
    st.builds(
        Likelihood,
        id=st.sampled_from(IDS[:2]),
        probability=st.sampled_from([0.1, 0.9]),
        percentile=st.just(0.5),
        date=st.just("2025-05-05"),
    ),
)
STEP = st.tuples(
    st.lists(st.one_of(ADVISORY, KNOWN), max_size=4),
    st.booleans(),
    st.lists(st.sampled_from(["bad", "worse"]), max_size=2),
)


def take(path, learned, records, *, whole=False, problems=()):
    """One import of records, as a whole snapshot or loose."""
    with open_ledger(path, learned) as ledger:
        ledger.begin("snapshot")
        feeds = set()
        for record in records:
            feed = getattr(record, "feed", "") or FEEDS[type(record)]
            ledger.add(record, feed, "snapshot")
            feeds.add(feed)
        for what in problems:
            ledger.problem(Problem(source="one", where="x", what=what, effect="record_lost"))
        for feed in feeds:
            ledger.confirm(feed, "snapshot")
        for feed in feeds if whole else ():
            ledger.whole(feed, "snapshot")
        ledger.finish()
