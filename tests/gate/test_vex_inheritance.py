"""What is said of a base holds for what is built on it, exactly while files are the base's."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import finding

from gate.apply import apply
from gate.model import Product, Statement, Status
from gate.statements.images import image_purl
from gate.statements.lineage import ancestors
from gate.statements.products import purl_of
from sbom.base import Base, base_of, chain_of
from sbom.build import build
from sbom.formats import read, write

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sbom"))
from make_image import OS_RELEASE, image_of, tar

few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def package(name="left-pad", version="1.0.0", **more):
    return json.dumps({"name": name, "version": version, **more}).encode()


def installed(*names):
    text = "\n".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
        for name in names
    )
    return text.encode()


PATH = "app/node_modules/left-pad/package.json"
DPKG = "var/lib/dpkg/status"
OWN = "srv/node_modules/mine/package.json"
BASE = tar(("etc/os-release", OS_RELEASE), (PATH, package()), (DPKG, installed("zlib1g")))
ABOVE = {
    "nothing of it": tar(("etc/motd", b"hello")),
    "a package of its own": tar((OWN, package("mine"))),
    "a package more": tar((DPKG, installed("zlib1g", "curl"))),
    "the same file again": tar((PATH, package())),
    "the file with other content": tar((PATH, package(description="patched"))),
    "another version": tar((PATH, package(version="1.0.1"))),
    "removed": tar(("app/node_modules/left-pad/.wh.package.json", b"")),
    "the folder anew": tar(("app/.wh..wh..opq", b""), (PATH, package())),
}
REPLACES = frozenset(ABOVE) - {"nothing of it", "a package of its own", "a package more"}


def built(folder, *layers):
    return build(image_of(folder, *layers))


def of(sbom, name):
    return next((each for each in sbom.components if each.name == name), None)


def said(product, *parts, at="2024-01-01T00:00:00Z", status=Status.NOT_AFFECTED, **more):
    named = Product(
        id="" if product.startswith("pkg:") else product,
        purls=(product,) if product.startswith("pkg:") else (),
        subcomponents=tuple(Product(purls=(part,)) for part in parts),
    )
    return Statement(
        document="base#statements[0]",
        author="Base maker",
        vulnerabilities=("CVE-2024-0001",),
        products=(named,),
        status=status,
        timestamp=at,
        justification="vulnerable_code_not_present" if status is Status.NOT_AFFECTED else None,
        **more,
    )


def applied(sbom, base, component, *statements):
    """Return the status, the account of the first statement, and why."""
    bases = ancestors(sbom, [(base_of(sbom, [chain_of(base)]), base)])
    (judged,), (account, *_) = apply([finding(of=component)], statements, sbom, bases=bases)
    return judged, account


@pytest.mark.parametrize("above", ABOVE)
def test_it_holds_while_layer_and_file_are_the_bases(above, tmp_path):
    base = built(tmp_path / "base", BASE)
    sbom = built(tmp_path / "image", BASE, ABOVE[above])
    component = of(sbom, "left-pad")
    if above == "removed":
        assert component is None
        return
    judged, account = applied(sbom, base, component, said(base.subject.manifest))
    if above in REPLACES:
        assert (judged.status, account.miss) == (None, "layer")
        assert "left-pad is not as" in account.because
    else:
        assert (judged.status, account.miss) == (Status.NOT_AFFECTED, "")
        assert account.inherited == base.subject.name
        assert f"inherited from {base.subject.name}" in judged.because
        assert "inherited from" in account.because


def test_the_database_of_a_distribution_is_no_packages_own_file(tmp_path):
    base = built(tmp_path / "base", BASE)
    sbom = built(tmp_path / "image", BASE, ABOVE["a package more"])
    statement = said(base.subject.manifest)
    assert applied(sbom, base, of(sbom, "zlib1g"), statement)[0].status is Status.NOT_AFFECTED
    judged, account = applied(sbom, base, of(sbom, "curl"), statement)
    assert (judged.status, account.miss) == (None, "layer")


@few
@given(st.lists(st.sampled_from(sorted(set(ABOVE) - {"removed", "another version"})), max_size=4))
def test_a_layer_that_replaces_the_file_ends_it_and_no_other(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("images")
    base = built(folder / "base", BASE)
    sbom = built(folder / "image", BASE, tar(("etc/hostname", b"x")), *(ABOVE[n] for n in names))
    judged, _ = applied(sbom, base, of(sbom, "left-pad"), said(base.subject.manifest))
    assert (judged.status is None) == bool(REPLACES & set(names))


@pytest.mark.parametrize("format_", ["cyclonedx-json", "cyclonedx-json@1.4", "spdx-json"])
@pytest.mark.parametrize("above", ["nothing of it", "the same file again"])
def test_a_stored_sbom_tells_as_much_as_the_image(above, format_, tmp_path):
    base = built(tmp_path / "base", BASE)
    sbom = read(write(built(tmp_path / "image", BASE, ABOVE[above]), format_), "stored")
    judged, _ = applied(sbom, base, of(sbom, "left-pad"), said(base.subject.manifest))
    assert (judged.status is None) == (above in REPLACES)


def test_subcomponents_bound_what_is_inherited(tmp_path):
    base = built(tmp_path / "base", BASE)
    sbom = built(tmp_path / "image", BASE, ABOVE["nothing of it"])
    component = of(sbom, "left-pad")
    manifest = base.subject.manifest
    named = said(manifest, "pkg:npm/left-pad@1.0.0")
    assert applied(sbom, base, component, named)[0].status is Status.NOT_AFFECTED
    other = said(manifest, "pkg:npm/right-pad")
    assert applied(sbom, base, component, other)[1].miss == "subcomponent"
    newer = said(manifest, "pkg:npm/left-pad@2")
    assert applied(sbom, base, component, newer)[1].miss == "version"
    foreign = said("sha256:" + "9" * 64)
    assert applied(sbom, base, component, foreign)[1].miss == "product"


def test_the_images_own_statement_is_nearer_than_its_bases(tmp_path):
    base = built(tmp_path / "base", BASE)
    sbom = built(tmp_path / "image", BASE, ABOVE["nothing of it"])
    component = of(sbom, "left-pad")
    own = said(sbom.subject.manifest, status=Status.FIXED)
    inherited = said(base.subject.manifest, "pkg:npm/left-pad", status=Status.NOT_AFFECTED)
    for order in ((own, inherited), (inherited, own)):
        assert applied(sbom, base, component, *order)[0].status is Status.FIXED
    later = said(base.subject.manifest, status=Status.AFFECTED, at="2024-02-01T00:00:00Z")
    assert applied(sbom, base, component, own, later)[0].status is Status.AFFECTED


@pytest.mark.parametrize(
    "product",
    [
        "pkg:oci/debian",
        "pkg:oci/debian?repository_url=docker.io/library/debian",
        "pkg:oci/debian?repository_url=index.docker.io/library/debian&tag=12",
        "debian:12",
    ],
)
def test_a_base_known_by_label_alone_is_named_but_its_layers_are_not_known(product, tmp_path):
    sbom = built(tmp_path / "image", BASE, ABOVE["nothing of it"])
    base = Base(name="debian:12", digest="sha256:" + "8" * 64)
    (known,) = ancestors(sbom, [(base, None)])
    of_base = finding(of=of(sbom, "left-pad"))
    (judged,), (account,) = apply([of_base], [said(product)], sbom, bases=[known])
    assert (judged.status, account.miss) == (None, "layer")
    assert "is not known" in account.because


def test_a_base_that_the_facts_tell_with_its_layers_needs_no_sbom(tmp_path):
    sbom = built(tmp_path / "image", BASE, ABOVE["nothing of it"])
    base = Base(name="registry.example.test/os:1", digest="sha256:" + "8" * 64, layers=1)
    known = ancestors(sbom, [(base, None)])
    for product in (base.digest, f"pkg:oci/os@{base.digest.replace(':', '%3A')}", base.name):
        (judged,), _ = apply([finding(of=of(sbom, "left-pad"))], [said(product)], sbom, bases=known)
        assert judged.status is Status.NOT_AFFECTED, product


@pytest.mark.parametrize(
    ("name", "hub", "purl"),
    [
        ("ghcr.io/acme/shop:1", False, "pkg:oci/shop?repository_url=ghcr.io/acme/shop&tag=1"),
        ("localhost:5000/shop", False, "pkg:oci/shop?repository_url=localhost:5000/shop"),
        ("shop", False, ""),
        ("acme/shop:1", False, ""),
        ("shop:1", True, "pkg:oci/shop?repository_url=docker.io/library/shop&tag=1"),
        ("acme/shop", True, "pkg:oci/shop?repository_url=docker.io/acme/shop"),
        ("", True, ""),
    ],
)
def test_images_are_named_by_purl_where_their_registry_is_known(name, hub, purl):
    assert image_purl(name, hub=hub) == purl
    assert not purl or purl_of(purl)
