"""What is public: the same bytes each time, usable elsewhere, nothing of it ever dropped."""

import html
import io
import json
import re
import zipfile

import pytest
from house_records import at, drafted, published
from msgspec.structs import replace
from small_sets import sbom_of

from match.house import lifecycle as life
from match.house.lint import lint
from match.house.publish import files
from match.house.site import MARK
from match.records.faults import faults
from match.resolve import resolve
from match.set.importer import import_path, load
from match.set.store import open_set
from sbom.errors import InputError


def top(folder):
    return {name: data for name, data in folder.items() if "/" not in name}


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(folder, made):
    for name, data in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_the_folder_is_osvs_layout_with_the_same_bytes_each_time():
    public = [
        published(),
        published(
            "LDG-2026-0002",
            "11-02",
            packages=("npm/x", "pkg:deb/debian/x?distro=debian-12"),
            ranges=("<2.0.0",),
        ),
    ]
    made = files(public, {}, site=False)
    assert list(made) == [
        "LDG-2026-0001.json", "LDG-2026-0002.json", "Debian/all.zip", "PyPI/all.zip",
        "npm/all.zip", "all.zip", "modified_id.csv", "ecosystems.txt",
    ]  # fmt: skip
    assert members(made["all.zip"]) == {n: d for n, d in made.items() if n.startswith("LDG-")}
    assert list(members(made["npm/all.zip"])) == ["LDG-2026-0002.json"]
    assert (
        made["modified_id.csv"]
        == b"2026-11-02T00:00:00Z,LDG-2026-0002\n2026-11-01T00:00:00Z,LDG-2026-0001\n"
    )
    assert made["ecosystems.txt"] == b"Debian\nPyPI\nnpm\n"
    assert files(reversed(public), {}, site=False) == made
    for entry in public:
        assert faults(entry.public.encode()) == []


def test_only_what_was_published_is_in_it():
    secret = drafted("LDG-2026-0002", summary="secret")
    changed = life.dispute(published(), "Secret Corp", "", at("11-03"))
    made = files([secret, changed], {}, site=True)
    assert not any(b"ecret" in data for data in made.values())
    assert not any("0002" in name for name in made)


def test_nothing_that_was_public_is_dropped(tmp_path):
    first = files([published()], {}, site=True)
    # Another store, which knows nothing of the first id, publishes into the same folder.
    second = files(
        [published("LDG-ACME-2026-0001", packages=("npm/x",), ranges=("<2.0.0",))],
        top(first),
        site=True,
    )
    assert set(first) <= set(second)
    assert second["LDG-2026-0001.json"] == first["LDG-2026-0001.json"]
    assert set(members(second["all.zip"])) == {"LDG-2026-0001.json", "LDG-ACME-2026-0001.json"}
    withdrawn = life.publish(life.withdraw(published(), at("11-09", "works as meant")), at("11-10"))
    third = files([withdrawn], top(second), site=True)
    assert set(second) <= set(third)
    assert json.loads(third["LDG-2026-0001.json"])["withdrawn"] == "2026-11-09T00:00:00Z"
    assert b"works as meant" in third["LDG-2026-0001/index.html"]


def test_a_folder_that_holds_something_else_is_not_written_over():
    for data in (
        b"{",
        b"[]",
        b'{"id": "LDG-2026-0009", "modified": "2026-01-01T00:00:00Z"}',
        b'{"id": "LDG-2026-0002"}',
    ):
        with pytest.raises(InputError, match=r"LDG-2026-0002\.json"):
            files([published()], {"LDG-2026-0002.json": data}, site=True)


