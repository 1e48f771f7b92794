"""rubysec and FriendsOfPHP: YAML files of gems and of Composer packages."""

import pytest
from feed_files import ranges, records, tarball
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import friendsofphp, rubysec
from match.model import Advisory
from sbom.model import Problem

GEM = b"""---
gem: crate
cve: 2021-10001
ghsa: aaaa-bbbb-cccc
title: Lid opens
  by itself
date: 2021-02-03
cvss_v3: 7.5
cvss_v2: 11.0
unaffected_versions:
- "< 1.0"
patched_versions:
- "~> 1.4, >= 1.4.2"
- ">= 2.0.1"
"""
PHP = b"""title: Lid opens
link: https://example.org/lid
cve: CVE-2021-10002
reference: composer://Harbour/Crate
branches:
    1.x:
        time: 2021-02-03 10:00:00
        versions: ['>=1.0', '<1.4.2']
    2.x:
        time: ~
        versions: ['>=2.0.0', '<=2.3']
"""


def one(reader, data, path="x"):
    (found,) = records(reader, data, path)
    return found


def test_a_gem_is_affected_where_it_is_neither_patched_nor_never_was():
    found = one(rubysec, GEM)
    assert (found.id, found.aliases) == ("CVE-2021-10001", ("GHSA-aaaa-bbbb-cccc",))
    assert (found.feed, found.published) == ("rubysec", "2021-02-03T00:00:00Z")
    assert found.summary == "Lid opens by itself"
    assert [(s.score, s.version, s.source) for s in found.severities] == [(7.5, "3.1", "rubysec")]
    (claim,) = found.affected
    assert (claim.scheme, claim.name, claim.names, claim.fix) == (
        "gem",
        "crate",
        "language",
        "fixed",
    )
    assert ranges(claim) == [("1.0", "1.4.2", None), ("2.A", "2.0.1", None)]


def test_a_gem_without_patch_is_affected_whole_and_one_wholly_patched_is_not():
    (claim,) = one(rubysec, b"gem: crate\ncve: 2021-10001\ntitle: x\n").affected
    assert (claim.claim, ranges(claim), claim.fix) == ("affected", [(None, None, None)], "none")
    text = b"gem: crate\ncve: 2021-10001\ntitle: x\npatched_versions: ['>= 1']\nunaffected_versions: ['< 1']\n"
    (claim,) = one(rubysec, text).affected
    assert (claim.claim, claim.intervals) == ("not_affected", ())


def test_ruby_itself_has_a_key_of_its_own_and_other_engines_are_counted():
    (claim,) = one(
        rubysec, b"engine: ruby\ncve: 2021-10001\npatched_versions: ['>= 2.7.1']\n"
    ).affected
    assert (claim.name, claim.ecosystem) == ("runtime/ruby", "Ruby")
    other = one(rubysec, b"engine: other\ncve: 2021-10001\npatched_versions: ['>= 2']\n")
    assert (other.affected, other.unmatchable) == ((), 1)


@pytest.mark.parametrize(
    ("fields", "id_"),
    [
        (b"ghsa: aaaa-bbbb-cccc", "GHSA-aaaa-bbbb-cccc"),
        (b"osvdb: 123", "OSVDB-123"),
        (b"url: https://example.org", "RUBYSEC-2021-4"),
    ],
)
def test_what_has_no_cve_goes_by_the_next_id(fields, id_):
    assert one(rubysec, b"gem: crate\ntitle: x\n" + fields, "r.tar!gems/crate/2021-4.yml").id == id_


def test_a_requirement_that_cannot_be_read_leaves_no_claim():
    lost, found = records(rubysec, GEM.replace(b"~> 1.4", b"about 1.4"))
    assert isinstance(lost, Problem)
    assert (lost.effect, found.affected, found.unmatchable) == ("field_lost", (), 1)


