"""One image gives one SBOM: however often, on however many threads, from whichever kind of archive."""

import gzip
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import msgspec
import pytest
import zstandard
from make_image import dumped, tar
from msgspec.structs import replace

from sbom.build import build
from sbom.formats import write
from sbom.sources import open_image

pytestmark = pytest.mark.shared

LADING = Path(sys.executable).with_name("lading")
SMALL = "oci-archive:dev-alpine.oci.tar"
IMAGES = (
    *(
        f"oci:layout:dev-{kind}"
        for kind in ("debian-python", "node", "java", "ruby-php", "go-rust")
    ),
    *(f"oci-archive:dev-{kind}.oci.tar" for kind in ("alpine", "rpm-bdb", "rpm-ndb", "rpm-sqlite")),
)
RUNS, THREADS = 100, (1, 2, 3, 8)


@pytest.fixture(autouse=True)
def _there(shared, monkeypatch):
    monkeypatch.chdir(shared / "images")


def document(reference, threads):
    return write(build(open_image(reference), threads=threads), "cyclonedx-json")


def test_threads_make_no_difference():
    first, *others = [document(SMALL, threads) for threads in THREADS]
    assert all(other == first for other in others)


def test_processes_make_no_difference():
    """Python hashes texts with a seed of each process: no order of a set may be seen."""
    made = {
        subprocess.run(
            [LADING, "sbom", "generate", "--no-cache", SMALL],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(made) == 1


@pytest.mark.slow
@pytest.mark.parametrize("reference", IMAGES)
def test_a_hundred_runs_make_no_difference(reference):
    first = document(reference, 1)
    for run in range(RUNS):
        assert document(reference, THREADS[run % len(THREADS)]) == first, run


def docker_archive(reference, folder):
    """The same image as `docker save` writes it: layers unpacked, the configuration as it is."""
    kind, _, place = reference.partition(":")
    if kind == "oci-archive":
        with tarfile.open(place) as archive:
            archive.extractall(folder / "layout", filter="data")
        place, tag = str(folder / "layout"), ""
    else:
        place, _, tag = place.partition(":")

    def blob(digest):
        return Path(place, "blobs", digest.replace(":", "/")).read_bytes()

    index = json.loads(Path(place, "index.json").read_bytes())
    names = "org.opencontainers.image.ref.name"
    [entry] = [m for m in index["manifests"] if not tag or m["annotations"][names] == tag]
    manifest = json.loads(blob(entry["digest"]))
    layers = [unpacked(blob(layer["digest"])) for layer in manifest["layers"]]
    paths = [f"{number}/layer.tar" for number, _ in enumerate(layers)]
    listed = [{"Config": "config.json", "RepoTags": ["made:1"], "Layers": paths}]
    files = {"config.json": blob(manifest["config"]["digest"]), "manifest.json": dumped(listed)}
    path = folder / "docker.tar"
    path.write_bytes(tar(*files.items(), *zip(paths, layers, strict=True)))
    return f"docker-archive:{path}"


def unpacked(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return zstandard.ZstdDecompressor().stream_reader(data).read()
    return data


def without_digests(sbom):
    """An SBOM without what only one kind of archive knows: packed digests, and how it is called."""
    layers = tuple(replace(layer, digest=None) for layer in sbom.layers)
    subject = replace(sbom.subject, name="", manifest=None, index=None)
    return replace(sbom, subject=subject, layers=layers)


def verdict(reference, advisories):
    """Exit code and judgement in JSON, without what names the archive and its digests."""
    options = ("--advisories", advisories, "--now", "2024-02-01", "--fail-on", "7", "--no-cache")
    done = subprocess.run(
        [LADING, "scan", reference, *options, "--db", f"{advisories}.db", "-o", "json"],
        capture_output=True,
        check=False,
    )
    judged = msgspec.json.decode(done.stdout)
    for key in ("name", "manifest", "index", "sbom"):
        del judged["subject"][key]
    return done.returncode, judged


def advisory(folder, component):
    """An advisory against every version of a component, in OSV's form."""
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    package = {"ecosystem": "PyPI", "name": component.name}
    record = {
        "id": "PYSEC-2024-1",
        "modified": "2024-01-01T00:00:00Z",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [{"package": package, "ranges": ranges}],
    }
    folder.mkdir()
    (folder / "PYSEC-2024-1.json").write_bytes(dumped(record))
    return folder


@pytest.mark.parametrize(
    "reference",
    [pytest.param(ref, marks=() if ref == SMALL else pytest.mark.slow) for ref in IMAGES],
)
def test_docker_archive_and_oci_give_the_same(reference, tmp_path):
    docker = docker_archive(reference, tmp_path)
    ours, theirs = (build(open_image(name)) for name in (reference, docker))
    assert ours.subject.image_id == theirs.subject.image_id
    assert without_digests(ours) == without_digests(theirs)
    assert len(ours.components) > 10


def test_docker_archive_and_oci_get_the_same_verdict(tmp_path):
    docker = docker_archive(SMALL, tmp_path)
    [first, *_] = [c for c in build(open_image(SMALL)).components if c.purl.startswith("pkg:pypi/")]
    advisories = advisory(tmp_path / "advisories", first)
    ours, theirs = (verdict(name, advisories) for name in (SMALL, docker))
    assert ours == theirs
    assert ours[0] == 1
    assert [finding["id"] for finding in ours[1]["findings"]] == ["PYSEC-2024-1"]


def test_the_two_archives_that_are_given_give_the_same():
    names = ("oci-archive:dev-rpm-sqlite.oci.tar", "docker-archive:dev-rpm-sqlite.docker.tar")
    ours, theirs = (without_digests(build(open_image(name))) for name in names)
    assert ours == theirs
