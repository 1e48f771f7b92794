"""Every real image against the truth of its installers: nothing missed, added, or mislaid."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared

LADING = Path(sys.executable).with_name("lading")
IMAGES = {
    "dev-debian-python": "oci:layout:dev-debian-python",
    "dev-node": "oci:layout:dev-node",
    "dev-java": "oci:layout:dev-java",
    "dev-go-rust": "oci:layout:dev-go-rust",
    "dev-ruby-php": "oci:layout:dev-ruby-php",
    "dev-alpine": "oci-archive:dev-alpine.oci.tar",
    "dev-rpm-bdb": "oci-archive:dev-rpm-bdb.oci.tar",
    "dev-rpm-ndb": "oci-archive:dev-rpm-ndb.oci.tar",
    "dev-rpm-sqlite": "oci-archive:dev-rpm-sqlite.oci.tar",
}


def generate(shared, reference, *options):
    """Return the SBOM of an image as the command writes it."""
    return subprocess.run(
        [LADING, "sbom", "generate", reference, *options],
        cwd=shared / "images",
        capture_output=True,
        check=True,
    ).stdout


def score(shared, name, bom):
    spec = importlib.util.spec_from_file_location("score", shared / "images" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    truth = json.loads((shared / "images" / f"{name}.truth.json").read_text())
    return module.score(truth, bom)


@pytest.mark.parametrize("name", IMAGES)
def test_image_equals_its_truth(shared, name):
    rows = score(shared, name, json.loads(generate(shared, IMAGES[name])))
    for kind, wanted, found, missed, added, removed_listed, layer_right in rows:
        assert (missed, added, removed_listed) == ([], [], 0), kind
        assert found == wanted == layer_right, kind


def test_docker_archive_gives_the_same_components_as_oci(shared):
    docker = json.loads(generate(shared, "docker-archive:dev-rpm-sqlite.docker.tar"))
    oci = json.loads(generate(shared, "oci-archive:dev-rpm-sqlite.oci.tar"))

    def facts(bom):
        return [
            (
                c.get("purl"),
                c.get("evidence"),
                [p for p in c.get("properties", ()) if "digest" not in p["name"]],
            )
            for c in bom["components"]
        ]

    assert facts(docker) == facts(oci)
    for kind, wanted, found, *_, right in score(shared, "dev-rpm-sqlite", docker):
        assert found == wanted == right, kind


def test_same_image_same_bytes_whatever_the_threads(shared):
    first = generate(shared, IMAGES["dev-node"], "--threads", "1")
    assert first == generate(shared, IMAGES["dev-node"], "--threads", "2")
    assert first == generate(shared, IMAGES["dev-node"], "--threads", "5")
    spdx = generate(shared, IMAGES["dev-node"], "-o", "spdx-json")
    assert spdx == generate(shared, IMAGES["dev-node"], "-o", "spdx-json")
