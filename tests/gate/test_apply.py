import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import component, finding, run

from gate.apply import apply
from gate.model import Product, Statement, Status
from gate.statements.products import comparable, cpe_parts, purl_gap
from gate.statements.ranges import within
from sbom.model import Component, Digest, Purl, Root, Sbom, Subject

DIGEST = "sha256:" + "d" * 64


def product(text, *parts, **more):
    values = {"purls": (text,)} if text.startswith("pkg:") else {}
    values |= {"cpes": (text,)} if text.startswith("cpe:") else {}
    return Product(id=text, subcomponents=tuple(product(each) for each in parts), **(values | more))


def statement(*products, status=Status.NOT_AFFECTED, at="2024-01-01T00:00:00Z", **more):
    values = {
        "document": "doc#statements[0]",
        "author": "Acme",
        "vulnerabilities": ("CVE-2024-0001",),
        "products": products,
        "status": status,
        "timestamp": at,
    }
    return Statement(**(values | more))


def sbom(*components, root=None, dependencies=(), **more):
    return Sbom(
        subject=Subject(**more), components=components, root=root, dependencies=dependencies
    )


def status(statements, of, where=None, **more):
    (judged,), accounts = apply([finding(of=of)], statements, where or sbom(of), **more)
    return judged.status, [account.miss for account in accounts]


@pytest.mark.parametrize(
    ("wanted", "have", "miss"),
    [
        ("pkg:apk/wolfi/curl", "pkg:apk/wolfi/curl@8.1?arch=x86_64", ""),
        ("pkg:apk/wolfi/curl@8.1", "pkg:apk/wolfi/curl@8.1?arch=x86_64", ""),
        ("pkg:APK/Wolfi/CURL@8.1", "pkg:apk/wolfi/curl@8.1", ""),
        ("pkg:apk/wolfi/curl@8.1?arch=x86_64", "pkg:apk/wolfi/curl@8.1", "qualifier"),
        ("pkg:apk/wolfi/curl@8.1?arch=x86_64", "pkg:apk/wolfi/curl@8.1?arch=arm64", "qualifier"),
        ("pkg:apk/wolfi/curl@8.2", "pkg:apk/wolfi/curl@8.1", "version"),
        ("pkg:apk/alpine/curl@8.1", "pkg:apk/wolfi/curl@8.1", "product"),
        ("pkg:apk/wolfi/bash@8.1", "pkg:apk/wolfi/curl@8.1", "product"),
        ("pkg:deb/wolfi/curl@8.1", "pkg:apk/wolfi/curl@8.1", "product"),
        ("pkg:rpm/redhat/a@1-1?epoch=0", "pkg:rpm/redhat/a@1-1", ""),
        ("pkg:rpm/redhat/a@1-1", "pkg:rpm/redhat/a@1-1?epoch=1", "version"),
        ("pkg:rpm/rhel/a", "pkg:rpm/redhat/a@1-1?epoch=1", ""),
        ("pkg:deb/debian/a?distro=bookworm", "pkg:deb/debian/a@1?distro=debian-12", ""),
        ("pkg:deb/debian/a?distro=debian-11", "pkg:deb/debian/a@1?distro=debian-12", "qualifier"),
        ("pkg:deb/debian/a@1%3A2%2B3", "pkg:deb/debian/a@1:2+3", ""),
        ("pkg:pypi/Zope.Interface", "pkg:pypi/zope-interface@1", ""),
        (
            "pkg:oci/debian?repository_url=index.docker.io/library/debian",
            "pkg:oci/debian@sha256:ff?repository_url=https://docker.io/library",
            "",
        ),
        ("pkg:golang/github.com/a/b#sub", "pkg:golang/github.com/a/b@v1", "product"),
    ],
)
def test_purls_are_compared_normalised(wanted, have, miss):
    assert purl_gap(comparable(wanted), comparable(have))[0] == miss


def test_the_product_is_the_component():
    django = component()
    assert status([statement(product("pkg:pypi/Django"))], django)[0] is Status.NOT_AFFECTED
    assert status([statement(product("pkg:pypi/flask"))], django) == (None, ["product"])
    assert status([statement(product("pkg:pypi/django@3.1"))], django) == (None, ["version"])


@pytest.mark.parametrize(
    "named",
    [
        "pkg:oci/app",
        f"pkg:oci/app@{DIGEST}",
        f"pkg:oci/app@{DIGEST.replace(':', '%3A')}?arch=amd64",
    ],
)
def test_the_product_is_the_root_with_or_without_the_component(named):
    django = component()
    where = sbom(django, root=Root(purl=f"pkg:oci/app@{DIGEST}?arch=amd64"))
    assert status([statement(product(named))], django, where)[0] is Status.NOT_AFFECTED
    inside = statement(product(named, "pkg:pypi/django"))
    assert status([inside], django, where)[0] is Status.NOT_AFFECTED
    beside = statement(product(named, "pkg:pypi/flask"))
    assert status([beside], django, where) == (None, ["subcomponent"])


