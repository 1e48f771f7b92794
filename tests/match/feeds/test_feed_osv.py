"""OSV: what a record says, what is wrong with it, and that nothing of it vanishes."""

import io
import json
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import osv
from match.model import Advisory, Affected, Interval, Severity
from sbom.model import Problem

HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
WORST = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
WHEN = "2026-01-02T03:04:05Z"


def read(*records, path="feed.json"):
    data = json.dumps(list(records)).encode()
    return list(osv.read(path, io.BytesIO(data)))


def record(id_="X-1", **fields):
    return {"id": id_, "modified": WHEN, **fields}


def block(ecosystem="PyPI", name="foo", *events, **fields):
    found = {"package": {"ecosystem": ecosystem, "name": name}, **fields}
    if events:
        found["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    return found


def one(**fields):
    (advisory,) = read(record(**fields))
    return advisory


def claim(ecosystem, name, *events, summary="", **fields):
    (affected,) = one(
        affected=[block(ecosystem, name, *events, **fields)], summary=summary
    ).affected
    return affected


INTRODUCED, FIXED = {"introduced": "0"}, {"fixed": "1.2"}


def test_a_record_becomes_an_advisory():
    advisory = one(
        id_="GHSA-aaaa-bbbb-cccc",
        aliases=["CVE-2026-0001"],
        related=["GHSA-dddd-eeee-ffff"],
        summary="A hole",
        published="2026-01-01T00:00:00Z",
        severity=[{"type": "CVSS_V3", "score": HIGH}],
        database_specific={"severity": "CRITICAL"},
        affected=[block("PyPI", "Foo_Bar", {"introduced": "1.0"}, FIXED, versions=["0.9"])],
    )
    assert advisory == Advisory(
        id="GHSA-aaaa-bbbb-cccc",
        feed="osv:GHSA",
        aliases=("CVE-2026-0001",),
        related=("GHSA-dddd-eeee-ffff",),
        affected=(
            Affected(
                scheme="pep440",
                name="foo-bar",
                intervals=(Interval(introduced="1.0", fixed="1.2"),),
                versions=("0.9",),
                fix="fixed",
                ecosystem="PyPI",
            ),
        ),
        severities=(
            Severity(source="osv:GHSA", score=9.8, vector=HIGH, version="3.1"),
            Severity(source="osv:GHSA", label="critical"),
        ),
        summary="A hole",
        published="2026-01-01T00:00:00Z",
        modified=WHEN,
        url="https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
    )


def test_null_fields_are_absent_fields():
    names = "aliases upstream related affected severity summary details published withdrawn"
    assert one(**dict.fromkeys(names.split())) == one()
    empty = {"package": None, "ranges": None, "versions": None, "severity": None}
    assert one(affected=[empty]).unmatchable == 1


def test_blocks_of_one_package_are_united():
    blocks = [
        block("npm", "foo", INTRODUCED, {"fixed": "1.0.0"}, versions=["3.0.0"]),
        block("npm", "foo", {"introduced": "2.0.0"}, {"fixed": "2.1.0"}),
        block("npm", "bar", INTRODUCED),
    ]
    foo, bar = one(affected=blocks).affected
    assert foo.intervals == (Interval(fixed="1.0.0"), Interval(introduced="2.0.0", fixed="2.1.0"))
    assert foo.versions == ("3.0.0",)
    assert (bar.intervals, bar.fix) == ((Interval(),), "none")


def test_ranges_over_commits_are_counted_and_not_matched():
    git = {"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}
    with_versions = one(affected=[block("PyPI", "foo", versions=["1"], ranges=[git])])
    assert (with_versions.unmatchable, with_versions.affected[0].versions) == (1, ("1",))
    alone = one(affected=[{"ranges": [git, git]}, block("PyPI", "foo", ranges=[git])])
    assert (alone.unmatchable, alone.affected) == (3, ())
    assert one(affected=[block("PyPI", "foo")]).unmatchable == 1
    assert one(affected=[block("Linux", "Kernel", INTRODUCED)]).unmatchable == 1


def test_an_ecosystem_not_known_is_counted_in_one_problem_of_the_file():
    records = read(
        *(record(f"X-{n}", affected=[block("Foolang:1", "a", INTRODUCED)]) for n in "123")
    )
    assert [type(r) for r in records] == [Advisory] * 3 + [Problem]
    assert "3 entries name packages of 'Foolang'" in records[-1].what


@pytest.mark.parametrize(
    ("text", "kept", "wrong"),
    [
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z", False),
        ("2026-01-02T05:04:05+02:00", WHEN, False),
        ("0001-01-01T00:00:00Z", "", False),
        ("2026-13-02T03:04:05Z", "", True),
        ("yesterday", "", True),
    ],
)
def test_times(text, kept, wrong):
    *problems, advisory = read(record(published=text))
    assert advisory.published == kept
    assert [p.effect for p in problems] == ["field_lost"] * wrong


def test_a_withdrawn_record_is_kept_as_withdrawn_even_at_no_readable_time():
    assert one(withdrawn=WHEN).withdrawn == WHEN
    *_, advisory = read(record(withdrawn="soon"))
    assert advisory.withdrawn


@pytest.mark.parametrize(
    ("rating", "severity"),
    [
        (("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P"), (7.5, "2.0", "")),
        (("CVSS_V3", HIGH + "/"), (9.8, "3.1", "")),
        (("CVSS_V3", HIGH.replace("3.1", "3.0")), (9.8, "3.0", "")),
        (("CVSS_V4", WORST), (9.3, "4.0", "")),
        (("CVSS_V3", "7.5"), (7.5, "3.1", "")),
        (("Ubuntu", "Medium"), (None, "", "medium")),
    ],
)  # fmt: skip
def test_ratings(rating, severity):
    (found,) = one(severity=[{"type": rating[0], "score": rating[1]}]).severities
    assert (found.score, found.version, found.label) == severity


def test_a_vector_that_scores_nothing_is_a_problem_of_that_field():
    problem, advisory = read(record(severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:?"}]))
    assert (problem.effect, advisory.severities) == ("field_lost", ())
    assert "X-1" in problem.where


def test_ratings_of_packages_and_words_of_summaries_count():
    rated = [{"type": "CVSS_V3", "score": HIGH}]
    advisory = one(affected=[block("npm", "a", INTRODUCED, severity=rated)] * 2)
    assert [s.score for s in advisory.severities] == [9.8]
    assert [s.label for s in one(summary="Important: foo security update").severities] == [
        "important"
    ]


@pytest.mark.parametrize(
    ("ecosystem", "release", "product"),
    [
        ("Debian:12", "debian:12", ""),
        ("Ubuntu:Pro:22.04:LTS", "ubuntu:22.04", "pro"),
        ("Red Hat:rhel_eus:9.2::appstream", "rhel:9", "rhel_eus:9.2::appstream"),
    ],
)
def test_distributions_have_releases(ecosystem, release, product):
    found = claim(ecosystem, "foo", INTRODUCED, {"fixed": "1.2-1"})
    assert (found.release, found.product, found.ecosystem) == (release, product, ecosystem)


def test_rocky_names_sources_and_binaries():
    found = one(affected=[block("Rocky Linux:8", "foo", INTRODUCED, {"fixed": "1-1.el8"})]).affected
    assert {a.names for a in found} == {"source", "binary"}


def test_suse_lists_its_binaries():
    extra = {"binaries": [{"libfoo1": "1.2-3", "foo-devel": "1.2-3"}, {"libfoo1": "1.2-3"}]}
    event = {"fixed": "1.2-3"}
    found = one(
        affected=[
            block("SUSE:Linux Enterprise Server 15 SP3", "foo", INTRODUCED, event,
                  ecosystem_specific=extra)
        ]
    ).affected  # fmt: skip
    assert [(a.name, a.names, a.release) for a in found] == [
        ("libfoo1", "binary", "sles:15.3"),
        ("foo-devel", "binary", "sles:15.3"),
        # By its own name an SBOM of sources has it.
        ("foo", "binary", "sles:15.3"),
    ]
    assert {a.intervals for a in found} == {(Interval(fixed="1.2-3"),)}


@pytest.mark.parametrize(
    ("summary", "fixed", "streams"),
    [
        ("ruby:3.3 update", "1-1.module_el8.9.0+1+2", ["ruby:3.3"]),
        ("Moderate: p:3.9 and p-devel:3.9 update", "1-1.module+el8", ["p:3.9", "p-devel:3.9"]),
        ("Important: container-tools update", "1-1.module_el8.9.0", [None]),
        ("Moderate: kernel:4.18.0 update", "4.18.0-1.el8", [""]),
    ],
)
def test_a_module_stream_is_the_summarys_where_the_fix_is_modular(summary, fixed, streams):
    blocks = [block("AlmaLinux:8", "foo", INTRODUCED, {"fixed": fixed})]
    assert [a.stream for a in one(affected=blocks, summary=summary).affected] == streams


def test_a_distribution_may_say_never_affected_and_end_of_life():
    never = claim("Alpine:v3.19", "foo", INTRODUCED, {"fixed": "0"})
    assert (never.claim, never.fix, never.intervals) == ("not_affected", "not_affected", ())
    both = [
        block("Alpine:v3.19", "foo", INTRODUCED, {"fixed": "0"}),
        block("Alpine:v3.19", "foo", INTRODUCED, {"fixed": "2-r0"}),
    ]
    (mixed,) = one(affected=both).affected
    assert (mixed.claim, mixed.intervals) == ("affected", (Interval(fixed="2-r0"),))
    old = claim("Debian:9", "foo", INTRODUCED, ecosystem_specific={"urgency": "end-of-life"})
    assert (old.fix, old.severity) == ("wont_fix", "end-of-life")
    word = claim("Debian:12", "foo", INTRODUCED, ecosystem_specific={"urgency": "low**"})
    assert word.severity == "low"


@pytest.mark.parametrize("ecosystem", ["PyPI", "Debian:12"])
@pytest.mark.parametrize("events", [[FIXED], [{"limit": "*"}], [{"fixed": "0"}], []])
def test_a_range_without_a_beginning_is_a_problem_and_never_an_all_clear(events, ecosystem):
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    problem, advisory = read(record(affected=[block(ecosystem, "foo", ranges=ranges)]))
    assert (problem.effect, advisory.id) == ("field_lost", "X-1")
    assert (advisory.affected, advisory.unmatchable) == ((), 1)


def test_very_many_blocks_of_one_package_take_linear_time():
    blocks = [block("npm", "foo", INTRODUCED, {"fixed": f"1.0.{n}"}) for n in range(20_000)]
    start = time.process_time()
    (affected,) = one(affected=blocks).affected
    assert len(affected.intervals) == 20_000
    assert time.process_time() - start < 3


BAD = [
    5,
    None,
    "text",
    [],
    {},
    {"id": 5},
    {"id": ""},
    {"id": "x" * 201},
    {"id": "X-1", "affected": "all"},
    {"id": "X-1", "aliases": [1]},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_record_costs_that_record(bad):
    first, problem, last = read(record("X-1"), bad, record("X-2"))
    assert (first.id, last.id) == ("X-1", "X-2")
    assert (problem.where, problem.effect) == ("feed.json: [1]", "record_lost")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": 0}]}]},
        {"ranges": "1.2"},
        {"versions": [1]},
        {"versions": {"1": "2"}},
    ],
)
@pytest.mark.parametrize("package", [{"ecosystem": "PyPI", "name": "foo"}, None])
def test_ranges_of_another_form_cost_that_record_and_are_told(wrong, package):
    if package is None and "versions" in wrong:
        wrong = {"ranges": [1]}
    bad = {**wrong, "package": package}
    problem, good = read(record("X-1", affected=[block(), bad]), record("X-2"))
    assert isinstance(problem, Problem)
    assert (problem.effect, problem.where) == ("record_lost", "feed.json: [0]")
    assert good.id == "X-2"


def test_blocks_alike_are_read_once_and_long_ones_each_time():
    from match.records.osv_ranges import KEPT, LONGEST_KEPT, _read

    many = [str(n) for n in range(LONGEST_KEPT)]
    before = _read.cache_info()
    one(affected=[block("PyPI", f"p{n}", INTRODUCED, {"fixed": "77.1"}) for n in range(40)])
    after = _read.cache_info()
    assert after.misses - before.misses <= 1
    assert after.hits - before.hits >= 39
    (affected,) = one(affected=[block(versions=many)]).affected
    assert affected.versions == tuple(many)
    assert _read.cache_info() == after
    assert after.currsize <= KEPT


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xff", b"[1,", b"[" * 100_000, b'{"a":' + b"[" * 100_000, b"PK\x03\x04 no"],
    ids=lambda d: repr(d[:12]),
)  # fmt: skip
def test_what_is_no_list_is_one_problem(data):
    (problem,) = osv.read("feed.json", io.BytesIO(data))
    assert problem.where.startswith("feed.json")


def test_a_zip_is_read_member_by_member():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X-1.json", json.dumps(record("X-1")))
        archive.writestr("X-2.json", "{")
        archive.writestr("notes.txt", "no record")
        archive.writestr("index/db.json", "{}")
        archive.writestr("deep/X-3.json", json.dumps(record("X-3")))
    out.seek(0)
    found = list(osv.read("all.zip", out))
    assert [r.id if isinstance(r, Advisory) else r.where for r in found] == [
        "X-1",
        "all.zip!X-2.json",
        "all.zip!notes.txt",
        "X-3",
    ]


def test_a_line_is_a_record():
    lines = [json.dumps(record("X-1")), "", "{", json.dumps(record("X-2"))]
    found = list(osv.read("all.jsonl", io.BytesIO("\n".join(lines).encode())))
    places = [r.id if isinstance(r, Advisory) else r.where for r in found]
    assert places == ["X-1", "all.jsonl: line 3", "X-2"]


def test_records_are_told_from_other_json():
    head = json.dumps(record()).encode()
    assert osv.recognises("x", head)
    assert osv.recognises("x", json.dumps([record()], indent=2).encode())
    assert not osv.recognises("x", b'{"id": "x", "name": "y"}')
    assert not osv.recognises("x", b'{"bomFormat": "CycloneDX"}')


WORDS = ["0", "CVE-2020-0001", "PyPI", "Debian:12", "introduced", "fixed", "GIT", WHEN, HIGH]
# fmt: off
FIELDS = [
    "id", "aliases", "upstream", "related", "affected", "package", "ecosystem", "name", "ranges",
    "events", "type", "introduced", "fixed", "limit", "last_affected", "versions", "severity",
    "score", "published", "withdrawn", "summary", "ecosystem_specific", "binaries", "urgency",
]
# fmt: on
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_no_json_makes_the_reader_fail(value):
    for found in osv.read("f.json", io.BytesIO(json.dumps([value]).encode())):
        assert isinstance(found, Advisory | Problem)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["f.json", "f.jsonl", "f.zip"]), st.booleans())
def test_no_bytes_make_the_reader_fail(data, path, zipped):
    for found in osv.read(path, io.BytesIO(b"PK" * zipped + data)):
        assert isinstance(found, Advisory | Problem)
