"""What of a delta is left out because it cannot bear on the stock: nothing that would be told."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace
from small_sets import advisory, language, ranges, sbom_of
from stocks import day, edited, of_delta, stocked, take

from match.changes.against import compare
from match.changes.history import differing
from match.feeds import read, walk
from match.model import Advisory, Exploited
from match.set.opening import opened
from match.set.states import states
from match.stock.needed import needed
from sbom.store import open_store

HELD = sbom_of("pkg:pypi/lib@1.0", "pkg:pypi/other@1.0")
IDS = [f"CVE-2024-{n}" for n in range(4)] + [f"GHSA-{n}" for n in range(4)] + ["GO-1", "DSA-1"]
RECORD = st.builds(
    lambda id_, feed, packages, others, names, withdrawn: advisory(
        id_,
        *(language(name, intervals=ranges((None, fixed))) for name, fixed in packages),
        feed=feed,
        aliases=() if names else tuple(others),
        names=tuple(others) if names else (),
        withdrawn=withdrawn,
    ),
    st.sampled_from(IDS),
    st.sampled_from(["one", "two"]),
    st.lists(
        st.tuples(st.sampled_from(["lib", "far", "off", "off"]), st.sampled_from(["0.5", "2.0"])),
        max_size=2,
    ),
    st.lists(st.sampled_from(IDS), max_size=2, unique=True),
    st.booleans(),
    st.sampled_from(["", "", "2025-01-01T00:00:00Z"]),
)
EXPLOITED = st.builds(Exploited, id=st.sampled_from(IDS[:4]), added=st.just("2025-05-05"))
STEP = st.tuples(st.lists(st.one_of(RECORD, RECORD, RECORD, EXPLOITED), max_size=6), st.booleans())


def bearing(path, before, after):
    """The ids of the records that changed, and of those that can bear on the stock."""
    with opened(path) as connection, open_store(path, write=False) as database:
        rows = differing(connection, before, after)
        left = needed(database, connection, rows, before, after)
    return {row[2] for row in rows}, {row[2] for row in left}


def agree(path, sboms, before, after):
    """Hold the delta against every SBOM matched in both states; return what it tells."""
    found = of_delta(path, sboms, before, after)
    for number, sbom in sboms.items():
        whole = compare(sbom, path, before.digest, after.digest).transitions
        assert sorted(found[number]) == sorted(map(json.encode, whole))
    return found


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(STEP, min_size=2, max_size=4))
def test_records_about_what_nobody_holds_count_over_any_chain_of_ids(tmp_path_factory, steps):
    path = str(tmp_path_factory.mktemp("stock") / "store.db")
    sboms = stocked(path, [HELD])
    for number, (records, whole) in enumerate(steps):
        take(path, day(number), records, whole=whole)
    known = states(path)
    for before, after in {(known[0], known[-1]), (known[-2:][0], known[-1])}:
        agree(path, sboms, before, after)


def test_a_chain_of_records_reaches_the_stock_and_what_stands_apart_does_not(tmp_path):
    path = str(tmp_path / "store.db")
    sboms = stocked(path, [HELD])
    apart = advisory("GHSA-a", language("nowhere"), aliases=("CVE-2024-5",))
    pair = advisory("PYSEC-2", language("nowhere"), feed="two", aliases=("CVE-2024-5",))
    third = advisory("GHSA-b", language("nowhere"), aliases=("GHSA-c",))
    second = advisory("GHSA-c", language("nowhere"), aliases=("CVE-2024-1",))
    first = advisory("PYSEC-1", language("lib"), feed="two", aliases=("CVE-2024-1",))
    exploited = Exploited(id="CVE-2024-5", added="2025-05-05")
    take(path, day(0), [apart, pair, third, second, first])
    take(path, day(1), [replace(each, withdrawn=day(1)) for each in (apart, third)] + [exploited])
    before, after = states(path)
    assert bearing(path, before, after) == ({"GHSA-a", "GHSA-b", "CVE-2024-5"}, {"GHSA-b"})
    assert any(agree(path, sboms, before, after).values())


def test_a_chain_that_only_one_of_both_states_has_counts(tmp_path):
    path = str(tmp_path / "store.db")
    sboms = stocked(path, [HELD])
    loose = advisory("GHSA-b", language("nowhere"))
    held = advisory("PYSEC-1", language("lib"), feed="two", aliases=("CVE-2024-1",))
    take(path, day(0), [loose, held])
    take(path, day(1), [replace(loose, aliases=("CVE-2024-1",))])
    take(path, day(2), [loose])
    known = states(path)
    for before, after in pairwise(known):
        assert bearing(path, before, after)[1] == {"GHSA-b"}
        assert any(agree(path, sboms, before, after).values())


@pytest.mark.shared
@pytest.mark.parametrize("ecosystem", ["crates.io", "PyPI"])
@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0, 10**6))
def test_the_delta_of_edits_to_real_records_is_the_same_as_matching_everything(
    shared, tmp_path_factory, ecosystem, seed
):
    path = str(tmp_path_factory.mktemp("stock") / "store.db")
    chance = Random(seed)  # noqa: S311 (a seed makes it repeatable)
    known, often = all_of(shared, ecosystem)
    records = chance.sample(known, 100)
    records += [r for r in chance.sample(often, min(100, len(often))) if r not in records]
    few = [chance.sample(records, chance.choice([10, 40])) for _ in range(2)]
    sboms = stocked(path, [real_sbom(each) for each in few])
    take(path, day(0), records)
    for number in (1, 2):
        take(path, day(number), [edited(chance, each) for each in chance.sample(records, 40)])
    take(path, day(3), chance.sample(records, 40))
    known = states(path)
    told = [agree(path, sboms, known[0], after) for after in known[1:]]
    told += [agree(path, sboms, before, known[-1]) for before in known[1:-1]]
    assert any(any(found.values()) for found in told)


READ = {}


def all_of(shared, ecosystem):
    """The records of an ecosystem, and those of them that others share an id with."""
    if ecosystem not in READ:
        sources = [s for s in walk(str(shared / "feeds/osv" / ecosystem)) if s.feed]
        known = [r for s in sources for r in read(s) if isinstance(r, Advisory) and r.affected]
        spoken = Counter(i for r in known for i in {r.id, *r.aliases})
        often = [r for r in known if any(spoken[i] > 1 for i in {r.id, *r.aliases})]
        READ[ecosystem] = known, often
    return READ[ecosystem]


def real_sbom(records):
    """An SBOM of the packages that records are about, at a bound of their ranges."""
    kinds = {"PyPI": "pypi"}
    purls = {
        f"pkg:{kinds.get(a.ecosystem, 'cargo')}/{a.name}@"
        f"{i.introduced if i.introduced not in {None, '0'} else '0.1.0'}"
        for record in records
        for a in record.affected
        for i in a.intervals
    }
    return sbom_of(*sorted(purls))
