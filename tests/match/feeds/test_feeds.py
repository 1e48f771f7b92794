"""The table of feeds: what belongs to which, what is named and left, and the page made of it."""

import gzip
import json
import re
from pathlib import Path

import pytest
from feed_files import tarball
from zstandard import ZstdCompressor

from match import feeds
from match.ecosystems import OSV_DISTRIBUTIONS, OSV_LANGUAGES, OSV_UNMATCHABLE, of_osv
from match.feeds import FEEDS, REPOSITORIES, Source, read, walk
from match.model import Advisory
from sbom.model import Problem

PAGE = Path(__file__).resolve().parents[3] / "docs/feeds.md"
NAMES = {
    "source": "source",
    "binary": "binary",
    "either": "source or binary",
    "language": "package",
}


def page() -> str:
    """docs/feeds.md as the tables say it."""
    lines = [
        "# Feeds",
        "",
        "Made by `python tests/match/feeds/test_feeds.py`; a test compares it.",
        "",
        "| feed | published by, where | licence | stale after | what is read | tested on |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{f.name}` | {f.title}<br>`{f.url}` | {f.licence} | {f.days} days | {f.says} | {f.tested} |"
        for f in FEEDS
    ]
    lines += [
        "",
        "A file belongs to the first feed of this table that knows its form, whatever its name;",
        "`.gz` and `.zst` are read as what they hold, and archives (`.tar`, `.zip`) as their files, of",
        f"{', '.join(f'`{name}`' for name in sorted(REPOSITORIES))}. What no feed reads is named",
        "in the import's report and left: OVAL of other publishers, OpenVEX (which `--vex` reads),",
        "additions to NVD's records by CPE, Wolfi's advisories in YAML (its security database has the",
        "same). Lists of changes (`modified_id.csv`) hold no advisory and are passed over.",
        "",
        "`feeds import` counts by feed what it read and what was new, and tells each problem; `-o json` has all of it",
        "(`schemas/import.schema.json`). Where the newest record is more than 30 days older than the import and no",
        "`--learned` says when the files were fetched, it asks: else an old mirror's feeds count as fresh.",
        "",
        "Every feed is also tested on records of our own. What each makes of its publisher's words",
        "stands at the head of its file in `match/feeds/`; in short:",
        "",
        "- What a publisher says of versions that are *not* affected (`rubysec`, `nodejs`, the CVE",
        "  list's `defaultStatus`) is turned round exactly. A bound that is written nowhere, such as",
        "  the one just above `1.2.3`, is spelled as a version that can exist and none does",
        "  (`1.2.3.0.0.0.0.1` of a gem, `1.2.4-0` of an npm package, `1.3.A` for the end of `~> 1.2.0`).",
        "- An id is the CVE where a record has one; else the GHSA's; else the database's own number",
        "  (`OSVDB-…`, `NSWG-ECO-…`), or one made of the record's place in it (`RUBYSEC-…`, `FOP-…`,",
        "  `NODEJS-CORE-…`, `RETIREJS-…`). A record of several CVEs gives a finding for each.",
        "- Node.js and Ruby themselves are `pkg:generic/node`, `pkg:generic/ruby` (and its engines).",
        "- Red Hat's and SUSE's products are kept as CPE or name beside the release. A product that is",
        "  on no release, a container image and a source package alone are counted as not matchable.",
        "- Entries of the CVE list that name vendor and product only are counted and never matched.",
        "- A product that NVD or the CVE list names by CPE is matched where a package is mapped to it,",
        "  one by one (`match/cpe/products.py`), and no other record names the package: programs that",
        "  no package installed, and packages of repositories beside the distribution's. The target,",
        "  the edition and what a product runs on are respected; such findings say *by CPE*.",
        "- A `TEMP-` id of Debian's tracker is nobody's alias, and gone when there is a CVE.",
        "- A CVE that its CNA rejected makes no finding by itself; where another publisher's record",
        "  stands, the finding says that the CVE was rejected. What is disputed is marked so.",
        "- `lading feeds status`, every report and `-o json` (`coverage.reach`) say how many of the",
        "  CVEs of the last 90 days of the set's own time some record names a package in: by feed,",
        "  and by release or ecosystem of the components.",
        "",
        "## OSV ecosystems",
        "",
        "What follows the colon of a name is a release, a product or a repository.",
        "",
        "| OSV name | purl type | version order | its records name |",
        "|---|---|---|---|",
    ]
    for title in sorted({*OSV_LANGUAGES, *OSV_DISTRIBUTIONS}, key=lambda t: (t.lower(), t)):
        place = of_osv(title)
        assert place
        lines.append(f"| {title} | `{place.type}` | {place.scheme} | {NAMES[place.names]} |")
    lines += [
        "",
        f"Known, but with no package a component could be: {', '.join(sorted(OSV_UNMATCHABLE))}.",
        "Their ranges, and those over commits (`GIT`), are counted as not matchable.",
        "Records of any other ecosystem are counted in a problem of their file.",
        "",
    ]
    return "\n".join(lines)


