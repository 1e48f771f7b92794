"""Each way of publishing, over real HTTP: NVD's pages, CSAF's lists, Alpine's releases, EPSS's days."""

import gzip
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from feed_servers import kev, put, serving
from fetch_worlds import (
    BY_NAME,
    World,
    csaf,
    directory,
    metadata,
    publish,
    put_archive,
    some,
)

from match.fetch.publishers import PUBLISHERS, provider
from sbom.errors import InputError

NVD = "rest/json/cves/2.0"


@pytest.fixture
def world(tmp_path):
    (tmp_path / "root").mkdir()
    with serving(tmp_path / "root") as server:
        yield World(server, tmp_path)


# NVD


def cve(number, modified="2026-01-01T00:00:00.000", summary="s"):
    return {
        "id": f"CVE-2026-{number:04}",
        "sourceIdentifier": "x",
        "vulnStatus": "Analyzed",
        "published": "2026-01-01T00:00:00.000",
        "lastModified": modified,
        "descriptions": [{"lang": "en", "value": summary}],
    }


class Api:
    """NVD's API in small: pages of `size`, and what was modified in a window."""

    def __init__(self, world, monkeypatch, size=4):
        monkeypatch.setattr("match.fetch.plans.nvd.PAGE", size)
        self.records, self.size, self.asked = [], size, []
        self.failing_from = None
        world.server.always[NVD] = self.answer

    def answer(self, handler):
        query = {name: value[0] for name, value in parse_qs(urlsplit(handler.path).query).items()}
        self.asked.append(query | {"key": handler.headers.get("apiKey")})
        start = int(query["startIndex"])
        if self.failing_from is not None and start >= self.failing_from:
            return handler.answer(503, b"")
        found = self.records
        if "lastModStartDate" in query:
            low, high = (query[name][:23] for name in ("lastModStartDate", "lastModEndDate"))
            found = [one for one in found if low <= one["lastModified"] <= high]
        page = {
            "resultsPerPage": len(found[start : start + self.size]),
            "startIndex": start,
            "totalResults": len(found),
            "format": "NVD_CVE",
            "version": "2.0",
            "vulnerabilities": [{"cve": one} for one in found[start : start + self.size]],
        }
        return handler.answer(200, json.dumps(page).encode())


def test_nvd_comes_in_pages_and_then_as_what_changed(world, monkeypatch):
    api = Api(world, monkeypatch)
    api.records = [cve(n) for n in range(1, 11)]
    nvd = world.publisher("nvd")
    assert world.update(nvd).status == "updated"
    assert [query["startIndex"] for query in api.asked] == ["0", "4", "8"]
    assert len(world.ids()) == 10
    api.asked.clear()
    api.records[2] = cve(3, "2026-11-23T01:00:00.000", "changed")
    api.records += [cve(n, "2026-11-23T01:00:00.000") for n in range(11, 15)]
    outcome = world.update(nvd, "2026-11-23T02:00:00Z", nvd="the-key")
    (asked, further) = api.asked
    assert asked["lastModStartDate"] == "2026-11-22T22:00:00.000+00:00"
    assert asked["lastModEndDate"] == "2026-11-23T02:00:00.000+00:00"
    assert (further["startIndex"], asked["key"]) == ("4", "the-key")
    (feed,) = outcome.feeds
    assert (feed.records, feed.added, feed.changed) == (5, 4, 1)
    assert len(world.ids()) == 14
    # The pages on the shelf are all of NVD, without a record twice: a mirror for others.
    other = {"db": world.db + "2", "cache": world.cache + "2", "mirror": world.cache + "/feeds"}
    assert world.update(nvd, **other).status == "updated"
    assert world.digest(world.db + "2") == world.digest()
    assert world.update(nvd, **other).status == "unchanged"
    assert world.update(nvd, "2026-11-23T03:00:00Z").status == "unchanged"


