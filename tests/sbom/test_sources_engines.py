"""Images of container engines: Debian's podman and containerd, and servers that speak Docker's API.

podman serves Docker's API; what Docker itself saves since version 25 is served from its form.
"""

import json
import os
import socket
import ssl
import tarfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import skip_or_fail
from engines import (
    containerd,
    dockerd,
    load_docker,
    podman,
    podman_environment,
    run,
    run_containerd,
    run_docker,
    run_podman,
)
from make_image import (
    OCI,
    OS_RELEASE,
    READERS,
    docker_files,
    dumped,
    files_of,
    layout_files,
    sha256,
    tar,
    write_archive,
    write_layout,
)
from msgspec.structs import replace
from registries import docker_registry, push, run_docker_registry, serving

from sbom.build import build
from sbom.engines import addresses
from sbom.errors import FetchError, InputError
from sbom.limits import Limits
from sbom.sources import in_registry, open_all, open_image

NAME = "example.test/app:1"
LAYERS = (
    tar(("etc/os-release", OS_RELEASE), ("a.pkg", b"npm a 1"), ("big", bytes(3 << 20))),
    tar(("b.pkg", b"npm b 1")),
)
IMAGE = files_of(LAYERS, tag=NAME)
MANIFEST = IMAGE[1]["digest"]


def indexed():
    """Return an index of two platforms and an attestation, as the files of a layout."""
    files, entries = {}, []
    for machine in ("amd64", "arm64"):
        layer = tar(("etc/os-release", OS_RELEASE), ("x.pkg", f"npm {machine} 1".encode()))
        more, entry = files_of((layer,), architecture=machine)
        files |= more
        entries.append({**entry, "platform": {"os": "linux", "architecture": machine}})
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "config": put(files, b"{}", OCI + "config.v1+json"),
        "layers": [put(files, b'{"_type":"x"}', "application/vnd.in-toto+json")],
    }
    notes = {"vnd.docker.reference.type": "attestation-manifest"}
    nowhere = {"os": "unknown", "architecture": "unknown"}
    attestation = put(files, dumped(manifest), OCI + "manifest.v1+json")
    entries.append({**attestation, "platform": nowhere, "annotations": notes})
    index = dumped({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries})
    return files, put(files, index, OCI + "index.v1+json"), attestation["digest"]