def test_the_page_is_what_the_tables_say():
    assert PAGE.read_text() == page()


def test_every_feed_has_its_file_and_a_limit():
    for feed in FEEDS:
        module = feeds.reader(feed.name)
        assert callable(module.recognises)
        assert callable(module.read)
        assert feed.days > 0
        assert feed.url.startswith("https://")


OSV = b'{"id":"X-1","modified":"2026-01-01T00:00:00Z","affected":[]}'
FORMS = {
    "a.json": (OSV, "osv"),
    "list.json": (b"[" + OSV + b"]", "osv"),
    "a.jsonl": (OSV + b"\n", "osv"),
    "kev.csv": (b"cveID,vendorProject\n", "kev"),
    "kev.json": (b'{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2020-0001"}]}', "kev"),
    "list": (b"[01 Jan 2020] DSA-1-1 foo - update\n", "debian"),
    "epss.csv": (b"#model_version:v1,score_date:2026-01-01\ncve,epss,percentile\n", "epss"),
    "security.json": (b'{"apkurl":"a","urlprefix":"alpine","packages":[]}', "secdb"),
    "page.json": (b'{"format":"NVD_CVE","vulnerabilities":[]}', "nvd"),
    "modified_id.csv": (b"2026-01-01T00:00:00Z,X-1\n", "index"),
    "csaf.json": (b'{"document":{"category":"csaf_vex","csaf_version":"2.0"}}', "csaf"),
    "info.json": (b'{"document":{"category":"csaf_informational","csaf_version":"2.0"}}', ""),
    "1.1.json": (b'{"CVE_data_type":"CVE","CVE_Items":[]}', "nvd11"),
    "cve.json": (b'{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2021-10001"}}', "cve"),
    "gem.yml": (b"gem: crate\ncve: 2021-10001\ntitle: x\n", "rubysec"),
    "php.yaml": (b"title: x\nreference: composer://a/b\nbranches: {}\n", "friendsofphp"),
    "retire.json": (b'{"a":{"vulnerabilities":[{"below":"1.0.0"}]}}', "retirejs"),
    "x.openvex.json": (b'{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x"}', ""),
    "oval.xml": (b'<oval_definitions xmlns="x">', ""),
    "notes.txt": (b"no advisory", ""),
    "empty.json": (b"", ""),
    "garbage.json": (b"\xff\xfe\x00{{{{", ""),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_known_by_its_form(tmp_path, name, packed):
    data, feed = FORMS[name]
    if packed and feed == "index":
        return
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(data) if packed else data)
    (source,) = walk(str(tmp_path))
    assert (source.path, source.feed) == (str(path), feed)
    assert bool(source.why) is (feed == "")


