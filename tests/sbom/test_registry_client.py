"""Registries that misbehave: what may pass is waited for, what is wrong is one clear line."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import suppress

import pytest
from conftest import skip_or_fail
from hypothesis import given, settings
from hypothesis import strategies as st
from make_image import OS_RELEASE, READERS, dumped, files_of, sha256, tar
from registries import INDEX, MANIFEST, Repository, serving

from sbom.build import build
from sbom.errors import FetchError, InputError, LadingError
from sbom.limits import DEFAULT, Limits
from sbom.registry.challenge import challenges
from sbom.registry.client import Client
from sbom.registry.manifests import _kind, document
from sbom.registry.reference import Reference, parse
from sbom.registry.referrers import attached
from sbom.sources import open_image
from sbom.sources.registry import pulled
from sbom.web.access import Access
from sbom.web.patience import retry_after
from sbom.web.transport import NoTlsError, Transport, address, joined

NOISE = bytes(range(256)) * 4096
"""A megabyte, so that a layer comes in many blocks."""
LAYERS = (
    tar(("etc/os-release", OS_RELEASE), ("a.pkg", b"npm a 1"), ("noise", NOISE)),
    tar(("b.pkg", b"npm b 1")),
)
IMAGE = files_of(LAYERS, pack=lambda layer: layer)
BIG = sha256(LAYERS[0])
PURLS = ["pkg:npm/a@1", "pkg:npm/b@1"]


def found(server, waits=None, threads=2, limits=DEFAULT, name="x/y:1"):
    """Return the purls of the server's image; `waits` gets the seconds that were waited."""
    pause = (waits if waits is not None else []).append
    client = Client(parse(f"{server.address}/{name}"), pause=pause)
    sbom = build(pulled(client, None, limits), readers=READERS, threads=threads)
    return [component.purl for component in sbom.components]


def refused(answers, waits=None, **more):
    with serving(answers) as server, pytest.raises(LadingError) as error:
        found(server, waits, **more)
    assert error.value.hint
    assert "\n" not in str(error.value)
    return str(error.value)


def bent(change, image=IMAGE):
    """Answers of a good registry, but where `change` has another."""
    good = Repository(image)

    def answers(method, path, headers, body):
        return change(path, headers, good(method, path, headers, body)) or good(
            method, path, headers, body
        )

    return answers


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(status):
    left = [2]

    def busy(path, headers, good):
        if path != "/v2/" and left[0]:
            left[0] -= 1
            return status, {}, b"later"
        return None

    waits = []
    with serving(bent(busy)) as server:
        assert found(server, waits) == PURLS
    assert waits == [0.5, 1.0]


def test_the_wish_of_the_registry_is_kept_within_bounds():
    wishes = ["7", "100000", "Wed, 21 Oct 2026 07:28:09 GMT", "soon"]

    def busy(path, headers, good):
        if path != "/v2/" and wishes:
            date = "Wed, 21 Oct 2026 07:28:00 GMT"
            return 429, {"Retry-After": wishes.pop(0), "Date": date}, b""
        return None

    waits = []
    with serving(bent(busy)) as server:
        assert found(server, waits) == PURLS
    assert waits == [7.0, 60.0, 9.0, 4.0]


def test_in_the_end_it_is_given_up():
    waits = []
    told = refused(bent(lambda path, *_: (503, {}, b"") if path != "/v2/" else None), waits)
    assert "it answers 503 each of 5 times" in told
    assert waits == [0.5, 1.0, 2.0, 4.0]


def cutting(cuts, ranges=True):
    """A registry whose large layer breaks off after so many bytes, as often as there are cuts."""
    cuts = list(cuts)

    def cut(path, headers, good):
        if not path.endswith(BIG):
            return None
        wanted = re.match(r"bytes=(\d+)-", headers.get("Range", "")) if ranges else None
        start = int(wanted[1]) if wanted else 0
        data = LAYERS[0][start:]
        more = {"Content-Range": f"bytes {start}-{len(LAYERS[0]) - 1}/{len(LAYERS[0])}"}
        if cuts:
            more["Cut"] = cuts.pop(0)
        return (206 if wanted else 200), (more if wanted else {"Cut": more.get("Cut")}), data

    return bent(cut)


