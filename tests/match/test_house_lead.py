"""Lead times, computed by hand beside them: from stated and learned dates, and NVD's analysis."""

import csv
import io

import msgspec
import pytest
from house_records import at, drafted, kept
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from small_sets import advisory, language

from match.house import lifecycle as life
from match.house.book import open_book
from match.house.dates import Case, Heard, cases
from match.house.feed import lay_in
from match.house.lead import Told, lead_time
from match.house.lead_report import render
from match.model import Severity
from match.set.ledger import open_ledger
from sbom.documents.own_schema import schema_faults
from sbom.errors import StoreError

SCORED = (Severity(source="nvd", score=9.8, version="3.1"),)
SCORED_BY_CNA = (Severity(source="cna:x", score=9.8, version="3.1"),)


def day(text):
    return f"2026-{text}T00:00:00Z"


def learn(db, learned, *records):
    with open_ledger(db, day(learned)) as ledger:
        for record in records:
            ledger.add(record, record.feed, "")
        ledger.finish()


def said(id_, feed, published="", **more):
    return advisory(id_, feed=feed, published=day(published) if published else "", **more)


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "store.db")


def told(db, *sources, against=("cve", "nvd-analysis")):
    with open_book(db, write=False) as book:
        entries = book.entries()
    return lead_time(cases(db), entries, sources, against)


def by(leads):
    return {
        (lead.source, lead.against): (lead.date[5:10], lead.other[5:10], lead.days)
        for lead in leads
    }


def house(db, *entries):
    with open_book(db, write=True) as book:
        kept(book, *entries)
    lay_in(db)


def test_the_days_before_the_cve_and_before_nvds_analysis(db):
    entry = drafted(day="03-01")
    house(db, entry, life.link_cve(entry, "CVE-2026-1111", at("03-20")))
    learn(
        db, "03-21",
        said("CVE-2026-1111", "cve", "03-11"),
        said("CVE-2026-1111", "nvd", "03-12", modified=day("03-12"), severities=SCORED_BY_CNA),
        said("GHSA-a", "osv:GHSA", "03-05", aliases=("CVE-2026-1111",)),
        said("DSA-1", "debian", "03-15", names=("CVE-2026-1111",)),
    )  # fmt: skip
    assert by(told(db).leads) == {
        ("house", "cve"): ("03-01", "03-11", 10.0),
        ("house", "nvd-analysis"): ("03-01", "", None),
        ("osv:GHSA", "cve"): ("03-05", "03-11", 6.0),
        ("osv:GHSA", "nvd-analysis"): ("03-05", "", None),
        ("debian", "cve"): ("03-15", "03-11", -4.0),
        ("debian", "nvd-analysis"): ("03-15", "", None),
    }
    # NVD's own score comes later: its first version that has one, by its date or when learned.
    learn(
        db, "04-20", said("CVE-2026-1111", "nvd", "03-12", modified=day("04-10"), severities=SCORED)
    )
    learn(
        db,
        "05-20",
        said(
            "CVE-2026-1111",
            "nvd",
            "03-12",
            modified=day("05-10"),
            severities=(*SCORED, *SCORED_BY_CNA),
        ),
    )
    (lead,) = told(db, "house", against=("nvd-analysis",)).leads
    assert (lead.other, lead.other_basis, lead.days) == (day("04-10"), "analysed", 40.0)
    leads = by(told(db, "house", against=("all",)).leads)
    assert leads["house", "osv:GHSA"] == ("03-01", "03-05", 4.0)
    assert leads["house", "debian"] == ("03-01", "03-15", 14.0)


def test_a_cpe_range_is_an_analysis_too(db):
    learn(
        db, "03-21",
        said("CVE-2026-1111", "nvd", "03-12", modified=day("03-18"), unmatchable=1),
        said("GHSA-a", "osv:GHSA", "03-05", aliases=("CVE-2026-1111",)),
    )  # fmt: skip
    assert by(told(db).leads)["osv:GHSA", "nvd-analysis"] == ("03-05", "03-18", 13.0)


def test_a_date_that_is_not_stated_is_when_it_was_learned(db):
    learn(db, "03-01", said("GHSA-a", "osv:GHSA", aliases=("CVE-2026-1111",)))
    learn(db, "03-09", said("CVE-2026-1111", "nvd", "03-08"))
    ghsa = next(lead for lead in told(db).leads if lead.against == "cve")
    assert (ghsa.basis, ghsa.other_basis, ghsa.days) == ("learned", "published", 7.0)
    # A later version of the record moves nothing.
    learn(db, "03-20", said("GHSA-a", "osv:GHSA", aliases=("CVE-2026-1111",), summary="more"))
    assert next(x for x in told(db).leads if x.against == "cve") == ghsa