def test_what_no_feed_reads_is_named(tmp_path):
    (tmp_path / "x.json").write_bytes(FORMS["x.openvex.json"][0])
    (source,) = walk(str(tmp_path))
    assert list(read(source)) == [
        Problem(
            source="feeds",
            where=source.path,
            what="OpenVEX, which `--vex` reads: statements on products",
            effect="source_lost",
        )
    ]


def test_zstandard_is_read_as_what_it_holds_and_damage_is_a_problem(tmp_path):
    document = FORMS["csaf.json"][0].replace(b'"2.0"', b'"2.0","tracking":{"id":"CVE-2021-10001"}')
    many = {f"2021/cve-2021-{n}.json": document for n in range(10_001, 10_301)}
    data = ZstdCompressor().compress(tarball(many))
    (tmp_path / "a.tar.zst").write_bytes(data)
    (tmp_path / "b.tar.zst").write_bytes(data[: len(data) // 2])
    (tmp_path / "c.tar.zst").write_bytes(data[:200] + b"damage" + data[206:])
    whole, cut, damaged = walk(str(tmp_path))
    assert (whole.feed, cut.feed, damaged.feed) == ("csaf", "csaf", "csaf")
    assert len(list(read(whole))) == 300
    assert isinstance(list(read(cut))[-1], Problem)
    assert isinstance(list(read(damaged))[-1], Problem)


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_belongs_to_the_feed_of_its_files_or_to_none(tmp_path, packed):
    strange = {"a/x.json": FORMS["kev.json"][0], "a/y.json": OSV, "a/security.json": b"{}"}
    (tmp_path / "a.tar").write_bytes(tarball(strange, packed))
    wolfi = {"w/crane.advisories.yaml": b"package: crane\n"}
    (tmp_path / "b.tar").write_bytes(tarball(wolfi, packed))
    first, second = walk(str(tmp_path))
    assert (first.feed, first.why) == ("", "an archive of files that no feed has")
    assert (second.feed, second.why.startswith("Wolfi")) == ("", True)


def test_files_come_in_order_of_their_path_and_a_file_alone_is_walked(tmp_path):
    for name in ("b/2.json", "b/1.json", "a.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(OSV)
    found = [Path(s.path).name for s in walk(str(tmp_path))]
    assert found == ["a.json", "1.json", "2.json"]
    assert [s.feed for s in walk(str(tmp_path / "a.json"))] == ["osv"]


@pytest.mark.parametrize("cut", [5, 200, -9])
def test_a_truncated_file_is_a_problem_of_the_rest(tmp_path, cut):
    rows = "".join(f"CVE-2020-{n:05},0.5,0.5\n" for n in range(2000))
    data = gzip.compress(b"cve,epss,percentile\n" + rows.encode())
    path = tmp_path / "scores.csv.gz"
    path.write_bytes(data[:cut])
    records = list(read(Source(str(path), "epss")))
    assert isinstance(records[-1], Problem)
    assert records[-1].effect == "source_lost"


def test_a_file_that_is_gone_is_a_problem(tmp_path):
    (problem,) = read(Source(str(tmp_path / "gone.json"), "osv"))
    assert isinstance(problem, Problem)


def records_of(shared, part):
    """Every record below a part of the shared feeds, by file."""
    root = shared / "feeds" / part
    return {s.path.removeprefix(f"{shared}/feeds/"): list(read(s)) for s in walk(str(root))}


@pytest.mark.shared
@pytest.mark.parametrize("part", ["osv", "osv-mined", "debian", "kev", "epss", "nvd/rest"])
def test_the_shared_feeds_are_read_whole(shared, part):
    manifest = json.loads((shared / "feeds/MANIFEST.json").read_text())
    stated = {e["path"]: e.get("records") for e in manifest["entries"]}
    for path, records in records_of(shared, part).items():
        if re.search(r"modified_id\.csv$|ecosystems\.txt$", path):
            assert not records
            continue
        problems = [r for r in records if isinstance(r, Problem)]
        lost = sum(p.effect == "record_lost" for p in problems)
        assert len(records) - len(problems) + lost == stated[path], path
        # Two records of a test fixture are wrong: an id that is no CVE's, and a month 14.
        assert len(problems) == (2 if path.endswith("mined-nvd2.json.gz") else 0), problems


@pytest.mark.shared
@pytest.mark.parametrize("part", ["cve5", "rubysec", "friendsofphp", "nodejs", "nvd/feeds"])
def test_the_shared_repositories_are_read_whole(shared, part):
    manifest = json.loads((shared / "feeds/MANIFEST.json").read_text())
    stated = {e["path"]: e.get("records") for e in manifest["entries"]}
    ((path, records),) = records_of(shared, part).items() if part != "nvd/feeds" else (
        *[i for i in records_of(shared, part).items() if "2022" in i[0]],
    )  # fmt: skip
    # The manifest counts the workflow file of FriendsOfPHP's repository.
    assert len(records) == stated[path] - (part == "friendsofphp")
    assert all(isinstance(r, Advisory) for r in records)


@pytest.mark.shared
def test_the_shared_csaf_documents_are_read_whole(shared):
    for path, records in records_of(shared, "redhat").items():
        document = json.loads(gzip.decompress((shared / "feeds" / path).read_bytes()))
        assert len(records) == max(1, len(document.get("vulnerabilities", ())))
        for record, said in zip(records, document.get("vulnerabilities", ()), strict=False):
            assert isinstance(record, Advisory)
            assert said["cve"] in {record.id, *record.names}
            # What is fixed is a claim with that version, or one of the products that are counted.
            versions = {
                i.fixed.rpartition(":")[2] for a in record.affected for i in a.intervals if i.fixed
            }
            for id_ in said.get("product_status", {}).get("fixed", ()):
                rpm = re.search(r"-(?:\d+:)?([^-:]+-[^-:]+)\.(?:x86_64|aarch64|noarch)", id_)
                assert not rpm or rpm[1] in versions or record.unmatchable, id_


@pytest.mark.shared
def test_the_shared_oval_documents_are_read_whole(shared):
    for path, records in records_of(shared, "azurelinux").items():
        text = gzip.decompress((shared / "feeds" / path).read_bytes()).decode()
        stated = set(re.findall(r"<title>(CVE-\S+) affecting package (\S+) ", text))
        found = {(r.id, a.name) for r in records if isinstance(r, Advisory) for a in r.affected}
        assert found == stated, path
        assert all(isinstance(r, Advisory) for r in records)


@pytest.mark.shared
def test_the_shared_list_of_libraries_is_read_whole(shared):
    ((_, records),) = records_of(shared, "retirejs").items()
    assert all(isinstance(r, Advisory) for r in records)
    assert sum(bool(r.affected) for r in records) > 400


@pytest.mark.shared
@pytest.mark.parametrize("part", ["alpine", "wolfi/os"])
def test_the_shared_security_databases_are_read_whole(shared, part):
    """The manifest counts texts, we count ids: so each id of each text must be a claim."""
    for path, records in records_of(shared, part).items():
        claims = {
            (a.name, i.fixed, r.id)
            for r in records
            if isinstance(r, Advisory)
            for a in r.affected
            for i in a.intervals
        }
        for entry in json.loads((shared / "feeds" / path).read_text())["packages"] or ():
            for version, texts in entry["pkg"]["secfixes"].items():
                ids = re.findall(r"CVE-\d{4}-\d{4,}|GHSA(?:-\w{4}){3}", " ".join(texts or ()))
                for id_ in ids if version != "0" else ():
                    assert (entry["pkg"]["name"], version, id_) in claims, path
        # One version of heimdal names nothing.
        assert sum(isinstance(r, Problem) for r in records) == ("v3.6/main" in path)


if __name__ == "__main__":
    PAGE.write_text(page())