def test_nvd_goes_on_after_the_last_page_that_is_here(world, monkeypatch):
    api = Api(world, monkeypatch)
    api.records = [cve(n) for n in range(1, 11)]
    api.failing_from = 8
    outcome = world.update(world.publisher("nvd"))
    assert outcome.status == "failed"
    api.asked.clear()
    api.failing_from = None
    assert world.update(world.publisher("nvd"), "2026-11-23T04:00:00Z").status == "updated"
    assert [query["startIndex"] for query in api.asked] == ["8"]
    # What changed while the pages came is asked for from when the first was asked for.
    api.asked.clear()
    world.update(world.publisher("nvd"), "2026-11-23T05:00:00Z")
    assert api.asked[0]["lastModStartDate"].startswith("2026-11-22T22:00")


def test_nvd_is_asked_in_windows_of_at_most_120_days(world, monkeypatch):
    api = Api(world, monkeypatch)
    api.records = [cve(1)]
    world.update(world.publisher("nvd"), "2026-01-01T00:00:00Z")
    api.asked.clear()
    world.update(world.publisher("nvd"), "2026-11-23T00:00:00Z")
    windows = [(q["lastModStartDate"][:10], q["lastModEndDate"][:10]) for q in api.asked]
    assert windows == [
        ("2025-12-31", "2026-04-30"),
        ("2026-04-30", "2026-08-28"),
        ("2026-08-28", "2026-11-23"),
    ]


@pytest.mark.parametrize(
    "page",
    [b"<html>", b"{}", b'{"vulnerabilities": 1}', b'{"vulnerabilities": [], "totalResults": 5}',
     b'{"vulnerabilities": [], "startIndex": 9}', b"[" * 100_000],
)  # fmt: skip
def test_a_page_that_is_none_is_refused(world, page):
    world.server.always[NVD] = lambda handler: handler.answer(200, page)
    assert world.update(world.publisher("nvd")).status == "failed"


# EPSS and Alpine


def scores(day):
    return gzip.compress(
        f"#model_version:v1,score_date:{day}T00:00:00+0000\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n".encode()
    )


def test_epss_is_the_newest_day_there_is(world):
    put(world.root, "epss_scores-2026-11-21.csv.gz", scores("2026-11-21"))
    epss = world.publisher("epss")
    assert world.update(epss).status == "updated"
    assert [path[12:22] for path, _ in world.server.asked()] == [
        "2026-11-23",
        "2026-11-22",
        "2026-11-21",
    ]
    assert world.update(epss, "2026-11-23T09:00:00Z").status == "unchanged"
    put(world.root, "epss_scores-2026-11-24.csv.gz", scores("2026-11-24"))
    assert world.update(epss, "2026-11-24T09:00:00Z").status == "updated"
    assert world.update(epss, "2027-01-01T00:00:00Z").status == "failed"
    aged = world.update(
        epss,
        "2027-01-01T00:00:00Z",
        mirror=world.cache + "/feeds",
        cache=world.cache + "2",
        db=world.db + "2",
    )
    assert aged.status == "updated"


def test_alpine_is_asked_for_the_releases_that_are_there(world):
    def database(name):
        return {
            "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
            "distroversion": "v3.20", "reponame": name, "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
            "packages": [{"pkg": {"name": f"p-{name}", "secfixes": {"1.2-r0": ["CVE-2026-0001"]}}}],
        }  # fmt: skip

    put(world.root, "v3.20/main.json", database("main"))
    alpine = world.publisher("alpine")
    assert world.update(alpine, areas=("Alpine:v3.20", "PyPI")).status == "updated"
    assert sorted(world.server.asked()) == [("v3.20/community.json", 404), ("v3.20/main.json", 200)]
    outcome = world.update(alpine, areas=("Alpine:v3.20", "Alpine:v3.99"))
    assert outcome.status == "incomplete"
    assert "v3.99" in outcome.faults[0]