@pytest.mark.parametrize("ranges", [True, False], ids=["Range", "no Range"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_blob_that_breaks_off_goes_on_where_it_was(ranges, threads):
    with serving(cutting([100_000, 300_000, 0, 500_000], ranges)) as server:
        assert found(server, threads=threads) == PURLS
        asked = [head.get("Range") for _, path, head in server.asked if path.endswith(BIG)]
    assert asked[0] is None
    starts = [int(text[6:-1]) for text in asked[1:] if text]
    assert len(starts) >= 3
    assert starts == sorted(starts)
    assert starts[0] > 0


def test_a_document_that_breaks_off_is_asked_for_again():
    left = [2]

    def cut(path, headers, good):
        if "/manifests/" in path and left[0]:
            left[0] -= 1
            return 200, {"Content-Type": MANIFEST, "Cut": 10}, good[2]
        return None

    waits = []
    with serving(bent(cut)) as server:
        assert found(server, waits) == PURLS
    assert waits == [0.5, 1.0]
    told = refused(
        bent(lambda path, _, good: (200, {"Cut": 1}, good[2]) if path != "/v2/" else None)
    )
    assert "the connection broke off, 5 times" in told


def test_a_blob_that_breaks_off_for_ever_is_given_up():
    told = refused(cutting([100_000] + [0] * 50))
    assert "breaks off again and again at " in told
    assert f"of {len(LAYERS[0])} bytes" in told


def test_a_blob_of_another_size_is_not_read_to_its_end():
    told = refused(bent(lambda path, *_: (200, {}, b"x" * 10) if path.endswith(BIG) else None))
    assert f"should have {len(LAYERS[0])} bytes, 10 are offered" in told


@pytest.mark.parametrize("which", ["manifest", "config", "layer"])
def test_wrong_bytes_are_told(which):
    def wrong(path, headers, good):
        status, headers, data = good
        kind = "manifest" if "/manifests/" in path else "layer" if path.endswith(BIG) else ""
        config = "/blobs/" in path and b'"rootfs"' in data
        if path == "/v2/" or which not in {kind, "config" if config else ""}:
            return None
        return status, headers, data.replace(b"step 0", b"step 9").replace(b"npm a 1", b"npm a 2")

    if which == "manifest":
        name = f"x/y@{IMAGE[1]['digest']}"

        def wrong(path, headers, good):
            return (*good[:2], good[2] + b" ") if "/manifests/" in path else None

        assert "its bytes are sha256:" in refused(bent(wrong), name=name)
    else:
        assert re.search(r"sha256:\w+, not sha256|has the digest sha256", refused(bent(wrong)))


def test_no_such_image_names_the_code_and_not_the_words_of_a_stranger():
    told = refused(Repository(IMAGE), name="x/y:2")
    assert "x/y:2: there is no such image (MANIFEST_UNKNOWN)" in told
    assert '"x"' not in told


def leading(place, status=307):
    return lambda _, path, *__: (
        (200, {}, b"") if path == "/v2/" else (status, {"Location": place}, b"")
    )


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254), which is a link-local"),
        ("http://[fd00:ec2::254]/", "link-local or metadata"),
        ("http://[::ffff:169.254.169.254]/", "link-local or metadata"),
        ("gopher://x/", "no http address"),
        ("http://x y/", "no http address"),
        ("http://[", "no http address"),
        ("http://a:99999/", "no http address"),
        ("", "it answers 307"),
    ],
)
def test_a_redirect_may_not_lead_anywhere(place, told):
    assert told in refused(leading(place))


def test_redirects_end():
    assert "more than 5 redirects" in refused(leading("?more"))