@pytest.mark.parametrize("named", ["manifest", "index", "image_id"])
def test_an_image_is_named_by_any_of_its_digests(named):
    django = component()
    where = sbom(django, name="app", platform="linux/arm64", **{named: Digest(DIGEST)})
    assert status([statement(product(DIGEST))], django, where)[0] is Status.NOT_AFFECTED
    hashed = Product(id="urn:x", hashes=(("SHA-256", DIGEST[7:].upper()),))
    assert status([statement(hashed)], django, where)[0] is Status.NOT_AFFECTED
    by_purl = statement(product(f"pkg:oci/whatever@{DIGEST}?arch=arm64"))
    assert status([by_purl], django, where)[0] is Status.NOT_AFFECTED
    other_arch = statement(product(f"pkg:oci/whatever@{DIGEST}?arch=amd64"))
    assert status([other_arch], django, where)[0] is None


@pytest.mark.parametrize(
    "given",
    [
        "pkg:generic/acme/app@2",
        "cpe:/a:acme:app:2",
        "cpe:2.3:a:acme:app:2:*:*:*:*:*:*:*",
        DIGEST,
        "Acme App 2",
    ],
)
def test_product_stands_for_the_root(given):
    django = component()
    named = Product(
        id="P1",
        name="Acme App 2",
        purls=("pkg:generic/acme/app@2",) if given.startswith("pkg:") else (),
        cpes=("cpe:/a:acme:app:2",),
        hashes=(("sha-256", DIGEST[7:]),),
        subcomponents=(product("pkg:pypi/django"),),
    )
    assert status([statement(named)], django, product=given)[0] is Status.NOT_AFFECTED
    assert status([statement(named)], django, product="something else")[0] is None


def test_two_purls_of_a_product_both_have_to_agree():
    both = Product(id="x", purls=("pkg:pypi/django", "pkg:pypi/django@3.1"))
    assert status([statement(both)], component()) == (None, ["version"])


def test_a_hash_that_differs_contradicts():
    django = component(hashes=(("SHA-256", "aa"),))
    same = Product(id="x", purls=("pkg:pypi/django",), hashes=(("sha256", "AA"),))
    other = Product(id="x", purls=("pkg:pypi/django",), hashes=(("sha256", "bb"),))
    assert status([statement(same)], django)[0] is Status.NOT_AFFECTED
    assert status([statement(other)], django) == (None, ["version"])


def test_a_bom_link_needs_the_serial_number():
    django = component(ref="c1")
    where = Sbom(
        subject=Subject(), components=(django,), serial="urn:uuid:ABC", root=Root(ref="root")
    )
    link = Product(id="urn:cdx:abc/1#c1", serial="abc", ref="c1")
    assert status([statement(link)], django, where)[0] is Status.NOT_AFFECTED
    other = Product(id="urn:cdx:abd/1#c1", serial="abd", ref="c1")
    assert status([statement(other)], django, where)[0] is None
    root = Product(id="urn:cdx:abc/1", serial="abc")
    assert status([statement(root)], django, where)[0] is Status.NOT_AFFECTED


def graph(*edges):
    names = sorted({name for edge in edges for name in edge} - {"root"})
    parts = tuple(
        Component(purl=Purl(f"pkg:golang/x.test/{n}@v1"), name=n, version="v1", ref=n)
        for n in names
    )
    below = {}
    for above, under in edges:
        below.setdefault(above, []).append(under)
    return Sbom(
        subject=Subject(),
        components=parts,
        root=Root(ref="root", name="app"),
        dependencies=tuple((ref, tuple(refs)) for ref, refs in below.items()),
    )


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([("root", "m"), ("m", "c")], Status.NOT_AFFECTED),
        ([("root", "a"), ("a", "m"), ("m", "b"), ("b", "c")], Status.NOT_AFFECTED),
        ([("root", "m"), ("m", "c"), ("root", "n"), ("n", "c")], None),
        ([("root", "m"), ("m", "c"), ("root", "c")], None),
        ([("root", "m"), ("c", "c")], None),
        ([("root", "m"), ("m", "c"), ("c", "m")], Status.NOT_AFFECTED),
    ],
)
def test_a_module_speaks_for_what_is_reached_through_it_alone(edges, expected):
    where = graph(*edges)
    target = next(c for c in where.components if c.name == "c")
    through = statement(product("pkg:golang/x.test/m", "pkg:golang/x.test/c"))
    found, misses = status([through], target, where)
    assert found is expected
    assert misses == ([""] if expected else ["path"])


def test_two_modules_of_one_statement_speak_for_both_paths():
    where = graph(("root", "m"), ("m", "c"), ("root", "n"), ("n", "c"))
    target = next(c for c in where.components if c.name == "c")
    both = statement(
        product("pkg:golang/x.test/m", "pkg:golang/x.test/c"),
        product("pkg:golang/x.test/n", "pkg:golang/x.test/c"),
    )
    assert status([both], target, where)[0] is Status.NOT_AFFECTED