def test_what_is_open_disputed_or_withdrawn_is_counted_apart(db):
    names = [f"LDG-2026-000{n}" for n in range(1, 5)]
    linked = [
        life.link_cve(drafted(n, "03-01"), f"CVE-2026-111{i}", at("03-02"))
        for i, n in enumerate(names)
    ]
    house(
        db,
        linked[0],
        life.dispute(linked[1], "the maintainers", "", at("03-03")),
        life.withdraw(linked[2], at("03-03")),
        drafted("LDG-2026-0009", "03-01"),
    )
    learn(db, "03-21", *(said(f"CVE-2026-111{i}", "cve", f"03-1{i}") for i in range(4)))
    (figures,) = told(db, "house", against=("cve",)).figures
    assert (figures.n, figures.median, figures.p90, figures.first) == (2, 9.5, 10.0, 2)
    assert (figures.open, figures.disputed, figures.withdrawn) == (1, 1, 1)
    states = {lead.id: (lead.cve, lead.state) for lead in told(db, "house", against=("cve",)).leads}
    assert states["LDG-2026-0002"] == ("CVE-2026-1111", "disputed")
    assert states["LDG-2026-0003"] == ("CVE-2026-1112", "withdrawn")
    assert states["LDG-2026-0009"] == ("", "")


def test_a_withdrawn_one_is_reported_and_not_counted(db):
    entry = drafted("LDG-2026-0003", "03-01")
    house(db, life.withdraw(life.link_cve(entry, "CVE-2026-1111", at("03-02")), at("03-03")))
    learn(db, "03-21", said("CVE-2026-1111", "cve", "03-10"))
    (figures,) = told(db, "house", against=("cve",)).figures
    assert (figures.n, figures.open, figures.withdrawn) == (0, 0, 1)


def test_a_store_without_advisories_has_no_lead_times(db):
    with open_book(db, write=True) as book:
        book.append(life.reserve("LDG-2026-0001", at("11-01")))
    with pytest.raises(StoreError, match="no advisories"):
        told(db)


DAYS = st.lists(st.integers(1, 28), min_size=1, max_size=30)


@given(DAYS)
def test_median_and_p90_are_those_of_the_definition(days):
    made = [
        Case(f"CVE-2026-{n + 1000}", (Heard("x", f"X-{n}", "2026-01-01T00:00:00Z", ""), Heard("cve", f"CVE-2026-{n + 1000}", f"2026-02-{d:02}T00:00:00Z", "")))
        for n, d in enumerate(days)
    ]  # fmt: skip
    (figures,) = lead_time(made, (), (), ("cve",)).figures
    leads = sorted(d + 30.0 for d in days)
    assert figures.n == len(days)
    assert sum(x <= figures.p90 for x in leads) >= 0.9 * len(leads)
    assert sum(x < figures.p90 for x in leads) < 0.9 * len(leads)
    assert sum(x <= figures.median for x in leads) >= len(leads) / 2
    assert sum(x >= figures.median for x in leads) >= len(leads) / 2
    assert lead_time(reversed(made), (), (), ("cve",)) == lead_time(made, (), (), ("cve",))


def test_the_report_is_a_table_json_and_csv(db):
    house(db, life.link_cve(drafted(day="03-01"), "CVE-2026-1111", at("03-20")))
    learn(
        db, "03-21",
        said("CVE-2026-1111", "cve", "03-11"),
        said("GHSA-a", "osv:GHSA", "03-05", aliases=("CVE-2026-1111",)),
    )  # fmt: skip
    report = told(db)
    table = render("table", report, every_id=False).decode()
    assert "house     cve           1  10.0    10.0  1/1" in table
    assert "GHSA-a" not in table
    assert "GHSA-a" in render("table", report, every_id=True).decode()
    document = msgspec.json.decode(render("json", report, every_id=False))
    assert list(schema_faults(document, "lead-time.schema.json")) == []
    rows = list(csv.DictReader(io.StringIO(render("csv", report, every_id=False).decode())))
    assert (rows[0]["source"], rows[0]["against"], rows[0]["days"]) == ("house", "cve", "10.0")
    empty = Told(figures=(), leads=())
    assert b"days: above 0" in render("table", empty, every_id=True)


def test_a_feed_that_is_not_asked_for_is_left_out(db):
    learn(
        db, "03-21",
        said("CVE-2026-1111", "cve", "03-11"),
        said("GHSA-a", "osv:GHSA", "03-05", aliases=("CVE-2026-1111",)),
        replace(said("PYSEC-1", "osv:PYSEC", "03-06", aliases=("CVE-2026-1111",)), affected=(language(),)),
    )  # fmt: skip
    assert {lead.source for lead in told(db, "osv:PYSEC").leads} == {"osv:PYSEC"}
    assert {lead.source for lead in told(db).leads} == {"osv:GHSA", "osv:PYSEC"}
    assert {lead.source for lead in told(db, "cve", against=("osv:GHSA",)).leads} == {"cve"}
