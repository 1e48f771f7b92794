"""Against real registries on the loopback: with the referrers API, and without it."""

import json
import os
import re
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import pytest
from make_image import OS_RELEASE, READERS, dumped, files_of, sha256, tar, write_layout
from registries import (
    INDEX,
    KINDS,
    ask,
    push,
    push_blob,
    push_manifest,
    run_kind,
    serving,
)

import schemas
from sbom.build import build
from sbom.errors import FetchError, InputError
from sbom.limits import DEFAULT, Limits
from sbom.registry.client import Client
from sbom.registry.reference import parse
from sbom.registry.referrers import attach, attached, fetched
from sbom.registry.sboms import MEDIA_TYPES, Shelf
from sbom.sources import open_all, open_image

ROOT = Path(__file__).resolve().parents[2]
STATUS = (
    b"Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.2.13-1\n"
)
LAYERS = (
    tar(("etc/os-release", OS_RELEASE), ("var/lib/dpkg/status", STATUS), ("a.pkg", b"npm a 1")),
    tar(("usr/share/doc/x", b"x" * 300_000)),
)
IMAGE = files_of(LAYERS, tag="1")
MANIFEST_DIGEST = IMAGE[1]["digest"]
CYCLONEDX = MEDIA_TYPES["cyclonedx-json"]


@pytest.fixture(scope="module", params=KINDS)
def registry(request, tmp_path_factory):
    """A running registry; its address."""
    with run_kind(request.param, tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def name(registry, request):
    """An image of its own in the registry."""
    repository = "t/" + re.sub(r"[^a-z0-9]+", "", request.node.name.lower())
    push(registry, repository, "1", IMAGE)
    return f"{registry}/{repository}:1"


def lading(*words, code=0, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "lading", *map(str, words)],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "LADING_DB": "/nonexistent/lading.db", **environment},
    )
    assert done.returncode == code, done.stderr.decode()
    assert done.stderr.count(b"\n") == (code == 2)
    return done.stdout if code == 0 else done.stderr.decode()


def client(name, actions="pull,push"):
    return Client(parse(name), actions=actions, pause=lambda _: None)


def has_api(name):
    registry, _, repository = name.rpartition(":")[0].partition("/")
    return ask(registry, "GET", f"/v2/{repository}/referrers/{MANIFEST_DIGEST}")[0] == 200


def test_each_kind_of_registry_is_what_it_is_called(name, request):
    kind = request.node.callspec.params["registry"]
    assert has_api(name) == (kind == "referrers API")


def generated(reference, *more):
    return lading("sbom", "generate", reference, "-o", "cyclonedx-json", *more)


def plain(document, name):
    """Return an SBOM's text without what may differ: the image's name, and the id made of it."""
    text = document.decode().replace(name, "NAME")
    return text.replace(json.loads(document)["serialNumber"], "SERIAL")


def test_a_pulled_image_has_the_sbom_of_its_layout(name, tmp_path):
    layout = write_layout(tmp_path / "layout", IMAGE)
    pulled, read = generated(name), generated(f"oci:{layout}")
    assert "zlib1g" in pulled.decode()
    assert MANIFEST_DIGEST in pulled.decode()
    assert plain(pulled, name) == plain(read, "layout:1")


def test_a_tag_and_a_digest_name_the_same_image(name):
    repository = name.rpartition(":")[0]
    by_digest = open_image(f"{repository}@{MANIFEST_DIGEST}")
    assert by_digest.config == open_image(name).config
    assert by_digest.subject.name == f"{repository}@{MANIFEST_DIGEST}"
    with pytest.raises(FetchError, match="there is no such image"):
        open_image(f"{repository}:2")