def test_all_zip_is_imported_elsewhere_and_matches_there(tmp_path):
    linked = life.publish(life.link_cve(published(), "CVE-2026-1111", at("11-03")), at("11-04"))
    whole, one, two = life.split(
        drafted("LDG-2026-0002"), ("LDG-2026-0003", "LDG-2026-0004"), (), at("11-02")
    )
    ids = {"LDG-2026-0003", "LDG-2026-0004"}
    parts = [life.publish(e, at("11-05")) for e in (whole, one, two)]
    out = written(tmp_path / "pub", files([linked, *parts], {}, site=True))
    for path in (out / "all.zip", out):
        db = str(tmp_path / f"{path.name}.db")
        report = import_path(str(path), db, learned="2026-11-20T00:00:00Z")
        assert report.problems == ()
        with open_set(db) as advisories:
            resolution = resolve(sbom_of("pkg:pypi/lib@1.0", "pkg:pypi/lib@2.0"), advisories)
            led = advisories.vulnerabilities(advisories.groups_of("LDG-2026-0002")).values()
        assert {f.vulnerability.id for f in resolution.findings} == {"CVE-2026-1111", *ids}
        assert {f.component.version for f in resolution.findings} == {"1.0"}
        assert {v.id for v in led} == ids
    with load(str(out / "PyPI" / "all.zip")) as advisories:
        assert resolve(sbom_of("pkg:pypi/lib@1.0"), advisories).findings


def test_pages_escape_what_is_hostile_and_load_nothing():
    evil = "<script>alert(1)</script>\"'&{{ 7*7 }}"
    entry = drafted(summary=evil, details=evil, credits=(evil,))
    entry = replace(
        entry, draft=entry.draft.replace("https://example.com/lib", "https://example.com/<b>")
    )
    entry = life.publish(life.dispute(entry, evil, "", at("11-02")), at("11-03"))
    made = files([entry], {}, site=True)
    for name in ("index.html", "LDG-2026-0001/index.html"):
        page = made[name].decode()
        assert "<script" not in page
        assert "<b>" not in page
        assert "{{ 7*7 }}" in page
        assert not re.findall(r"(?:\bsrc=|@import|url\()", page)
        assert "default-src 'none'" in html.unescape(page)
        assert "prefers-color-scheme: dark" in page
        assert 'name="viewport"' in page
        assert MARK in made[name]


def test_an_address_that_is_no_web_page_is_no_link():
    record = json.loads(published().public)
    record["references"] = [{"type": "WEB", "url": "javascript:alert(1)"}]
    record["aliases"] = ["CVE-2026-1111", "GHSA-x/../../y"]
    made = files([], {"LDG-2026-0001.json": json.dumps(record).encode()}, site=True)
    page = made["LDG-2026-0001/index.html"].decode()
    assert 'href="javascript' not in page
    assert 'href="https://www.cve.org/CVERecord?id=CVE-2026-1111"' in page
    assert '../../y"' not in page


def test_links_between_pages_lead_somewhere():
    whole, one, two = life.split(drafted(), ("LDG-2026-0002", "LDG-2026-0003"), (), at("11-02"))
    made = files([life.publish(e, at("11-03")) for e in (whole, one, two)], {}, site=True)
    for name, data in made.items():
        if not name.endswith(".html"):
            continue
        for target in re.findall(r'href="([^"]+)"', data.decode()):
            if target.startswith("http"):
                continue
            path = "/".join([*name.split("/")[:-1], target])
            path = re.sub(r"[^/]+/\.\./", "", path)
            path += "index.html" if path.endswith("/") or not path else ""
            assert path in made, (name, target)


def test_every_page_says_the_state():
    public = published()
    states = {
        "Published": public,
        "Has a CVE": life.link_cve(public, "CVE-2026-1111", at("11-03")),
        "Disputed": life.dispute(public, "them", "", at("11-03")),
        "Withdrawn": life.withdraw(public, at("11-03")),
    }
    for word, entry in states.items():
        made = files([life.publish(entry, at("11-04"))], {}, site=True)
        assert f">{word}</span>" in made["LDG-2026-0001/index.html"].decode()
        assert not [r for r in lint(made["LDG-2026-0001.json"], "x") if r.level == "wrong"]
