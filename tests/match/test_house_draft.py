"""What is stated becomes an OSV record that is read back as it was meant."""

import json

import pytest

from match.ecosystems import of_osv
from match.house.draft import Said, write
from match.house.ids import is_house, organisation, parse
from match.house.ids import write as write_id
from match.house.packages import package
from match.house.ranges import osv_range, read_range
from sbom.errors import InputError

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("text", "organisation_", "year", "number"),
    [
        ("LDG-2026-0001", "", 2026, 1),
        ("ldg-acme-2026-0012", "ACME", 2026, 12),
        ("LDG-2026-12345", "", 2026, 12345),
    ],
)
def test_ids_are_read_and_written(text, organisation_, year, number):
    name = parse(text)
    assert name == (organisation_, year, number)
    assert write_id(name) == text.upper()
    assert is_house(text) == (text == text.upper())


@pytest.mark.parametrize(
    "text",
    ["LDG-2026-001", "LDG-2026-0000", "LDG-2026-00012", "CVE-2026-0001", "LDG-1A-2026-0001", ""],
)
def test_what_is_no_id_is_refused(text):
    with pytest.raises(InputError, match="no id of a house advisory"):
        parse(text)


def test_the_number_grows_past_four_digits():
    assert write_id(parse("LDG-2026-9999")._replace(number=10000)) == "LDG-2026-10000"


def test_a_prefix_is_given_with_or_without_the_house():
    assert {organisation(t) for t in ("acme", "ACME", "LDG-ACME", "LDG-ACME-")} == {"ACME"}
    assert organisation("") == organisation("LDG") == ""
    for bad in ("A", "AC ME", "9ACME", "../X", "A" * 17):
        with pytest.raises(InputError):
            organisation(bad)


@pytest.mark.parametrize(
    ("text", "ecosystem", "name", "purl", "release"),
    [
        ("pkg:pypi/Django", "PyPI", "django", "pkg:pypi/django", ""),
        ("PyPI/Django", "PyPI", "Django", "pkg:pypi/django", ""),
        ("pkg:maven/org.x/y", "Maven", "org.x:y", "pkg:maven/org.x/y", ""),
        ("pkg:npm/%40a/b", "npm", "@a/b", "pkg:npm/%40a/b", ""),
        ("Go/stdlib", "Go", "stdlib", "pkg:golang/stdlib", ""),
        ("Packagist/a/b", "Packagist", "a/b", "pkg:composer/a/b", ""),
        ("pkg:deb/debian/curl?distro=debian-12", "Debian:12", "curl", "", "debian:12"),
        ("pkg:apk/alpine/curl?distro=alpine-3.19.1", "Alpine:v3.19", "curl", "", "alpine:3.19"),
        ("pkg:rpm/almalinux/bash?distro=almalinux-8.9", "AlmaLinux:8", "bash", "", "almalinux:8"),
        ("pkg:apk/wolfi/curl", "Wolfi", "curl", "", "wolfi"),
        (
            "Red Hat:enterprise_linux:9::baseos/bash",
            "Red Hat:enterprise_linux:9::baseos",
            "bash",
            "",
            "rhel:9",
        ),
    ],
)
def test_a_package_is_named_as_osv_names_it_and_read_back(text, ecosystem, name, purl, release):
    found = package(text)
    assert found == (ecosystem, name, purl)
    assert of_osv(found.ecosystem).release == release


@pytest.mark.parametrize(
    "text",
    ["pkg:pypi/x@1.0", "pkg:nothing/x", "Nowhere/x", "PyPI/", "curl", "pkg:", "Linux/Kernel"],
)
def test_what_is_no_package_is_refused_with_an_example(text):
    with pytest.raises(InputError) as error:
        package(text)
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (">=2.0,<2.0.5", ("2.0", "fixed", "2.0.5")),
        ("<3", ("0", "fixed", "3")),
        ("<= 1.9", ("0", "last_affected", "1.9")),
        (">=1.0, <=1.5", ("1.0", "last_affected", "1.5")),
        (">=3.0", ("3.0", "", "")),
    ],
)
def test_a_range_is_read(text, read):
    assert read_range(text) == read