def test_the_vulnerability_is_named_by_any_id_of_the_group():
    named = statement(product("pkg:pypi/django"), vulnerabilities=("ghsa-CVE-2024-0001",))
    assert status([named], component())[0] is Status.NOT_AFFECTED
    other = statement(product("pkg:pypi/django"), vulnerabilities=("CVE-2024-0002",))
    assert status([other], component()) == (None, ["vulnerability"])


def test_the_later_statement_decides_and_the_other_says_so():
    early = statement(product("pkg:pypi/django"), at="2024-01-01T00:00:00Z")
    late = statement(
        product("pkg:pypi/django"), status=Status.AFFECTED, at="2024-01-01T00:00:00.5Z"
    )
    for order in ([early, late], [late, early]):
        (judged,), accounts = apply([finding()], order, sbom(component()))
        assert judged.status is Status.AFFECTED
        assert {a.status: a.miss for a in accounts} == {
            Status.NOT_AFFECTED: "superseded",
            Status.AFFECTED: "",
        }


def test_at_one_time_the_component_is_spoken_for_before_the_whole_and_then_with_caution():
    django = component()
    where = sbom(django, root=Root(name="app"))
    whole = statement(Product(id="a", name="app"), status=Status.AFFECTED)
    part = statement(Product(id="a", name="app", subcomponents=(product("pkg:pypi/django"),)))
    doubt = statement(product("pkg:pypi/django"), status=Status.UNDER_INVESTIGATION)
    assert status([whole, part], django, where)[0] is Status.NOT_AFFECTED
    assert status([whole, part, doubt], django, where)[0] is Status.UNDER_INVESTIGATION


def test_a_statement_that_names_no_product_applies_to_nothing():
    assert status([statement()], component()) == (None, ["product"])


STATEMENTS = st.lists(
    st.builds(
        lambda status, day, text, id_, doc: statement(
            product(text),
            status=status,
            at=f"2024-01-0{day}T00:00:00Z",
            vulnerabilities=(id_,),
            document=doc,
        ),
        st.sampled_from(Status),
        st.integers(1, 3),
        st.sampled_from(
            ["pkg:pypi/django", "pkg:pypi/django@3.2", "pkg:pypi/flask", "pkg:oci/app"]
        ),
        st.sampled_from(["CVE-2024-0001", "CVE-2024-0002", "GHSA-cve-2024-0002"]),
        st.sampled_from(["a#0", "b#0"]),
    ),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(STATEMENTS, st.randoms(use_true_random=False))
def test_the_order_of_statements_never_matters(statements, chance: random.Random):
    where = sbom(component(), root=Root(purl="pkg:oci/app@1"))
    findings = [finding(), finding("CVE-2024-0002"), finding(of=component("flask"))]
    judged, accounts = apply(findings, statements, where)
    shuffled = list(statements)
    chance.shuffle(shuffled)
    again, others = apply(findings, shuffled, where)
    assert again == judged
    assert sorted(a.applied for a in accounts) == sorted(a.applied for a in others)
    assert all(bool(a.applied) != bool(a.miss) and a.because for a in accounts)
    assert sum(len(a.applied) for a in accounts) == sum(j.status is not None for j in judged)


def test_without_statements_nothing_is_judged():
    judged, accounts = apply([finding()], [], run().sbom)
    assert judged[0].status is None
    assert accounts == ()


@pytest.mark.parametrize(
    ("version", "text", "inside"),
    [
        ("2.2.0", "vers:semver/>=2.2.0|<=2.4.0", True),
        ("2.4.1", "vers:semver/>=2.2.0|<=2.4.0", False),
        ("7.0.0", "vers:semver/<1.5.0|>=7.0.0", True),
        ("6.9.9", "vers:semver/<1.5.0|>=7.0.0", False),
        ("1.4.0", "vers:semver/<1.5.0|>=7.0.0", True),
        ("2.0.0", "vers:semver/<7.0.0|>=1.5.0", True),
        ("3.5.0", "vers:semver/>=2.0.0|<=2.7.0|>=3.0.0|<=3.2.0|>=3.8.0", False),
        ("4.0.0", "vers:semver/>=2.0.0|<=2.7.0|>=3.0.0|<=3.2.0|>=3.8.0", True),
        ("2.5.0", "vers:semver/>=2.0.0|!=2.5.0|<=2.7.0", False),
        ("build-7", "vers:generic/build-7", True),
        ("1", "vers:npm/*", True),
        ("1", "vers:unheard-of/*", False),
        ("", "vers:npm/*", False),
        ("not a version", "vers:semver/>=1.0.0", False),
    ],
)
def test_vers_ranges(version, text, inside):
    assert within(version, text) is inside


def test_cpes_of_both_forms_are_one():
    assert cpe_parts("cpe:/a:redhat:satellite:6.13::el8") == cpe_parts(
        "cpe:2.3:a:redhat:satellite:6.13:*:el8:*:*:*:*:*"
    )
    assert cpe_parts("cpe:2.3:a:x:a\\:b:1:*:*:*:*:*:*:*")[2] == "a:b"