# CSAF


def test_csaf_documents_come_when_the_list_says_that_they_changed(world):
    publish(world.root, "csaf", some(1, 2, 3))
    assert world.update(directory(world)).status == "updated"
    assert world.ids() == ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"]
    assert world.update(directory(world)).status == "unchanged"
    assert world.server.asked() == [("csaf/changes.csv", 304)]
    changed = {"CVE-2026-0002": (csaf("CVE-2026-0002", "anew"), "2026-03-01T00:00:00Z")}
    publish(world.root, "csaf", some(1, 2, 3) | changed | some(4))
    outcome = world.update(directory(world))
    assert sorted(path for path, _ in world.server.asked(".json") if "sha" not in path) == [
        "csaf/2026/cve-2026-0002.json", "csaf/2026/cve-2026-0004.json",
    ]  # fmt: skip
    assert [(f.added, f.changed, f.gone) for f in outcome.feeds] == [(1, 1, 0)]


def test_a_csaf_document_that_is_no_longer_listed_is_gone(world):
    publish(world.root, "csaf", some(1, 2, 3))
    world.update(directory(world))
    publish(world.root, "csaf", some(1, 3))
    outcome = world.update(directory(world))
    assert sum(f.gone for f in outcome.feeds) == 1
    assert world.ids() == ["CVE-2026-0001", "CVE-2026-0003"]


def test_a_csaf_document_with_another_checksum_is_refused_and_asked_for_again(world):
    publish(world.root, "csaf", some(1, 2), wrong={"CVE-2026-0002"})
    outcome = world.update(directory(world))
    assert outcome.status == "incomplete"
    assert "sha256 is not the published one" in outcome.faults[0]
    assert world.ids() == ["CVE-2026-0001"]
    publish(world.root, "csaf", some(1, 2))
    assert world.update(directory(world)).status == "updated"
    assert world.ids() == ["CVE-2026-0001", "CVE-2026-0002"]


def test_without_dates_every_document_is_asked_about(world):
    publish(world.root, "csaf", some(1, 2), index="index.txt")
    world.update(directory(world))
    assert world.update(directory(world)).status == "unchanged"
    assert min(world.server.asked("cve-2026-0001.json")) == ("csaf/2026/cve-2026-0001.json", 304)


@pytest.mark.parametrize(
    "path", ["../../etc/passwd.json", "/etc/x.json", "a//b.json", "a/./b.json", "a\\b.json"]
)
def test_a_list_cannot_lead_out_of_its_place(world, path):
    put(world.root, "csaf/changes.csv", f'"{path}","2026-01-01T00:00:00Z"\n')
    outcome = world.update(directory(world))
    assert outcome.status in {"failed", "incomplete"}
    assert "no place below" in outcome.faults[0]


def test_an_archive_comes_first_and_then_what_changed_since(world, monkeypatch):
    redhat = world.publisher("redhat", items=(("csaf/", ""),), metadata="")
    old, new = some(1, 2, 3), some(3, 4, stamp="2026-04-02T00:00:00Z")
    publish(world.root, "csaf", old | new)
    put_archive(world.root, "2026-03-01", old)
    assert world.update(redhat).status == "updated"
    assert sorted(path for path, _ in world.server.asked("2026/") if "sha" not in path) == [
        "csaf/2026/cve-2026-0003.json", "csaf/2026/cve-2026-0004.json",
    ]  # fmt: skip
    assert world.ids() == [f"CVE-2026-000{n}" for n in (1, 2, 3, 4)]
    assert world.update(redhat).status == "unchanged"
    # Many changes: a newer archive is taken; what it no longer has is gone, what is newer stays.
    monkeypatch.setattr("match.fetch.plans.csaf.MOST_CHANGED", 1)
    newer = some(5, 6, stamp="2026-05-02T00:00:00Z")
    publish(world.root, "csaf", some(2, 3) | some(4, stamp="2026-04-02T00:00:00Z") | newer)
    put_archive(world.root, "2026-05-01", some(2, 3, 4))
    world.update(redhat, "2026-11-23T05:00:00Z")
    assert world.ids() == [f"CVE-2026-000{n}" for n in (2, 3, 4, 5, 6)]


