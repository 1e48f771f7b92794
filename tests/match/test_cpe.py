"""Products of NVD's: names, versions, configurations, and that they are the last to be asked."""

import json
from io import BytesIO

import pytest
from small_sets import advisory, debian, language, sbom_of, set_of, source

from match.cpe.configurations import Configuration, Match, Node, claims
from match.cpe.name import Name, parse
from match.cpe.products import MAPPED, PRODUCTS, upstream_version
from match.ecosystems import keys_of
from match.feeds import nvd
from match.model import Affected, Interval
from match.resolve import resolve
from match.versions import InvalidVersion, key
from sbom.model import Component
from sbom.readers.program_table import ROWS as PROGRAMS


def cpe(product="openssl:openssl", version="*", update="*", target="*", kind="a", edition="*"):
    return f"cpe:2.3:{kind}:{product}:{version}:{update}:{edition}:*:*:{target}:*:*"


def node(*criteria, operator="OR", **bounds):
    return Node(operator=operator, cpeMatch=[Match(c, vulnerable=True, **bounds) for c in criteria])


def one(*nodes, operator=None):
    return claims([Configuration(nodes=list(nodes), operator=operator)])


def test_a_name_is_taken_apart_with_its_escapes():
    text = r"cpe:2.3:a:nodejs:node.js:1\:0:\*:*:*:lts:Linux:*:*"
    rest = ("*", "*", "lts", "*", "*")
    assert parse(text) == Name("a", "nodejs:node.js", "1:0", "*", "linux", rest)
    assert parse(r"cpe:2.3:a:c\+\+:a\:b:1:*:*:*:*:*:*:*").product == "c++:a:b"


@pytest.mark.parametrize(
    "text",
    ["", "cpe:/a:x:y", "cpe:2.3:a:x:y:1", cpe() + ":*", cpe(kind="x"), "cpe:2.3:a:" + "x" * 2000],
)
def test_what_is_no_name(text):
    assert parse(text) is None


ORDER = """
    1.0dev1 1.0alpha1 1.0a2 1.0beta1 1.0b2 1.0pre1 1.0rc1 1.0 1.0! 1.0a 1.0k 1.0za 1.0p1 1.0.1 1.1 1.10 2
"""


def test_versions_are_in_the_order_of_upstream_projects():
    keys = [key("cpe", version) for version in ORDER.split()]
    letters = [key("cpe", v) for v in ("1.0.2", "1.0.2a", "1.0.2k", "1.0.2za", "1.0.3")]
    patches = [key("cpe", v) for v in ("7.2", "7.2p1", "7.2p2", "7.3")]
    assert keys[:10] == sorted(keys[:10])
    assert keys[-4:] == sorted(keys[-4:])
    assert letters == sorted(letters)
    assert patches == sorted(patches)
    assert key("cpe", "v1.0.0") == key("cpe", "1") == key("cpe", "1.0")
    with pytest.raises(InvalidVersion):
        key("cpe", "n/a")


RANGES = [
    ({"versionEndExcluding": "3.0.3"}, Interval(fixed="3.0.3")),
    ({"versionStartIncluding": "3.0", "versionEndIncluding": "3.0.2"}, Interval(introduced="3.0", last_affected="3.0.2")),
    ({"versionStartExcluding": "1.0.2"}, Interval(introduced="1.0.2!")),
    ({}, Interval()),
]  # fmt: skip


@pytest.mark.parametrize(("bounds", "interval"), RANGES)
def test_bounds_are_intervals(bounds, interval):
    ((claim,), unused) = one(node(cpe(), **bounds))
    assert (claim.scheme, claim.name, claim.names) == ("cpe", "openssl:openssl", "cpe")
    assert (claim.claim, claim.intervals, unused) == ("affected", (interval,), 0)


def test_single_versions_have_their_update():
    names = cpe(version="1.0.2", update="k"), cpe("openbsd:openssh", "7.2", "p2"), cpe(version="3.0", update="-")  # fmt: skip
    found, _ = one(node(*names))
    assert {c.name: c.versions for c in found} == {
        "openssl:openssl": ("1.0.2k", "3.0"),
        "openbsd:openssh": ("7.2p2",),
    }


@pytest.mark.parametrize(
    "criteria",
    [
        cpe("nobody:openssl"),
        cpe("openssl:openssl_fips"),
        cpe(target="node.js"),
        cpe(target="windows"),
        cpe(edition="enterprise"),
        cpe(kind="o"),
        cpe(version="-"),
        "openssl",
    ],
)
def test_another_product_or_target_says_nothing_and_is_counted(criteria):
    assert one(node(criteria)) == ((), 1)


WINDOWS, LINUX = cpe("microsoft:windows", kind="o"), cpe("linux:linux_kernel", kind="o")


@pytest.mark.parametrize(
    ("beside", "claim"),
    [
        (WINDOWS, None),
        (cpe("cisco:router", kind="h"), None),
        (LINUX, "affected"),
        (cpe("debian:debian_linux", kind="o"), "unknown"),
        (cpe("php:php"), "unknown"),
    ],
)
def test_what_a_product_runs_on_has_to_be_there(beside, claim):
    platform = Node(operator="OR", cpeMatch=[Match(beside, vulnerable=False)])
    found, _ = one(node(cpe()), platform, operator="AND")
    assert [c.claim for c in found] == ([claim] if claim else [])