def test_a_redirect_is_followed_and_its_secrets_are_not_told():
    with serving(Repository(IMAGE)) as other:

        def leads(path, headers, good):
            if "/blobs/" in path:
                return 307, {"Location": f"http://{other.address}{path}?X-Signature=hunter2"}, b""
            return None

        good = Repository(IMAGE)
        other.answers = lambda method, path, *rest: good(method, path.partition("?")[0], *rest)
        with serving(bent(leads)) as server:
            assert found(server) == PURLS
        other.answers = lambda *_: (403, {}, b"hunter2")
        assert "hunter2" not in refused(bent(leads))


def test_a_stranger_may_not_send_us_inside():
    with serving(Repository(IMAGE)) as server:
        port = server.address.rpartition(":")[2]
        for host in ("127.0.0.1", "localhost"):
            transport = Transport("registry.example", Access())
            with pytest.raises(FetchError, match="which is an address inside a network"):
                transport.send("GET", f"http://{host}:{port}/", {})
            allowed = Transport("registry.example", Access(allow=(host,)))
            allowed.send("GET", f"http://{host}:{port}/", {}).close()
        assert len(server.asked) == 2


def one_manifest(data, kind=MANIFEST):
    return lambda _, path, *__: (200, {"Content-Type": kind}, b"{}" if path == "/v2/" else data)


@pytest.mark.parametrize(
    ("data", "kind", "told"),
    [
        (b"{", MANIFEST, "truncated"),
        (b"[]", MANIFEST, "Expected `object`"),
        (b"[" * 9_000, MANIFEST, "manifest 1"),
        (dumped({"schemaVersion": 1}), MANIFEST, "schema 1"),
        (dumped({"manifests": [], "layers": []}), INDEX, "both an index and a manifest"),
        (dumped({"mediaType": MANIFEST, "manifests": []}), INDEX, f"it is no {MANIFEST}"),
        (dumped({"mediaType": INDEX, "layers": []}), INDEX, f"it is no {INDEX}"),
        (dumped({"config": {}, "layers": []}), MANIFEST, "mediaType"),
        (
            dumped({"manifests": [{"digest": "sha256:1", "size": 1, "mediaType": MANIFEST}]}),
            INDEX,
            "no sha256",
        ),
        (b" " * 20_000, MANIFEST, "more than 10000 bytes"),
    ],
)
def test_a_manifest_that_is_none_is_told(data, kind, told):
    assert told in refused(one_manifest(data, kind), limits=Limits(manifest_bytes=10_000))


ENTRY = {"mediaType": MANIFEST, "digest": BIG, "size": 1, "artifactType": "a/b"}


def referring(pages):
    """A registry whose list of referrers comes in pages of (entries, next)."""

    def answers(method, path, *_):
        number = int(path.partition("?n=")[2] or 0)
        entries, following = pages[number] if "/referrers/" in path else ([], "")
        link = {"Link": f'<{following}>; rel="next"'} if following else {}
        return 200, {"Content-Type": INDEX, **link}, dumped({"manifests": entries})

    return answers


def test_a_list_of_referrers_comes_in_pages():
    second = {**ENTRY, "digest": sha256(b"2")}
    path = f"/v2/x/y/referrers/{BIG}"
    with serving(referring([([ENTRY], f"{path}?n=1"), ([second, ENTRY], "")])) as server:
        found = attached(Client(parse(f"{server.address}/x/y:1")), BIG, ["a/b"])
    assert [entry.digest for entry in found] == sorted([BIG, second["digest"]])


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (([ENTRY], "?n=0"), "has no end"),
        (([{**ENTRY, "digest": "../../other"}], ""), "no sha256 or sha512 digest"),
        (([ENTRY], "http://169.254.169.254/"), "link-local"),
        (([{"digest": 1}], ""), "Expected `str`"),
    ],
)
def test_a_list_of_referrers_that_is_none_is_told(page, told):
    with serving(referring([page])) as server:
        client = Client(parse(f"{server.address}/x/y:1"), pause=lambda _: None)
        with pytest.raises(LadingError, match=told):
            attached(client, BIG, ["a/b"])


def test_nobody_there_is_one_line():
    with serving(Repository(IMAGE)) as server:
        address = server.address
    with pytest.raises(FetchError, match="cannot connect: Connection refused"):
        open_image(f"{address}/x/y:1")
    with pytest.raises(FetchError, match="no such host"):
        open_image("no-such-registry.invalid/x:1")


