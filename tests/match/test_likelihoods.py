"""Likelihoods as they are kept and carried: exact, versioned like any record, small."""

import gzip
import os
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_sets import advisory, language, sbom_of

from match.carry.exporting import export
from match.carry.importing import receive
from match.changes.difference import differ
from match.explain import explain
from match.model import Exploited, Likelihood
from match.resolve import resolve
from match.set.importer import import_path
from match.set.ledger import open_ledger
from match.set.log import log
from match.set.past import open_past
from match.set.sheet import columns, look_up, pack, unpack
from match.set.states import states
from match.set.store import open_set

CVE = "CVE-2024-0001"
IDS = st.one_of(
    st.builds("CVE-{:04d}-{:04d}".format, st.integers(1999, 2030), st.integers(0, 10**9)),
    st.from_regex(r"CVE-[0-9]{4}-[0-9]{1,12}", fullmatch=True),
    st.sampled_from([CVE, "CVE-2024-1", "GHSA-a", "", "CVE-\uff12024-0001"]),
)
NUMBERS = st.one_of(
    st.integers(0, 100_000).map(lambda n: n / 100_000), st.floats(0, 1), st.just(1 / 3)
)


def day(number):
    return f"2026-11-{number:02}T12:00:00Z"


def scores(number, rows, folder):
    """A day's file as FIRST publishes it."""
    path = folder / f"epss_scores-2026-11-{number:02}.csv.gz"
    head = f"#model_version:v1,score_date:2026-11-{number:02}T00:00:00Z\ncve,epss,percentile\n"
    text = head + "".join(f"{id_},{p!r},{q!r}\n" for id_, p, q in rows)
    path.write_bytes(gzip.compress(text.encode()))
    return str(path)


def take(path, number, *records, part="", whole=False):
    """One import of likelihoods and other records."""
    with open_ledger(str(path), day(number)) as ledger:
        ledger.begin(part, part)
        for record in records:
            feed = getattr(record, "feed", "kev" if isinstance(record, Exploited) else "epss")
            ledger.add(record, feed, part)
        if whole:
            ledger.whole("epss", part)
        return {report.feed: report for report in ledger.finish()}


def likely(id_, probability, number, percentile=0.5):
    return Likelihood(
        id=id_, probability=probability, percentile=percentile, date=f"2026-11-{number:02}"
    )


def of(advisories, id_=CVE):
    """What the set says of one CVE."""
    (found,) = advisories.vulnerabilities(advisories.groups_of(id_)).values()
    return found.epss


@given(st.lists(st.tuples(IDS, NUMBERS, NUMBERS), max_size=40), st.randoms())
def test_a_sheet_gives_back_any_rows_whatever_their_order(rows, chance):
    body = pack(rows)
    assert sorted(unpack(body)) == sorted(rows)
    wanted = {row[0] for row in rows[::2]} | {"CVE-2024-0002"}
    assert sorted(look_up(columns(body), wanted)) == sorted(row for row in rows if row[0] in wanted)
    chance.shuffle(rows)
    assert pack(rows) == body


@given(st.binary(max_size=80))
def test_a_sheet_that_is_none_is_one_error(data):
    for body in (data, pack([(CVE, 0.5, 0.25), ("CVE-2024-0002", 0.1, 0.2)])[: len(data)]):
        try:
            unpack(body)
        except ValueError:
            continue


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.5, 1.5])
def test_a_sheet_with_what_is_no_likelihood_is_refused(number):
    """One that was carried may be hostile, and these would stop the whole of it much later."""
    for row in ((CVE, number, 0.5), (CVE, 0.5, number)):
        with pytest.raises(ValueError, match="a number that none has"):
            unpack(pack([row]))