def test_the_branches_of_a_composer_package_are_united():
    found = one(friendsofphp, PHP)
    assert (found.id, found.feed, found.published) == (
        "CVE-2021-10002",
        "friendsofphp",
        "2021-02-03T10:00:00Z",
    )
    (claim,) = found.affected
    assert (claim.scheme, claim.name, claim.ecosystem) == ("composer", "harbour/crate", "Packagist")
    assert ranges(claim) == [("1.0", "1.4.2", None), ("2.0.0", None, "2.3")]


def test_without_a_cve_its_path_is_its_id():
    text = PHP.replace(b"CVE-2021-10002", b"~")
    found = one(friendsofphp, text, "r.tar!m/harbour/crate/2021-02-03-1.yaml")
    assert found.id == "FOP-Harbour-Crate-2021-02-03-1"


@pytest.mark.parametrize(
    ("link", "joins"),
    [
        (b"https://github.com/advisories/GHSA-aaaa-bbbb-cccc", True),
        (b"https://github.com/Harbour/Crate/security/advisories/GHSA-aaaa-bbbb-cccc", True),
        (b"https://example.org/GHSA-aaaa-bbbb-cccc", False),
        (b"https://github.com/Harbour/Crate/issues/7#GHSA-aaaa-bbbb-cccc", False),
    ],
)
def test_a_link_to_githubs_page_of_the_advisory_is_its_ghsa(link, joins):
    text = PHP.replace(b"https://example.org/lid", link)
    ghsa = ("GHSA-aaaa-bbbb-cccc",) if joins else ()
    found = one(friendsofphp, text)
    assert (found.id, found.aliases) == ("CVE-2021-10002", ghsa)
    found = one(friendsofphp, text.replace(b"CVE-2021-10002", b"~"), "harbour/crate/2021.yaml")
    assert (found.id, found.aliases) == (ghsa[0] if ghsa else "FOP-Harbour-Crate-2021", ())


def test_a_bad_branch_costs_that_branch():
    lost, found = records(friendsofphp, PHP.replace(b"'<1.4.2'", b"'soon'"))
    assert (lost.effect, found.unmatchable) == ("field_lost", 1)
    assert ranges(found.affected[0]) == [("2.0.0", None, "2.3")]


@pytest.mark.parametrize("packed", [False, True])
def test_archives_are_read_and_what_is_no_record_is_passed_over(packed, tmp_path):
    from match.feeds import read, walk

    ruby = {"db-1/gems/crate/CVE-1.yml": GEM, "db-1/README.md": b"# gems", "db-1/lib/x.yml": b"{"}
    php = {
        "sa-1/.github/x/y.yaml": b"{",
        "sa-1/harbour/crate/a.yaml": PHP,
        "sa-1/harbour/crate/b.yaml": b"- {",
    }
    suffix = ".gz" if packed else ""
    (tmp_path / f"a.tar{suffix}").write_bytes(tarball(ruby, packed))
    (tmp_path / f"b.tar{suffix}").write_bytes(tarball(php, packed))
    sources = list(walk(str(tmp_path)))
    assert [s.feed for s in sources] == ["rubysec", "friendsofphp"]
    (gem,), (crate, lost) = (list(read(s)) for s in sources)
    assert (gem.id, crate.id) == ("CVE-2021-10001", "CVE-2021-10002")
    assert (lost.effect, lost.where.endswith("!sa-1/harbour/crate/b.yaml")) == ("record_lost", True)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.sampled_from([rubysec, friendsofphp]), st.integers(0, 200))
def test_no_text_makes_the_readers_fail(text, reader, at):
    base = GEM if reader is rubysec else PHP
    for data in (
        text.encode("utf-8", "replace"),
        base[:at] + text.encode("utf-8", "replace") + base[at:],
    ):
        for found in records(reader, data):
            assert isinstance(found, Advisory | Problem)


@pytest.mark.parametrize(
    "data", [b"[" * 3000, b"a: " * 3000, b"a: &a [*a]\ngem: x\ncve: 2021-10001\n", b"x" * (1 << 21)]
)
def test_hostile_yaml_is_a_problem_or_nothing(data):
    for reader in (rubysec, friendsofphp):
        for found in records(reader, data):
            assert isinstance(found, Advisory | Problem)