def test_a_name_of_docker_hub_may_be_a_file_that_is_not_there(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(
        FetchError, match=r"docker\.io/library/app:latest.*nor is there a file app\)"
    ):
        open_image("app")


def test_a_path_that_exists_comes_before_a_registry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alpine").mkdir()
    with pytest.raises(InputError, match="no OCI layout"):
        open_image("alpine:3.16")


def test_an_index_gives_the_image_of_the_platform():
    arm, amd = files_of(LAYERS[:1], architecture="arm64"), files_of(LAYERS[1:])
    manifests = [
        {**entry, "platform": {"os": "linux", "architecture": architecture}}
        for (_, entry), architecture in ((arm, "arm64"), (amd, "amd64"))
    ]
    index = dumped({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    digest = sha256(index)
    good = Repository((arm[0] | amd[0], {"digest": digest}))

    def answers(method, path, *rest):
        top = path.endswith(("/1", digest))
        return (200, {"Content-Type": INDEX}, index) if top else good(method, path, *rest)

    with serving(answers) as server:
        for platform, purls in (("linux/arm64", PURLS[:1]), ("linux/amd64", PURLS[1:])):
            image = open_image(f"{server.address}/x/y:1", platform=platform)
            assert [c.purl for c in build(image, readers=READERS).components] == purls
            assert image.subject.index == digest
            assert image.subject.name == f"{server.address}/x/y:1"
        with pytest.raises(InputError, match="no image for linux/s390x, there are linux/amd64, li"):
            open_image(f"{server.address}/x/y:1", platform="linux/s390x")


def test_a_registry_without_tls_is_told_unless_asked_for(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def refuse():
            with suppress(OSError):
                while True:
                    peer, _ = plain.accept()
                    with peer:
                        peer.recv(4096)
                        peer.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        host = f"localhost:{plain.getsockname()[1]}"
        with pytest.raises(NoTlsError, match=r"does not speak TLS .*--insecure"):
            Transport(host, Access()).send("GET", f"https://{host}/v2/", {})
        monkeypatch.setattr("sbom.registry.client.is_loopback", lambda _: False)
        for insecure, scheme in ((True, "http"), (False, "https")):
            client = Client(parse(f"{host}/x:1"), Access(insecure=insecure))
            assert client._origin() == f"{scheme}://{host}"
        plain.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost, made here."""
    if not shutil.which("openssl"):
        skip_or_fail("no openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", str(key), "-out", str(made), "-days", "3650", "-subj", "/CN=x"]
    subprocess.run(
        [*command, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:registry.test"],
        check=True,
        capture_output=True,
    )
    return key, made


@pytest.fixture
def secure(certificate):
    """A registry that speaks TLS only."""
    with serving(Repository(IMAGE)) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[1], certificate[0])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server


def test_a_certificate_of_nobody_is_refused(secure):
    with pytest.raises(FetchError, match=r"cannot be trusted: self.signed.*--ca-file"):
        open_image(f"{secure.address}/x/y:1")


def test_an_authority_is_trusted_by_file_by_environment_or_not_asked(
    secure, certificate, monkeypatch
):
    for access in (Access(ca_file=str(certificate[1])), Access(insecure=True)):
        image = open_image(f"{secure.address}/x/y:1", access=access)
        assert image.subject.manifest == IMAGE[1]["digest"]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    assert open_image(f"{secure.address}/x/y:1").subject.manifest == IMAGE[1]["digest"]


def test_a_file_of_authorities_that_is_none_is_told(secure, tmp_path, monkeypatch):
    (tmp_path / "ca.pem").write_text("none")
    for name in ("ca.pem", "not-there.pem"):
        with monkeypatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(tmp_path / name))
            with pytest.raises(InputError, match=f"{name}: no certificates can be read"):
                open_image(f"{secure.address}/x/y:1")
        with pytest.raises(InputError, match=f"{name}: no certificates can be read"):
            open_image(f"{secure.address}/x/y:1", access=Access(ca_file=str(tmp_path / name)))


def test_a_proxy_of_the_environment_is_used_and_http_only_where_asked(monkeypatch):
    good = Repository(IMAGE)

    def proxy(method, path, headers, body):
        if method == "CONNECT" or not path.startswith("http://registry.test/"):
            return 403, {}, b""
        return good(method, path.removeprefix("http://registry.test"), headers, body)

    with serving(proxy) as server:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://user:hunter2@{server.address}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        client = Client(Reference("registry.test", "x/y", "1"), Access())
        with pytest.raises(FetchError) as error:
            document(client, "1")
        assert "hunter2" not in str(error.value)
        server.asked.clear()
        transport = Transport("registry.test", Access(insecure=True))
        answer = transport.send("GET", "http://registry.test/v2/x/y/manifests/1", {})
        assert answer.read(10_000) == good.blobs[IMAGE[1]["digest"]]
        assert server.asked[0][2]["Proxy-Authorization"].startswith("Basic ")
        with pytest.raises(FetchError, match="link-local"):
            transport.send("GET", "http://169.254.169.254/", {})


def test_tls_goes_through_a_proxy_as_a_tunnel(secure, certificate, monkeypatch):
    """The proxy sees the name only; certificate and login are between the registry and us."""
    asked = []

    def tunnel(peer):
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.recv(4096)
        asked.append(head.split(b"\r\n")[0].decode())
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        host, _, port = secure.address.partition(":")
        with peer, socket.create_connection((host, int(port))) as there:
            back = threading.Thread(target=copy, args=(there, peer))
            back.start()
            copy(peer, there)
            back.join()

    def copy(source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as proxy:
        threading.Thread(target=lambda: tunnel(proxy.accept()[0]), daemon=True).start()
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        for name in ("https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        access = Access(ca_file=str(certificate[1]))
        image = open_image("registry.test/x/y:1", access=access)
        assert [c.purl for c in build(image, readers=READERS, threads=1).components] == PURLS
    assert asked == ["CONNECT registry.test:443 HTTP/1.1"]


def test_connections_are_used_again():
    with serving(Repository(IMAGE)) as server:
        peers = set()
        handle = server.process_request
        server.process_request = lambda request, peer: (peers.add(peer), handle(request, peer))
        assert found(server, threads=1) == PURLS
        assert len(server.asked) == 5
    assert len(peers) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=60)
    | st.sampled_from([b'{"manifests":[{}]}', b'{"layers":null,"config":1}']),
    st.text(max_size=30),
)
def test_no_bytes_of_a_registry_are_a_fault_of_ours(data, text):
    """Whatever stands in a manifest, a header or an address, it is an answer or a LadingError."""
    for attempt in (
        lambda: _kind(data, text, "x"),
        lambda: address(text),
        lambda: address(joined("http://a.b/c", text)),
        lambda: challenges(text),
        lambda: challenges(f'Bearer realm="{text}",{text}'),
        lambda: retry_after({"retry-after": text, "date": text}),
    ):
        with suppress(LadingError):
            attempt()


def test_memory_does_not_grow_with_the_layer():
    import tracemalloc

    def peak(megabytes):
        layer = tar(("a.pkg", b"npm a 1"), ("noise", NOISE * megabytes))
        with serving(Repository(files_of((layer,), pack=lambda data: data))) as server:
            client = Client(parse(f"{server.address}/x/y:1"))
            image = pulled(client, None, DEFAULT)
            stream = image.layers[0].open(DEFAULT, None)
            tracemalloc.start()
            for _ in stream:
                pass
            stream.drain()
            top = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return top

    assert peak(24) < peak(4) + (2 << 20)


@pytest.mark.parametrize("proxy", ["http://[x", "http://me:hunter2@proxy:abc", "ftp://proxy"])
def test_a_proxy_that_is_no_address_is_told_without_its_parts(proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("https_proxy", proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="the proxy that the environment names") as told:
        Client(parse("registry.example.test/a:1")).ask("GET", "tags/list")
    assert "hunter2" not in str(told.value)
