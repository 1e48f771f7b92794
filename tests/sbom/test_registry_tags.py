"""The images of a repository in real registries: every tag, every platform, and nothing else."""

import pytest
from make_image import dumped, files_of, sha256, tar
from registries import INDEX, KINDS, push, push_manifest, run_kind

from lading.evidencing import inventories
from sbom.errors import FetchError
from sbom.registry.client import Client
from sbom.registry.reference import parse
from sbom.registry.referrers import attach
from sbom.registry.tags import tagged
from sbom.web.access import Access


@pytest.fixture(scope="module", params=KINDS)
def registry(request, tmp_path_factory):
    with run_kind(request.param, tmp_path_factory.mktemp("registry")) as address:
        yield address


def image(text, **more):
    return files_of((tar((f"{text}.pkg", f"npm {text} 1".encode())),), **more)


def client(name, actions="pull"):
    return Client(parse(name), actions=actions, pause=lambda _: None)


def test_every_tag_and_every_platform_is_an_image(registry):
    one, two = image("one"), image("two", architecture="arm64")
    push(registry, "t/app", "1", one)
    push(registry, "t/app", "latest", one)
    push(registry, "t/app", "2", two)
    kind = one[1]["mediaType"]
    entries = [
        {**entry, "platform": {"os": system, "architecture": architecture}}
        for (_, entry), system, architecture in (
            (one, "linux", "amd64"), (two, "linux", "arm64"), (one, "unknown", "unknown"),
        )
    ]  # fmt: skip
    index = dumped({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    push_manifest(registry, "t/app", "all", index, INDEX)
    name = f"{registry}/t/app"
    attach(client(name, "pull,push"), one[1]["digest"], b"{}", "application/x+json", "x")
    found = [(each.tag, each.digest, each.platform) for each in tagged(client(name))]
    assert found == [
        ("1", one[1]["digest"], ""),
        ("2", two[1]["digest"], ""),
        ("all", one[1]["digest"], "linux/amd64"),
        ("all", two[1]["digest"], "linux/arm64"),
        ("latest", one[1]["digest"], ""),
    ]
    assert kind.startswith("application/vnd.oci.image.manifest")
    assert sha256(index) not in {digest for _, digest, _ in found}
    known, problems, told = inventories((), (name,), Access())
    assert {(each.place, each.reference) for each in known} == {
        ("registry", f"{name}:{tag}") for tag in ("1", "2", "all", "latest")
    }
    assert problems == ()
    assert told == (name,)


def test_a_repository_that_is_not_there_is_an_error(registry):
    with pytest.raises(FetchError):
        list(tagged(client(f"{registry}/t/nothing")))