@pytest.mark.parametrize(
    "texts",
    [
        [""],
        ["1.0"],
        [">1.0"],
        ["<1,<2"],
        [">=2.0,<1.0"],
        [">=2.0,<2.0"],
        ["<0"],
        ["<not a version!"],
        ["<2.O"],
        ["<1", "<=5"],
    ],
)
def test_what_is_no_range_is_refused(texts):
    with pytest.raises(InputError):
        osv_range("PyPI", texts)


def test_several_ranges_are_one_osv_range_of_the_ecosystems_kind():
    made = osv_range("npm", ["<1.2.3", ">=2.0.0,<2.0.5"])
    assert made["type"] == "SEMVER"
    assert made["events"] == [
        {"introduced": "0"},
        {"fixed": "1.2.3"},
        {"introduced": "2.0.0"},
        {"fixed": "2.0.5"},
    ]
    assert osv_range("Debian:12", ["<1:2.0-1"])["type"] == "ECOSYSTEM"


def stated(**more):
    said = {
        "summary": "It  breaks\nout",
        "packages": ("pkg:pypi/x", "PyPI/y"),
        "ranges": ("<2.0",),
        "vectors": (VECTOR,),
        "fixes": ("https://example.com/commit/1",),
        "credits": ("Jo Doe <jo@example.com>", "Bo"),
    }
    return Said(**(said | more))


def test_what_is_stated_stands_in_the_record():
    record = json.loads(write(stated()))
    assert record["summary"] == "It breaks out"
    assert [b["package"]["name"] for b in record["affected"]] == ["x", "y"]
    assert record["severity"] == [{"type": "CVSS_V3", "score": VECTOR}]
    assert record["credits"][0] == {
        "name": "Jo Doe",
        "contact": ["mailto:jo@example.com"],
        "type": "FINDER",
    }
    assert write(stated()) == write(stated())


def test_what_is_stated_later_replaces_that_alone():
    before = write(stated(reports=("https://example.com/1",)))
    after = json.loads(write(Said(ranges=("<3.0",), reports=("https://example.com/2",)), before))
    assert [b["package"]["name"] for b in after["affected"]] == ["x", "y"]
    assert after["affected"][1]["ranges"][0]["events"][1] == {"fixed": "3.0"}
    urls = [(r["type"], r["url"]) for r in after["references"]]
    assert urls == [("FIX", "https://example.com/commit/1"), ("REPORT", "https://example.com/2")]
    moved = json.loads(write(Said(packages=("PyPI/z",)), before))
    assert [b["package"]["name"] for b in moved["affected"]] == ["z"]
    assert moved["affected"][0]["ranges"] == json.loads(before)["affected"][0]["ranges"]
    assert write(Said(), before) == before


def test_a_record_is_taken_over_but_for_ids_and_dates():
    foreign = {
        "id": "X-1",
        "modified": "2020-01-01T00:00:00Z",
        "published": "2020-01-01T00:00:00Z",
        "aliases": ["CVE-2020-1111"],
        "summary": "theirs",
        "database_specific": {"x": 1},
    }
    record = json.loads(write(stated(record=json.dumps(foreign).encode(), summary="")))
    assert record["summary"] == "theirs"
    assert not {"id", "published", "aliases", "database_specific"} & set(record)


@pytest.mark.parametrize(
    "record", [b"", b"[]", b"{", b'{"severity": [{"type": "X"}]}', b"\xff", b"[" * 100_000]
)
def test_a_record_that_is_none_is_one_clear_error(record):
    if record:
        with pytest.raises(InputError):
            write(stated(record=record))


@pytest.mark.parametrize(
    "more",
    [
        {"vectors": ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",)},
        {"vectors": ("9.8",)},
        {"vectors": ("AV:N/AC:L/Au:N/C:P/I:P/A:P",)},
        {"fixes": ("javascript:alert(1)",)},
        {"reports": ("not a url",)},
        {"packages": ("pkg:npm/x",), "ranges": ("<x.y.z",)},
    ],
)
def test_a_field_that_cannot_be_is_refused(more):
    with pytest.raises(InputError) as error:
        write(stated(**more))
    assert error.value.hint
