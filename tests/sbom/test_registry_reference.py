"""Names of images in registries are read as Docker reads them; where they may lead is guarded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom.errors import InputError
from sbom.registry.reference import Reference, is_name, parse
from sbom.web.addresses import is_inside, is_loopback, refusal

DIGEST = "sha256:" + "a" * 64
NAMES = {
    "alpine": ("docker.io", "library/alpine", "latest", ""),
    "alpine:3.16": ("docker.io", "library/alpine", "3.16", ""),
    "grafana/grafana:11.0.0": ("docker.io", "grafana/grafana", "11.0.0", ""),
    "docker.io/alpine": ("docker.io", "library/alpine", "latest", ""),
    "index.docker.io/library/alpine:3": ("docker.io", "library/alpine", "3", ""),
    "registry.example/app:1.2": ("registry.example", "app", "1.2", ""),
    "registry.example:5000/a/b/c": ("registry.example:5000", "a/b/c", "latest", ""),
    "localhost/app": ("localhost", "app", "latest", ""),
    "localhost:5000/app:x": ("localhost:5000", "app", "x", ""),
    "127.0.0.1:5000/x/y:1": ("127.0.0.1:5000", "x/y", "1", ""),
    "[::1]:5000/app:1": ("[::1]:5000", "app", "1", ""),
    "HOST/app": ("HOST", "app", "latest", ""),
    f"alpine@{DIGEST}": ("docker.io", "library/alpine", "", DIGEST),
    f"ghcr.io/o/app:v1@{DIGEST}": ("ghcr.io", "o/app", "v1", DIGEST),
    "ghcr.io/o/a__b/c--d/e.f": ("ghcr.io", "o/a__b/c--d/e.f", "latest", ""),
}


@pytest.mark.parametrize("text", NAMES)
def test_a_name_has_registry_repository_tag_and_digest(text):
    assert parse(text) == Reference(*NAMES[text])


def test_docker_hub_is_asked_at_another_host():
    assert parse("alpine").host == "registry-1.docker.io"
    assert parse("quay.io/a/b:1").host == "quay.io"
    assert parse(f"a/b:1@{DIGEST}").chosen == DIGEST


@pytest.mark.parametrize(
    "text",
    ["", ":", "/", "/abs/path", "./app", "../app", "Alpine", "a//b", "a/", "a:", "a:b:c", "a b"]
    + [
        "app@sha256:1",
        "app@latest",
        "registry.example/App",
        "registry.example/a:-x",
        "a\n",
        "a/b\n",
    ]
    + ["x" * 256, "registry.example:port/app", "registry.example:/app", "a?b", "http://a.b/c", "é"],
)
def test_what_is_no_name_is_one_clear_line(text):
    with pytest.raises(InputError) as error:
        parse(text)
    assert error.value.hint
    assert not is_name(text)


@pytest.mark.parametrize("text", ["app.tar", "sbom.json", "a/b.cdx.xml", "image.tar.gz", "x.TGZ"])
def test_a_file_that_is_not_there_is_not_looked_for_on_docker_hub(text):
    assert not is_name(text)


WORD = st.from_regex(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)?", fullmatch=True).filter(
    lambda w: len(w) < 30
)


@settings(max_examples=60)
@given(
    st.sampled_from(["docker.io", "ghcr.io", "localhost:5000", "10.0.0.1"]),
    st.lists(WORD, min_size=1, max_size=4),
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True),
    st.sampled_from(["", f"@{DIGEST}"]),
)
def test_a_name_written_out_is_the_same_name(registry, words, tag, digest):
    once = parse(f"{registry}/{'/'.join(words)}:{tag}{digest}")
    assert parse(str(once)) == once


NEVER = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "168.63.129.16"]
NEVER += ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "224.0.0.1", "::"]
INSIDE = ["10.1.2.3", "192.168.0.1", "172.16.0.1", "127.0.0.1", "::1", "fd12::1", "100.64.0.1"]
INSIDE += ["::ffff:10.0.0.1"]
OUTSIDE = ["1.1.1.1", "2606:4700::1111", "172.32.0.1", "8.8.8.8"]


@pytest.mark.parametrize("address", NEVER)
def test_link_local_and_metadata_addresses_are_never_reached(address):
    assert refusal(address, inside=False)
    assert refusal(address, inside=True)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_reached_from_inside_only(address):
    assert is_inside(address)
    assert refusal(address, inside=False)
    assert not refusal(address, inside=True)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_may_be_reached(address):
    assert not is_inside(address)
    assert not refusal(address, inside=False)


def test_what_is_this_machine_is_told_by_its_name():
    assert all(map(is_loopback, ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"]))
    assert not any(map(is_loopback, ["localhost.example", "128.0.0.1", "registry", "10.0.0.1"]))