def test_a_provider_is_found_by_its_well_known_address(world):
    publish(world.root, "csaf/white", some(1, 2))
    told = metadata(world, directory_url=f"{world.server.url}/csaf/white")
    put(world.root, ".well-known/csaf/provider-metadata.json", told)
    assert world.update(provider(world.server.url)).status == "updated"
    assert world.ids() == ["CVE-2026-0001", "CVE-2026-0002"]
    assert world.update(provider(world.server.url)).status == "unchanged"


def test_a_provider_is_found_by_security_txt(world):
    publish(world.root, "csaf", some(1))
    put(
        world.root,
        "deep/provider-metadata.json",
        metadata(world, directory_url=f"{world.server.url}/csaf/"),
    )
    put(
        world.root,
        ".well-known/security.txt",
        f"Contact: mailto:a@b\nCSAF: {world.server.url}/deep/provider-metadata.json\n",
    )
    assert world.update(provider(world.server.url)).status == "updated"
    assert world.ids() == ["CVE-2026-0001"]


def test_a_provider_with_rolie_feeds(world):
    (data, _), url = some(1)["CVE-2026-0001"], world.server.url
    put(world.root, "d/cve-2026-0001.json", data)
    put(world.root, "d/cve-2026-0001.json.sha512", hashlib.sha512(data).hexdigest() + " x")
    entry = {
        "id": "CVE-2026-0001", "updated": "2026-02-01T00:00:00Z", "content": {"src": f"{url}/d/cve-2026-0001.json"},
        "link": [{"rel": "self", "href": f"{url}/d/cve-2026-0001.json"}, {"rel": "hash", "href": f"{url}/d/cve-2026-0001.json.sha512"}],
    }  # fmt: skip
    put(world.root, "feed.json", {"feed": {"id": "f", "entry": [entry]}})
    put(
        world.root,
        "p/provider-metadata.json",
        metadata(world, rolie={"feeds": [{"url": f"{url}/feed.json"}]}),
    )
    named = provider(f"{url}/p/provider-metadata.json")
    assert world.update(named).status == "updated"
    assert ("d/cve-2026-0001.json.sha512", 200) in world.server.asked()
    assert world.update(named).status == "unchanged"


def test_what_is_no_provider_is_told(world):
    outcome = world.update(provider(world.server.url))
    assert outcome.status == "failed"
    assert "no CSAF provider is found" in outcome.faults[0]
    put(world.root, ".well-known/csaf/provider-metadata.json", metadata(world))
    assert "names no distribution" in world.update(provider(world.server.url)).faults[0]
    put(world.root, ".well-known/csaf/provider-metadata.json", b"[[")
    assert "no provider metadata" in world.update(provider(world.server.url)).faults[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://[",
        "nonsense",
        "http://[::1/x",
        "file:///etc/",
        "https://a b/",
        "https://x/../../y/",
        7,
    ],
)
def test_a_provider_that_names_no_address_is_told(world, url):
    for told in ({"directory_url": url}, {"rolie": {"feeds": [{"url": url}]}}):
        put(world.root, ".well-known/csaf/provider-metadata.json", metadata(world, **told))
        assert world.update(provider(world.server.url)).faults


@pytest.mark.parametrize("text", [b"\0,\0\n", b'"' * 200_000, b"\xff\xfe.json", b",,,\n.json\n"])
def test_a_list_that_is_none_is_told_or_empty(world, text):
    put(world.root, "csaf/changes.csv", text)
    assert world.update(directory(world)).status != "updated"