def put(files, data, kind):
    files["blobs/sha256/" + sha256(data)[7:]] = data
    return {"mediaType": kind, "digest": sha256(data), "size": len(data)}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The image as an OCI archive, which every engine can load."""
    folder = tmp_path_factory.mktemp("archive")
    return write_archive(folder / "app.tar", layout_files(IMAGE))


@pytest.fixture(scope="module")
def podman_home(tmp_path_factory, archive):
    """A folder in which podman keeps the image."""
    if not podman():
        skip_or_fail("no podman, or not root")
    folder = tmp_path_factory.mktemp("podman")
    environment = podman_environment(folder)
    run("podman", "load", "--input", archive, environment=environment)
    return folder


@pytest.fixture(scope="module")
def podman_socket(podman_home):
    with run_podman(podman_home) as socket:
        yield socket


@pytest.fixture(scope="module")
def containerd_socket(tmp_path_factory, archive):
    """A containerd with the image in one namespace, and an index in another."""
    if not containerd():
        skip_or_fail("no containerd, or not root")
    folder = tmp_path_factory.mktemp("containerd")
    files, entry, _ = indexed()
    name = {"annotations": {"org.opencontainers.image.ref.name": "example.test/many:1"}}
    many = write_archive(folder / "many.tar", layout_files((files, {**entry, **name})))
    with run_containerd(folder) as socket:
        ctr = ("ctr", "--address", socket)
        imports = ("images", "import", "--snapshotter", "native", "--no-unpack")
        run(*ctr, *imports, archive)
        run(*ctr, "--namespace", "k8s.io", *imports, "--all-platforms", many)
        yield socket


@pytest.fixture
def here(monkeypatch, tmp_path):
    """No engine of the machine itself is found."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CONTAINER_HOST", "CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_RUNTIME_DIR", "HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("DOCKER_SOCKET", "PODMAN_SOCKET"):
        monkeypatch.setattr(addresses, name, f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(addresses, "CONTAINERD_SOCKETS", (f"{tmp_path}/none.sock",))
    return monkeypatch


def found(image):
    return [component.purl for component in build(image, readers=READERS).components]


def bare(reference, readers=READERS):
    """Return an SBOM without the digests that stand only where they are known (rule 4)."""
    sbom = build(open_image(reference), readers=readers)
    layers = tuple(replace(layer, digest=None) for layer in sbom.layers)
    subject = replace(sbom.subject, manifest=None, index=None)
    return replace(sbom, subject=subject, layers=layers)


def test_every_engine_gives_the_sbom_of_the_files(
    here, podman_socket, containerd_socket, archive, tmp_path
):
    here.setenv("DOCKER_HOST", f"unix://{podman_socket}")
    here.setenv("CONTAINER_HOST", f"unix://{podman_socket}")
    here.setenv("CONTAINERD_ADDRESS", str(containerd_socket))
    layout = write_layout(tmp_path / "layout", IMAGE)
    saved = tmp_path / "saved.tar"
    home = podman_environment(podman_socket.parent)
    run("podman", "save", "--format=docker-archive", "-o", saved, NAME, environment=home)
    expected = bare(f"oci:{layout}")
    assert [c.purl for c in expected.components] == ["pkg:npm/a@1", "pkg:npm/b@1"]
    assert expected.subject.name == NAME
    names = (f"docker-archive:{saved}", f"oci-archive:{archive}")
    for name in (f"docker:{NAME}", f"podman:{NAME}", f"containerd:{NAME}", *names):
        assert bare(name) == expected, name


@pytest.mark.shared
def test_a_real_image_is_the_same_from_every_engine(here, shared, podman_home, containerd_socket):
    archive = shared / "images/dev-rpm-sqlite.docker.tar"
    name = "example.com/dev-rpm-sqlite:1.0"
    home = podman_environment(podman_home)
    run("podman", "load", "--input", archive, environment=home)
    run("ctr", "--address", containerd_socket, "images", "import", "--no-unpack", archive)
    here.setenv("CONTAINERS_STORAGE_CONF", str(podman_home / "storage.conf"))
    here.setenv("CONTAINERD_ADDRESS", str(containerd_socket))
    expected = bare(f"docker-archive:{archive}", readers=None)
    assert len(expected.components) == 71
    for kind in ("podman", "containerd"):
        assert bare(f"{kind}:{name}", readers=None) == expected


def test_docker_itself_gives_the_sbom_of_the_files(here, tmp_path):
    if not dockerd():
        pytest.skip("no dockerd, or not root; podman serves the same API")
    archive = write_archive(tmp_path / "docker.tar", docker_files(LAYERS))
    try:
        with run_docker(tmp_path) as socket:
            load_docker(socket, archive)
            here.setenv("DOCKER_HOST", f"unix://{socket}")
            assert bare(f"docker:{NAME}") == bare(f"docker-archive:{archive}")
            with pytest.raises(InputError, match=r"docker\.sock: there is no image nope:1"):
                open_image("docker:nope:1")
    except RuntimeError as error:
        pytest.skip(f"dockerd does not start here: {error}"[:300])


def test_digests_are_those_the_engine_keeps(here, podman_socket, containerd_socket):
    here.setenv("DOCKER_HOST", f"unix://{podman_socket}")
    here.setenv("CONTAINER_HOST", f"unix://{podman_socket}")
    here.setenv("CONTAINERD_ADDRESS", str(containerd_socket))
    ids = {open_image(f"{kind}:{NAME}").subject.image_id for kind in ("docker", "podman")}
    assert ids == {open_image(f"containerd:{NAME}").subject.image_id}
    assert open_image(f"containerd:{NAME}").subject.manifest == MANIFEST
    home = podman_environment(podman_socket.parent)
    kept = run("podman", "image", "inspect", "--format={{.Digest}}", NAME, environment=home)
    assert open_image(f"podman:{NAME}").subject.manifest == kept.strip()


def test_podman_keeps_the_digest_of_the_registry(here, podman_socket, tmp_path):
    if not docker_registry():
        skip_or_fail("no docker-registry")
    here.setenv("CONTAINER_HOST", f"unix://{podman_socket}")
    with run_docker_registry(tmp_path) as address:
        digest = push(address, "t/app", "1", IMAGE)
        home = podman_environment(podman_socket.parent)
        run("podman", "pull", "--tls-verify=false", f"{address}/t/app:1", environment=home)
    subject = open_image(f"podman:{address}/t/app:1").subject
    assert (subject.manifest, subject.name) == (digest, f"{address}/t/app:1")


def test_an_id_names_an_image(here, podman_socket):
    here.setenv("DOCKER_HOST", f"unix://{podman_socket}")
    digest = open_image(f"docker:{NAME}").subject.image_id
    for name in (digest, digest[7:], digest[7:19]):
        assert found(open_image(f"docker:{name}")) == ["pkg:npm/a@1", "pkg:npm/b@1"]


def test_podman_without_a_service_is_run_itself(here, podman_home):
    here.setenv("CONTAINERS_STORAGE_CONF", str(podman_home / "storage.conf"))
    image = open_image(f"podman:{NAME}")
    assert found(image) == ["pkg:npm/a@1", "pkg:npm/b@1"]
    assert image.subject.manifest
    with pytest.raises(InputError, match=r"podman: .*nope"):
        open_image("podman:example.test/nope:1")


@pytest.mark.parametrize("kind", ["docker", "podman"])
def test_no_such_image_is_one_line(here, podman_socket, kind):
    here.setenv("DOCKER_HOST", f"unix://{podman_socket}")
    here.setenv("CONTAINER_HOST", f"unix://{podman_socket}")
    with pytest.raises(InputError, match=r"podman.sock: there is no image nope:1 \(pull it"):
        open_image(f"{kind}:nope:1")


def test_another_platform_than_there_is_is_told(here, podman_socket):
    here.setenv("DOCKER_HOST", f"unix://{podman_socket}")
    with pytest.raises(InputError, match="no image for linux/s390x, there is linux/amd64"):
        open_image(f"docker:{NAME}", platform="linux/s390x")
    assert found(open_image(f"docker:{NAME}", platform="linux/amd64"))
    assert len(open_all(f"docker:{NAME}").images) == 1


# containerd.


def test_containerd_has_indexes_and_namespaces(here, containerd_socket):
    here.setenv("CONTAINERD_ADDRESS", str(containerd_socket))
    _, entry, attestation = indexed()
    opened = open_all("containerd:example.test/many:1")
    assert [image.subject.platform for image in opened.images] == ["linux/amd64", "linux/arm64"]
    assert {image.subject.index for image in opened.images} == {entry["digest"]}
    assert opened.others == (f"{attestation} is an attestation (unknown/unknown)",)
    for image in opened.images:
        assert found(image) == [f"pkg:npm/{image.subject.platform[6:]}@1"]
    by_digest = open_image(f"containerd:{entry['digest']}", platform="linux/arm64")
    assert found(by_digest) == ["pkg:npm/arm64@1"]
    here.setenv("CONTAINERD_NAMESPACE", "default")
    with pytest.raises(InputError, match=r"no image example.test/many:1 in the namespaces default"):
        open_image("containerd:example.test/many:1")


def test_one_name_for_two_images_is_told(here, containerd_socket):
    here.setenv("CONTAINERD_ADDRESS", str(containerd_socket))
    ctr = ("ctr", "--address", containerd_socket, "--namespace", "k8s.io", "images")
    run(*ctr, "tag", "example.test/many:1", NAME)
    try:
        with pytest.raises(InputError, match=r"several images are called .*default .*k8s\.io"):
            open_image(f"containerd:{NAME}")
        here.setenv("CONTAINERD_NAMESPACE", "default")
        assert found(open_image(f"containerd:{NAME}")) == ["pkg:npm/a@1", "pkg:npm/b@1"]
    finally:
        run(*ctr, "remove", NAME)


def test_a_layer_that_containerd_has_not_kept_is_told(here, containerd_socket, tmp_path):
    """With `discard_unpacked_layers` containerd throws them away once they are unpacked."""
    here.setenv("CONTAINERD_ADDRESS", str(containerd_socket))
    own = files_of((tar(("own.pkg", b"npm own 1")),), tag="example.test/own:1")
    archive = write_archive(tmp_path / "own.tar", layout_files(own))
    ctr = ("ctr", "--address", containerd_socket)
    run(*ctr, "images", "import", "--no-unpack", archive)
    image = open_image("containerd:example.test/own:1")
    assert found(image) == ["pkg:npm/own@1"]
    layer = image.layers[0].facts.digest
    run(*ctr, "content", "rm", layer)
    with pytest.raises(FetchError, match=rf"ctr: content digest {layer}: not found"):
        found(image)


# Nobody there, and nobody sane there.


@pytest.mark.parametrize("kind", ["docker", "podman", "containerd"])
def test_all_places_that_were_tried_are_told(here, tmp_path, kind):
    here.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError) as error:
        open_image(f"{kind}:app:1")
    assert "answers at " in error.value.message
    assert f"{tmp_path}/none.sock (" in error.value.message
    assert "No such file or directory" in error.value.message
    assert "to a file" in error.value.hint