def test_without_and_each_node_stands_alone_and_negation_says_nothing():
    found, _ = one(node(cpe()), node(cpe("php:php")))
    assert [c.claim for c in found] == ["affected", "affected"]
    assert one(Node(negate=True, cpeMatch=[Match(cpe(), vulnerable=True)])) == ((), 1)


def test_every_program_that_is_read_from_a_file_is_mapped_to_its_product():
    for _, name, product, _ in PROGRAMS:
        assert product in MAPPED[name], name
        assert product in PRODUCTS


def product(name="openssl:openssl", fixed="3.0.3", **more):
    return Affected(
        scheme="cpe", name=name, names="cpe", intervals=(Interval(fixed=fixed),), **more
    )


OPENSSL = "pkg:generic/openssl@3.0.1"
OF_NVD = advisory("CVE-2022-1292", product(), feed="nvd")


def findings(sbom, *records):
    with set_of(*records) as advisories:
        return resolve(sbom, advisories).findings


def test_a_mapped_package_is_matched_and_it_is_said_by_what():
    (found,) = findings(sbom_of(OPENSSL), OF_NVD)
    assert (found.by, found.fixed, found.feed) == ("cpe", ("3.0.3",), "nvd")
    assert "by CPE: it is mapped to openssl:openssl" in found.because


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:npm/openssl@3.0.1",
        "pkg:pypi/openssl@3.0.1",
        "pkg:deb/debian/openssl@3.0.1-1?distro=debian-12",
        "pkg:generic/openssl-wrapper@3.0.1",
        "pkg:generic/dock/openssl-fork@3.0.1",
        "pkg:golang/github.com/openssl/openssl@v3.0.1",
    ],
)
def test_a_name_alone_is_never_matched(purl):
    assert findings(sbom_of(purl, distro=debian()), OF_NVD) == ()


@pytest.mark.parametrize("fixed", ["3.0.0", "9.0.0"])
def test_any_other_record_that_names_the_package_decides_instead(fixed):
    own = advisory("OSV-1", language("openssl", "generic", intervals=(Interval(fixed=fixed),)), aliases=("CVE-2022-1292",))  # fmt: skip
    found = findings(sbom_of(OPENSSL), OF_NVD, own)
    assert [(f.by, f.advisory) for f in found] == (
        [("package", "OSV-1")] if fixed[0] == "9" else []
    )


def test_a_product_that_was_left_is_not_said_to_be_another_version():
    intervals = (Interval(introduced="9.0"),)
    own = language("openssl", "generic", intervals=intervals)
    of_osv = advisory("OSV-1", own, aliases=("CVE-2022-1292",))
    with set_of(OF_NVD, of_osv) as advisories:
        (told,) = resolve(sbom_of(OPENSSL), advisories, everything=True).dismissals
    assert (told.reason, told.advisory) == ("out_of_range", "OSV-1")
    assert (
        told.because == "OSV-1 (osv:OSV) says that openssl is affected from 9.0 on; 3.0.1 is not."
    )


def test_a_withdrawn_record_decides_nothing():
    own = advisory(
        "OSV-1",
        language("openssl", "generic", intervals=(Interval(fixed="3.0.0"),)),
        aliases=("CVE-2022-1292",),
        withdrawn="2024-01-01T00:00:00Z",
    )
    (found,) = findings(sbom_of(OPENSSL), OF_NVD, own)
    assert found.by == "cpe"


def test_what_others_than_the_distribution_made_is_matched_by_its_upstream_version():
    nginx = Component(
        purl="pkg:deb/debian/nginx@1.25.3-1~bookworm?distro=debian-12",
        name="nginx",
        version="1.25.3-1~bookworm",
        vendor="NGINX Packaging <nginx-packaging@f5.com>",
    )
    bad = advisory("CVE-2024-1", product("f5:nginx", "1.25.4"), feed="nvd")
    debians = advisory("CVE-2024-1", source("nginx", intervals=(Interval(fixed="9"),)), feed="x")
    (found,) = findings(sbom_of(nginx, distro=debian()), bad, debians)
    assert (found.by, found.feed) == ("cpe", "nvd")
    own = Component(purl=nginx.purl, name="nginx", version=nginx.version, vendor="Debian <a@debian.org>")  # fmt: skip
    assert {k.key.names for k in keys_of(own, debian())} == {"source"}


@pytest.mark.parametrize(
    ("version", "upstream"),
    [
        ("1:15.4-1.pgdg120+1", "15.4"),
        ("1.25.3-1~bookworm", "1.25.3"),
        ("2.0+dfsg", "2.0"),
        ("", ""),
    ],
)
def test_the_upstream_version_of_a_package(version, upstream):
    assert upstream_version(version) == upstream


def test_nvd_reads_its_configurations_its_tags_and_counts_the_rest():
    match = {"vulnerable": True, "criteria": cpe(), "versionEndExcluding": "3.0.3"}
    other = {"vulnerable": True, "criteria": cpe("dock:crane")}
    record = {
        "id": "CVE-2022-1292",
        "sourceIdentifier": "x",
        "cveTags": [{"sourceIdentifier": "x", "tags": ["disputed"]}],
        "configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [match, other]}]}],
    }  # fmt: skip
    (found,) = nvd.read("x", BytesIO(json.dumps([record]).encode()))
    assert [(a.name, a.fix) for a in found.affected] == [("openssl:openssl", "fixed")]
    assert (found.unmatchable, found.disputed) == (1, True)