def test_a_provider_cannot_send_us_inside(world):
    told = metadata(world, directory_url="http://169.254.169.254/latest/")
    put(world.root, ".well-known/csaf/provider-metadata.json", told)
    outcome = world.update(provider(world.server.url))
    assert outcome.status in {"failed", "incomplete"}
    assert "link-local" in outcome.faults[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://[",
        "http://example.com",
        "https://example.com/a?b=c",
        "a b",
        "ftp://x",
        "https://u:p@x.org/",
    ],
)
def test_what_cannot_name_a_provider(text):
    with pytest.raises(InputError):
        provider(text)


# All of them


def test_every_publisher_has_a_plan_a_feed_and_a_place():
    from match.feeds import FEEDS
    from match.fetch.plans import plan

    feeds = {feed.name for feed in FEEDS}
    for publisher in PUBLISHERS:
        assert callable(plan(publisher).fetch)
        assert publisher.feed in feeds
        assert publisher.base.startswith("https://")
        assert publisher.base.endswith("/")
    assert len(BY_NAME) == len(PUBLISHERS)


def test_a_plan_of_whole_files_forgets_nothing_when_one_is_missing(world):
    publisher = world.publisher(
        "kev", items=(("a.json", ""), ("b.json", f"{world.server.url}/far/b.json"))
    )
    put(world.root, "a.json", kev("CVE-2026-0001"))
    put(world.root, "far/b.json", kev("CVE-2026-0002"))
    assert world.update(publisher).status == "updated"
    (world.root / "far/b.json").unlink()
    assert world.update(publisher).status == "incomplete"
    assert world.ids() == ["CVE-2026-0001", "CVE-2026-0002"]


# rpm repositories


def put_repository(world, data, digest=None, listed="2/core/abc"):
    sum_ = digest or hashlib.sha256(data).hexdigest()
    put(world.root, "2/core/latest/x86_64/mirror.list", f"{world.server.url}/{listed}\n".encode())
    put(world.root, "2/core/abc/repodata/updateinfo.xml", data)
    put(
        world.root,
        "2/core/abc/repodata/repomd.xml",
        '<repomd xmlns="urn:r"><revision>1</revision><data type="primary"><location href="x"/></data>'
        f'<data type="updateinfo"><checksum type="sha256">{sum_}</checksum>'
        '<location href="repodata/updateinfo.xml"/></data></repomd>'.encode(),
    )


def updateinfo(id_):
    return (
        f'<updates><update><id>{id_}</id><issued date="2026-01-01 00:00"/><pkglist><collection>'
        '<package name="crane" epoch="0" version="1" release="1.amzn2" arch="noarch"/>'
        "</collection></pkglist></update></updates>"
    ).encode()


def amazon(world):
    items = (("2/core/updateinfo.xml", "2/core/latest/x86_64/mirror.list"),)
    return world.publisher("amazon", items=items)


def test_the_updateinfo_of_a_repository_is_taken_by_its_index(world):
    put_repository(world, updateinfo("ALAS2-2026-001"))
    assert world.update(amazon(world)).status == "updated"
    assert world.ids() == ["ALAS2-2026-001"]
    assert world.update(amazon(world)).status == "unchanged"
    put_repository(world, updateinfo("ALAS2-2026-002"))
    world.update(amazon(world))
    assert world.ids() == ["ALAS2-2026-002"]


@pytest.mark.parametrize(
    "wrong", [{"digest": "0" * 64}, {"listed": "@far.example/x"}, {"listed": "2/core/none"}]
)
def test_a_repository_that_does_not_fit_together_leaves_what_was_there(world, wrong):
    put_repository(world, updateinfo("ALAS2-2026-001"))
    world.update(amazon(world))
    put_repository(world, updateinfo("ALAS2-2026-002"), **wrong)
    assert world.update(amazon(world)).status in {"failed", "incomplete"}
    assert world.ids() == ["ALAS2-2026-001"]