def test_a_socket_that_nobody_listens_at_is_told(here, tmp_path):
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    here.setenv("DOCKER_HOST", f"unix://{path}")
    with pytest.raises(FetchError, match=r"dead.sock \(Connection refused\)"):
        open_image("docker:app:1")
    here.setenv("CONTAINERD_ADDRESS", str(path))
    (tmp_path / "bin").mkdir()
    here.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(FetchError, match="ctr: it cannot be started: No such file"):
        open_image("containerd:app:1")


@pytest.mark.parametrize("name", ["../x", "a/../../_ping", "App", "", "-x", "a b", "a?b", "--help"])
@pytest.mark.parametrize("kind", ["docker", "podman", "containerd"])
def test_what_is_no_name_goes_to_no_engine(here, kind, name):
    with pytest.raises(InputError, match="this is no name of an image"):
        open_image(f"{kind}:{name}")


def test_the_kind_of_an_engine_is_no_registry():
    assert not in_registry("docker:app:1")
    assert in_registry("dockers.example/app:1")


@pytest.mark.parametrize("host", ["ssh://me@there", "npipe:////./pipe/docker_engine", "x"])
def test_an_address_that_cannot_be_asked_is_told(here, host):
    here.setenv("DOCKER_HOST", host)
    with pytest.raises(FetchError, match="only unix:// and tcp:// can be asked"):
        open_image("docker:app:1")