def test_a_day_of_published_scores_takes_a_few_bytes_a_cve():
    # Scores whose percentile is their rank, as EPSS's are: whatever day they are of.
    rows = sorted((pow(n, 3, 99_991) % 100_000, n) for n in range(20_000))
    sheet = [
        (f"CVE-{2005 + n % 20}-{1000 + n}", (score // 7) / 100_000, place / 20_000)
        for place, (score, n) in enumerate(rows)
    ]
    from zstandard import ZstdCompressor

    assert len(ZstdCompressor(level=9).compress(pack(sheet))) < 4 * len(sheet)


def test_the_newest_counts_and_then_the_highest(tmp_path):
    path = str(tmp_path / "set.db")
    take(path, 1, likely(CVE, 0.9, 1), likely(CVE, 0.1, 2), likely(CVE, 0.3, 2))
    with open_set(path) as advisories:
        assert of(advisories) == likely(CVE, 0.3, 2)
        told = [kept.record for kept in advisories.records_of(advisories.groups_of(CVE))]
    assert sorted(record.probability for record in told) == [0.1, 0.3, 0.9]


def test_each_day_replaces_the_one_before_and_every_state_keeps_its_own(tmp_path):
    path = str(tmp_path / "set.db")
    take(path, 1, advisory("GHSA-a", language(), aliases=(CVE,)))
    for number in (2, 3, 4):
        report = take(path, number, likely(CVE, number / 10, number), likely("CVE-2024-9", 0.1, 1))
    assert (report["epss"].added, report["epss"].changed, report["epss"].gone) == (0, 1, 0)
    sbom = sbom_of("pkg:pypi/lib@1.0")
    found = []
    for state in states(path):
        with open_past(path, state) as then:
            (finding,) = resolve(sbom, then).findings
            found.append(finding.vulnerability.epss)
    assert found == [None, *(likely(CVE, number / 10, number) for number in (2, 3, 4))]
    assert [(state.begun, state.ended) for state in log(path).states] == [
        (1, 0), (2, 0), (1, 1), (1, 1)
    ]  # fmt: skip
    (feed,) = differ(path).feeds
    (changed,) = feed.records
    fields = {field.path: (field.before, field.after) for field in changed.fields}
    assert fields["probability"] == ("0.3", "0.4")
    assert fields["date"] == ("2026-11-03", "2026-11-04")


def test_a_likelihood_alone_makes_its_id_known_and_dates_it(tmp_path):
    path = str(tmp_path / "set.db")
    take(path, 1, likely(CVE, 0.1, 1))
    take(path, 2, advisory("GHSA-a", language(), aliases=(CVE,)), likely(CVE, 0.2, 2))
    with open_past(path, states(path)[0]) as then:
        trace = explain(sbom_of("pkg:pypi/lib@1.0"), then, CVE)
        assert [told.kind for told in trace.records] == ["likelihood"]
        assert trace.answer != "unknown_id"
    with open_set(path) as advisories:
        (known,) = advisories.vulnerabilities(advisories.groups_of("GHSA-a")).values()
    assert known.first_seen == day(1)


def test_what_a_newer_snapshot_does_not_hold_is_gone_and_its_id_unknown(tmp_path):
    path = str(tmp_path / "set.db")
    one, other = likely(CVE, 0.1, 1), likely("CVE-2024-0002", 0.2, 1)
    take(path, 1, one, other, part="a.zip", whole=True)
    report = take(path, 2, other, part="a.zip", whole=True)
    assert report["epss"].gone == 1
    with open_set(path) as advisories:
        assert not advisories.groups_of(CVE)
        assert of(advisories, other.id) == other
    take(path, 3, one, other, part="a.zip", whole=True)
    with open_set(path) as advisories:
        assert of(advisories) == one
        (known,) = advisories.vulnerabilities(advisories.groups_of(CVE)).values()
    assert known.first_seen == day(1)


def test_one_that_moved_to_another_snapshot_is_gone_with_that_one(tmp_path):
    path, there = str(tmp_path / "set.db"), str(tmp_path / "there.db")
    one, other = likely(CVE, 0.1, 1), likely("CVE-2024-0002", 0.2, 1)
    take(path, 1, one, other, part="a.zip", whole=True)
    export(path, str(tmp_path / "first"))
    receive(str(tmp_path / "first"), there)
    take(path, 2, one, other, part="b.zip", whole=True)
    take(path, 3, advisory("GHSA-a", language()))
    export(path, str(tmp_path / "second"), since=day(1))
    receive(str(tmp_path / "second"), there)
    for each in (path, there):
        assert take(each, 4, other, part="a.zip", whole=True)["epss"].gone == 0
        assert take(each, 5, other, part="b.zip", whole=True)["epss"].gone == 1


def test_a_row_that_cannot_be_read_ends_nothing_of_its_snapshot(tmp_path):
    path = str(tmp_path / "set.db")
    (tmp_path / "x").mkdir()
    rows = [(CVE, 0.1, 0.2), ("CVE-2024-0002", 0.3, 0.4)]
    file = scores(1, rows, tmp_path / "x")
    import_path(file, path, learned=day(1))
    scores(1, [(CVE, "nothing", 0.2), ("CVE-2024-0002", 0.5, 0.4)], tmp_path / "x")
    import_path(file, path, learned=day(2))
    with open_set(path) as advisories:
        assert of(advisories).probability == 0.1
        assert of(advisories, "CVE-2024-0002").probability == 0.5


def answers(path):
    """All that is said of the CVEs in every state."""
    found = []
    for state in states(path):
        with open_past(path, state) as then:
            for id_ in (CVE, "CVE-2024-0002", "CVE-2024-3"):
                groups = then.groups_of(id_)
                told = [kept.record for kept in then.records_of(groups)]
                found.append((told, list(then.vulnerabilities(groups).values())))
    return found


STEPS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(
                st.sampled_from([CVE, "CVE-2024-0002", "CVE-2024-3"]),
                st.sampled_from([0.1, 0.2, 1 / 3]),
                st.integers(1, 2),
            ),
            max_size=4,
        ),
        st.sampled_from(["", "a.zip", "b.zip"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.integers(1, 3))
def test_the_other_side_has_the_same_likelihoods_in_every_state(tmp_path_factory, steps, every):
    folder = tmp_path_factory.mktemp("likely")
    path, there, along = (str(folder / f"{name}.db") for name in "abc")
    take(path, 1, advisory("GHSA-a", language(), aliases=(CVE,)))
    export(path, str(folder / "step"))
    receive(str(folder / "step"), along)
    for number, (rows, part, whole) in enumerate(steps, 2):
        take(
            path,
            number,
            *(likely(id_, p, on) for id_, p, on in rows),
            part=part,
            whole=whole and bool(part),
        )
        if number % every == 0:
            export(path, str(folder / "step"), since=states(along)[-1].digest)
            receive(str(folder / "step"), along)
    known = states(path)
    export(path, str(folder / "whole"))
    receive(str(folder / "whole"), there)
    receive(str(folder / "whole"), along)
    assert states(there) == known
    assert answers(there) == answers(path)
    export(there, str(folder / "back"))
    assert (folder / "back").read_bytes() == (folder / "whole").read_bytes()
    assert answers(along) == answers(path)


@pytest.mark.parametrize("number", [3, 4])
def test_a_daily_import_costs_what_a_sheet_does(tmp_path, number):
    path = str(tmp_path / "set.db")
    (tmp_path / "x").mkdir()
    count = 5_000
    for each in range(1, number + 1):
        rows = [
            (f"CVE-2024-{1000 + n}", (n * 7 % 99_000 + each) / 100_000, n * 7 % 99_000 / 100_000)
            for n in range(count)
        ]
        before = os.path.getsize(path) if each > 2 else 0
        import_path(scores(each, rows, tmp_path / "x"), path, learned=day(each))
    assert os.path.getsize(path) - before < 12 * count
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM record").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM past_likelihood").fetchone() == (number - 1,)