@pytest.fixture
def index(registry, request):
    """An index of two platforms in the registry: its name, its digest, its images."""
    repository = "i/" + re.sub(r"[^a-z0-9]+", "", request.node.name.lower())
    images = {
        architecture: files_of(
            (tar((f"{architecture}.pkg", f"npm {architecture} 1".encode())),),
            architecture=architecture,
        )
        for architecture in ("amd64", "arm64")
    }
    manifests = []
    for architecture, image in images.items():
        push(registry, repository, architecture, image)
        manifests.append({**image[1], "platform": {"os": "linux", "architecture": architecture}})
    data = dumped({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    push_manifest(registry, repository, "1", data, INDEX)
    return f"{registry}/{repository}:1", sha256(data), images


def test_an_index_gives_the_platform_asked_for(index):
    name, digest, images = index
    for architecture, image in images.items():
        opened = open_image(name, platform=f"linux/{architecture}")
        assert (opened.subject.index, opened.subject.manifest) == (digest, image[1]["digest"])
        found = build(opened, readers=READERS).components
        assert [component.purl for component in found] == [f"pkg:npm/{architecture}@1"]


def test_all_platforms_of_an_index_are_read(index):
    name, digest, images = index
    opened = open_all(name)
    assert [image.subject.manifest for image in opened.images] == [
        image[1]["digest"] for image in images.values()
    ]
    assert {image.subject.index for image in opened.images} == {digest}
    for image, architecture in zip(opened.images, images, strict=True):
        found = build(image, readers=READERS).components
        assert [component.purl for component in found] == [f"pkg:npm/{architecture}@1"]


def test_each_platform_gets_its_sbom_attached(index, tmp_path):
    name, _, images = index
    output = ("-o", f"cyclonedx-json={tmp_path}/{{platform}}.json")
    lading("sbom", "generate", name, "--all-platforms", "--attach", *output)
    for architecture, image in images.items():
        (there,) = attached(client(name), image[1]["digest"], [CYCLONEDX])
        document = (tmp_path / f"linux-{architecture}.json").read_bytes()
        assert fetched(client(name), there) == document
        assert lading("sbom", "pull", name, "--platform", f"linux/{architecture}") == document


def test_an_sbom_is_attached_to_the_platform_it_is_of(index, tmp_path):
    name, _, images = index
    documents = {}
    for architecture, image in images.items():
        documents[architecture] = generated(name, "--platform", f"linux/{architecture}")
        document = tmp_path / f"{architecture}.json"
        document.write_bytes(documents[architecture])
        lading("sbom", "attach", name, document)
        (there,) = attached(client(name), image[1]["digest"], [CYCLONEDX])
        assert fetched(client(name), there) == documents[architecture]
    for architecture, document in documents.items():
        assert lading("sbom", "pull", name, "--platform", f"linux/{architecture}") == document


def test_what_is_attached_to_the_index_comes_after_the_images_own(index):
    name, digest, images = index
    attach(client(name), digest, b'{"of":"index"}', CYCLONEDX, "sbom")
    pull = ("sbom", "pull", name, "--platform", "linux/amd64")
    assert lading(*pull) == b'{"of":"index"}'
    attach(client(name), images["amd64"][1]["digest"], b'{"of":"image"}', CYCLONEDX, "sbom")
    assert lading(*pull) == b'{"of":"image"}'
    listed = json.loads(lading(*pull, "-o", "json"))["sboms"]
    assert [each["subject"] for each in listed] == [images["amd64"][1]["digest"], digest]


def test_schema_2_manifests_are_read(registry):
    files, entry = files_of(LAYERS)
    docker = "application/vnd.docker."
    manifest = json.loads(files.pop("blobs/sha256/" + entry["digest"][7:]))
    manifest["mediaType"] = f"{docker}distribution.manifest.v2+json"
    manifest["config"]["mediaType"] = f"{docker}container.image.v1+json"
    for layer in manifest["layers"]:
        layer["mediaType"] = f"{docker}image.rootfs.diff.tar.gzip"
    data = dumped(manifest)
    for blob in files.values():
        push_blob(registry, "t/schema2", blob)
    push_manifest(registry, "t/schema2", "1", data, manifest["mediaType"])
    opened = open_image(f"{registry}/t/schema2:1")
    assert opened.subject.manifest == sha256(data)
    assert opened.config == open_image(f"{registry}/t/schema2@{sha256(data)}").config


def test_an_attached_sbom_is_listed_and_pulled_as_it_was(name, tmp_path):
    document = tmp_path / "app.cdx.json"
    document.write_bytes(generated(name))
    first = lading("sbom", "attach", name, document)
    assert lading("sbom", "attach", name, document) == first
    repository = name.rpartition(":")[0]
    assert first.decode().startswith(f"{repository}@sha256:")
    assert lading("sbom", "pull", name) == document.read_bytes()
    assert lading("sbom", "pull", f"{repository}@{MANIFEST_DIGEST}") == document.read_bytes()
    listing = json.loads(lading("sbom", "pull", name, "-o", "json"))
    jsonschema.validate(listing, json.loads(schemas.text("attached.schema.json")))
    (listed,) = listing["sboms"]
    assert listed == {
        "digest": first.decode().strip().partition("@")[2],
        "format": "cyclonedx-json",
        "subject": MANIFEST_DIGEST,
    }


def test_of_several_sboms_one_is_chosen(name):
    lading("sbom", "generate", name, "--attach", "-o", "cyclonedx-json")
    spdx = lading("sbom", "generate", name, "--attach", "-o", "spdx-json")
    told = lading("sbom", "pull", name, code=2)
    assert "2 SBOMs are attached" in told
    assert "choose with --digest or --format" in told
    assert lading("sbom", "pull", name, "--format", "spdx-json") == spdx
    digest = next(each.digest for each in Shelf(name).sboms if each.format == "spdx-json")
    assert lading("sbom", "pull", name, "--digest", digest[:20]) == spdx
    assert lading("sbom", "pull", name, "--digest", digest[7:15]) == spdx
    spdx3 = lading("sbom", "generate", name, "--attach", "-o", "spdx3-json")
    assert lading("sbom", "pull", name, "--format", "spdx3-json") == spdx3
    assert "no SBOM of cyclonedx-xml is attached (there are sha256:" in lading(
        "sbom", "pull", name, "--format", "cyclonedx-xml", code=2
    )
    assert b"3 SBOMs" in lading("sbom", "pull", name, "-o", "table")


def test_without_an_attached_sbom_it_says_how_to_make_one(name):
    told = lading("sbom", "pull", name, code=2)
    assert "no SBOM is attached (make one: lading sbom generate --attach)" in told


def test_a_format_that_is_never_attached_is_not_asked_for():
    told = lading("sbom", "pull", "registry.example.test/a:1", "--format", "csv", code=2)
    assert "no SBOM is attached as that (one of cyclonedx-json" in told


def test_an_sbom_of_another_image_is_not_attached(name, registry, tmp_path):
    push(registry, "t/another", "1", files_of(LAYERS[:1]))
    document = tmp_path / "app.cdx.json"
    document.write_bytes(generated(f"{registry}/t/another:1"))
    told = lading("sbom", "attach", name, document, code=2)
    assert "the SBOM is of sha256:" in told
    assert not Shelf(name).sboms


def test_attach_wants_a_registry(tmp_path):
    layout = write_layout(tmp_path / "layout", IMAGE)
    told = lading("sbom", "generate", f"oci:{layout}", "--attach", code=2)
    assert "--attach wants an image in a registry" in told


def test_what_others_attached_stays(name):
    """Also a list whose entries do not state their type, as older tools wrote it."""
    other = client(name)
    attach(other, MANIFEST_DIGEST, b"{}", "application/vnd.example.signature", "signature")
    for text in (b'{"a":1}', b'{"a":2}'):
        attach(client(name), MANIFEST_DIGEST, text, CYCLONEDX, "sbom")
    found = attached(client(name), MANIFEST_DIGEST, [CYCLONEDX])
    assert {fetched(client(name), entry) for entry in found} == {b'{"a":1}', b'{"a":2}'}
    assert len(attached(client(name), MANIFEST_DIGEST, ["application/vnd.example.signature"])) == 1


def test_the_list_under_the_tag_is_written_only_where_there_is_no_api(name, registry):
    attach(client(name), MANIFEST_DIGEST, b"{}", CYCLONEDX, "sbom")
    api, repository = has_api(name), name.partition("/")[2].rpartition(":")[0]
    tag = MANIFEST_DIGEST.replace(":", "-")
    status, data, headers = ask(
        registry, "GET", f"/v2/{repository}/manifests/{tag}", headers={"Accept": INDEX}
    )
    assert (status == 404) == api
    if not api:
        assert headers["Content-Type"] == INDEX
        assert [each["artifactType"] for each in json.loads(data)["manifests"]] == [CYCLONEDX]


def test_a_push_that_breaks_off_leaves_nothing_referenced(name, registry):
    """Every request of a push is once the one at which the registry dies."""
    left = [0]
    # Of no other test: some registries keep the blobs of all repositories in one place.
    content = b'{"a":"push that breaks off"}'

    def dying(method, path, headers, body):
        if path == "/v2/":
            return 200, {}, b""
        left[0] -= 1
        if left[0] < 0:
            return 502, {"Cut": 0}, b"gone"
        sent = {key: value for key, value in headers.items() if key.lower() != "content-length"}
        status, data, answer = ask(registry, method, path, body, sent)
        kept = {key: value for key, value in answer.items() if key.lower() in KEPT}
        return status, kept, data

    with serving(dying) as server:
        through = name.replace(registry, server.address)
        for requests in range(30):
            left[0] = requests
            try:
                attach(client(through), MANIFEST_DIGEST, content, CYCLONEDX, "sbom")
            except FetchError:
                if attached(client(name), MANIFEST_DIGEST, [CYCLONEDX]):
                    break  # all was done, only the answer was lost
                continue
            break
    assert requests >= 6
    (entry,) = attached(client(name), MANIFEST_DIGEST, [CYCLONEDX])
    assert fetched(client(name), entry) == content


KEPT = {"location", "content-type", "oci-subject", "docker-content-digest"}


def test_writers_at_the_same_time(name):
    """The API loses none; a list under a tag may, so each looks whether it stands there."""
    with ThreadPoolExecutor(4) as pool:
        told = set(
            pool.map(
                lambda number: (
                    attach(
                        client(name), MANIFEST_DIGEST, b'{"a":%d}' % number, CYCLONEDX, "sbom"
                    ).digest
                ),
                range(4),
            )
        )
    there = {entry.digest for entry in attached(client(name), MANIFEST_DIGEST, [CYCLONEDX])}
    assert len(told) == 4
    assert there == told if has_api(name) else there <= told
    assert there


def test_what_is_attached_is_checked(name):
    attach(client(name), MANIFEST_DIGEST, b"{}", CYCLONEDX, "sbom")
    (entry,) = attached(client(name), MANIFEST_DIGEST, [CYCLONEDX])
    for limits, told in ((Limits(file_bytes=1), "more than 1 bytes"), (DEFAULT, None)):
        if told:
            with pytest.raises(InputError, match=told):
                fetched(client(name), entry, limits)
        else:
            assert fetched(client(name), entry, limits) == b"{}"


@pytest.mark.shared
def test_the_shared_images_are_the_same_from_a_registry(shared, registry, tmp_path):
    archive = shared / "images/dev-alpine.oci.tar"
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    index = json.loads((tmp_path / "index.json").read_bytes())
    for blob in (tmp_path / "blobs/sha256").iterdir():
        push_blob(registry, "t/alpine", blob.read_bytes())
    top = index["manifests"][0]
    data = (tmp_path / "blobs/sha256" / top["digest"][7:]).read_bytes()
    digest = push_manifest(registry, "t/alpine", "1", data, top["mediaType"])
    name = f"{registry}/t/alpine:1"
    pulled, read = generated(name), generated(f"oci-archive:{archive}")
    assert digest in pulled.decode()
    of_archive = json.loads(read)["metadata"]["component"]["name"]
    assert plain(pulled, name) == plain(read, of_archive)
    document = tmp_path / "sbom.json"
    document.write_bytes(pulled)
    lading("sbom", "attach", name, document)
    assert lading("sbom", "pull", name) == pulled