# Docker's API as a server may speak it.


def engine(files, *, api="1.48", cut=None, status=200, fault=""):
    """Return the answers of an engine that has one image."""
    data = tar(*files.items(), form=tarfile.USTAR_FORMAT)
    asked = []

    def answers(method, path, headers, body):
        parts = urlsplit(path)
        asked.append(path)
        if parts.path == "/_ping":
            return 200, {"Api-Version": api}, b"OK"
        if parts.path == f"/containers/{NAME.partition(':')[0].replace('/', '%2F')}/json":
            return 200, {}, dumped({"Image": "sha256:" + "0" * 64})
        if parts.path == f"/images/{NAME}/json":
            return 200, {}, dumped({"Id": "sha256:" + "0" * 64})
        if parts.path == f"/images/{NAME}/get":
            if status != 200:
                return status, {}, dumped({"message": fault})
            return 200, {} if cut is None else {"Cut": cut}, data
        return 404, {}, dumped({"message": "no such image"})

    answers.asked = asked
    return answers


def docker_25(files, entry):
    """Return what Docker saves since version 25: a layout, and its old manifest beside it."""
    notes = {
        "io.containerd.image.name": f"docker.io/{NAME}",
        "org.opencontainers.image.ref.name": "1",
    }
    return layout_files((files, {**entry, "annotations": notes})) | {"manifest.json": b"[]"}


def test_docker_since_25_saves_a_layout_with_its_index(here):
    files, entry, attestation = indexed()
    answers = engine(docker_25(files, entry))
    with serving(answers) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        image = open_image(f"docker:{NAME}", platform="linux/arm64")
        assert found(image) == ["pkg:npm/arm64@1"]
        assert image.subject.index == entry["digest"]
        query = parse_qs(urlsplit(answers.asked[-1]).query)
        asked = json.loads(query["platform"][0])
        assert asked == {"os": "linux", "architecture": "arm64"}
        opened = open_all(f"docker:{NAME}")
        assert "platform" not in answers.asked[-1]
        assert len(opened.images) == 2
        assert opened.others == (f"{attestation} is an attestation (unknown/unknown)",)


def test_an_older_docker_is_not_asked_for_a_platform(here):
    answers = engine(docker_25(*indexed()[:2]), api="1.47")
    with serving(answers) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        open_image(f"docker:{NAME}", platform="linux/arm64")
        assert "platform" not in answers.asked[-1]


