"""The real images against what their installers say: nothing missed, added or wrongly placed."""

import json
import subprocess
import sys

import pytest

from sbom.build import build
from sbom.formats import cyclonedx_json
from sbom.purl import canonical, parse
from sbom.sources import open_image

pytestmark = pytest.mark.shared

IMAGES = {
    "dev-debian-python": "oci:layout:dev-debian-python",
    "dev-node": "oci:layout:dev-node",
    "dev-java": "layout:dev-java",
    "dev-ruby-php": "layout:dev-ruby-php",
    "dev-go-rust": "layout:dev-go-rust",
    "dev-alpine": "oci-archive:dev-alpine.oci.tar",
    "dev-rpm-bdb": "dev-rpm-bdb.oci.tar",
    "dev-rpm-ndb": "dev-rpm-ndb.oci.tar",
    "dev-rpm-sqlite": "dev-rpm-sqlite.oci.tar",
    "dev-rpm-sqlite (docker)": "docker-archive:dev-rpm-sqlite.docker.tar",
}


@pytest.fixture(params=IMAGES)
def pair(request, shared, monkeypatch):
    """An image's SBOM and its truth."""
    monkeypatch.chdir(shared / "images")
    truth = f"{request.param.partition(' ')[0]}.truth.json"
    with open(truth, encoding="utf-8") as file:
        return build(open_image(IMAGES[request.param])), json.load(file), truth


def test_packages_and_layers_are_those_of_the_truth(pair, tmp_path):
    sbom, _, truth = pair
    path = tmp_path / "sbom.cdx.json"
    path.write_bytes(cyclonedx_json.write(sbom))
    score = subprocess.run(
        [sys.executable, "score.py", truth, path], capture_output=True, text=True, check=False
    )
    assert score.returncode == 0, score.stdout + score.stderr
    assert sbom.problems == ()


def without_source(purl):
    """Return a purl as the truth of removed packages has it: deb and apk without `upstream`."""
    text = canonical(purl)
    return text if parse(text).type == "rpm" else text.partition("&upstream=")[0]


def test_what_layers_removed_is_in_the_history(pair):
    sbom, truth, _ = pair
    number = {layer.diff_id: n for n, layer in enumerate(sbom.layers)}
    gone = {
        (without_source(change.replaces or change.purl), number[change.layer])
        for change in sbom.history
        if change.event != "introduced"
    }
    assert {(canonical(r["purl"]), r["gone_in_layer"]) for r in truth["removed"]} <= gone


def test_sources_and_owners_are_those_of_the_installers(pair):
    sbom, truth, _ = pair
    found = {}
    for component in sbom.components:
        found.setdefault((component.name, component.version), []).append(component)
    for package in truth["packages"]:
        here = found.get((package["name"], package["version"]), [])
        if package.get("source_name"):
            assert package["source_name"] in {component.source for component in here}
        if package.get("modularity"):
            assert package["modularity"] in {component.stream for component in here}
        if "owned_by_os_package" in package and here:
            owned = any(component.maker for component in here)
            assert owned is bool(package["owned_by_os_package"]), package["purl"]


def test_docker_and_oci_are_one_image(shared):
    folder = shared / "images"
    oci = build(open_image(f"{folder}/dev-rpm-sqlite.oci.tar"))
    docker = build(open_image(f"{folder}/dev-rpm-sqlite.docker.tar"))
    assert docker.components == oci.components
    assert docker.history == oci.history
    assert docker.subject.image_id == oci.subject.image_id
    assert [layer.diff_id for layer in docker.layers] == [layer.diff_id for layer in oci.layers]