def test_a_stream_that_breaks_off_is_told(here):
    with serving(engine(docker_25(*IMAGE), cut=5000)) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        with pytest.raises(FetchError, match=r"the connection broke off while .* was saved"):
            open_image(f"docker:{NAME}")


def test_an_answer_that_breaks_off_is_told(here):
    good = engine({})

    def answers(method, path, headers, body):
        status, more, data = good(method, path, headers, body)
        return status, more if path == "/_ping" else {"Cut": 1}, data

    with serving(answers) as server:
        here.setenv("DOCKER_HOST", f"tcp://me:hunter2@{server.address}")
        with pytest.raises(FetchError, match="the connection broke off") as error:
            open_image(f"docker:{NAME}")
        assert "hunter2" not in str(error.value)


def test_a_refusal_is_told_in_the_engines_words_without_their_colours(here):
    answers = engine({}, status=500, fault="\x1b[31mno room")
    with serving(answers) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        with pytest.raises(FetchError, match="it answers 500: \ufffd\\[31mno room"):
            open_image(f"docker:{NAME}")


def test_a_containers_name_is_told_to_be_one(here):
    with serving(engine({})) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        with pytest.raises(InputError, match="a container of this name was made of sha256:000"):
            open_image(f"docker:{NAME.partition(':')[0]}")


def test_what_an_engine_saves_is_bounded(here):
    with serving(engine(docker_25(*IMAGE))) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        with pytest.raises(InputError, match="more than 1000 bytes"):
            open_image(f"docker:{NAME}", limits=Limits(layer_bytes=1000))


def test_memory_does_not_grow_with_what_is_saved(here):
    import tracemalloc

    layer = tar(("zeros", b""), ("big", os.urandom(1 << 20) * 32), ("x.pkg", b"npm x 1"))
    with serving(engine(docker_25(*files_of((layer,), pack=lambda data: data)))) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        tracemalloc.start()
        assert found(open_image(f"docker:{NAME}")) == ["pkg:npm/x@1"]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 << 20


def test_no_room_to_keep_it_is_told(here):
    with serving(engine(docker_25(*IMAGE))) as server:
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        here.setattr("tempfile.TemporaryFile", lambda: Path("/dev/full").open("wb"))  # noqa: SIM115
        with pytest.raises(InputError, match=r"No space left on device \(set TMPDIR"):
            open_image(f"docker:{NAME}")


def test_docker_by_tcp_shows_its_certificate(here, tmp_path):
    """A server that wants a certificate of its callers, as `dockerd --tlsverify` does."""
    for name in ("ca", "key"):
        (tmp_path / f"{name}.pem").touch()
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    made += ["-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem"]
    made += ["-days", "3650", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        run(*made)
    except FileNotFoundError:
        skip_or_fail("no openssl")
    (tmp_path / "cert.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    with serving(engine(docker_25(*IMAGE))) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        context.load_verify_locations(tmp_path / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
        here.setenv("DOCKER_HOST", f"tcp://{server.address}")
        here.setenv("DOCKER_TLS_VERIFY", "1")
        assert found(open_image(f"docker:{NAME}")) == ["pkg:npm/a@1", "pkg:npm/b@1"]
        (tmp_path / "cert.pem").write_text("none")
        with pytest.raises(InputError, match=r"cert.pem: it cannot be used"):
            open_image(f"docker:{NAME}")


def test_a_context_of_dockers_names_its_host(here, tmp_path):
    with serving(engine(docker_25(*IMAGE))) as server:
        (tmp_path / "config.json").write_text('{"currentContext":"mine"}')
        meta = tmp_path / "contexts/meta" / sha256(b"mine")[7:] / "meta.json"
        meta.parent.mkdir(parents=True)
        host = {"Endpoints": {"docker": {"Host": f"tcp://{server.address}"}}}
        meta.write_bytes(dumped(host))
        assert found(open_image(f"docker:{NAME}"))
        meta.write_text("{")
        with pytest.raises(InputError, match="cannot be read as Docker's settings"):
            open_image(f"docker:{NAME}")
        here.setenv("DOCKER_CONTEXT", "other")
        with pytest.raises(InputError, match="context other names no host"):
            open_image(f"docker:{NAME}")
