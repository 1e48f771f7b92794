"""Registries for tests: real ones on the loopback, and a misbehaving one that is real HTTP."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from conftest import skip_or_fail
from make_image import sha256

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def docker_registry():
    """Debian's docker-registry: the distribution API without referrers."""
    return shutil.which("docker-registry")


def crane():
    """go-containerregistry's crane, whose registry starts without the referrers API."""
    return _built("crane")


def referrers_registry():
    """The same registry with the referrers API, by the few lines of referrers_registry/main.go."""
    return _built("referrers-registry")


def _built(name):
    """What tests/run.sh builds."""
    built = ROOT / ".venv/bin" / name
    return str(built) if built.is_file() else shutil.which(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command, folder: Path, port: int):
    """Run a registry until the end of the block; yield its address."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=clean_environment())
    try:
        for _ in range(200):
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text())
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def clean_environment():
    return {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}


def run_docker_registry(folder: Path, logins: Path | None = None):
    """Run it; with a file of logins (htpasswd) it wants one."""
    port = free_port()
    auth = f"auth: {{htpasswd: {{realm: tests, path: {logins}}}}}\n" if logins else ""
    (folder / "config.yml").write_text(
        "version: 0.1\n"
        "log: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'data'}}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}', secret: tests}}\n" + auth
    )
    return running([docker_registry(), "serve", str(folder / "config.yml")], folder, port)


def run_crane(folder: Path):
    port = free_port()
    (folder / "data").mkdir()
    command = [crane(), "registry", "serve", "--address", f"127.0.0.1:{port}"]
    return running([*command, "--disk", str(folder / "data")], folder, port)


def run_referrers_registry(folder: Path):
    port = free_port()
    (folder / "data").mkdir()
    command = [referrers_registry(), f"127.0.0.1:{port}", str(folder / "data")]
    return running(command, folder, port)


KINDS = {
    "referrers API": (
        referrers_registry,
        run_referrers_registry,
        "referrers-registry (tests/run.sh builds it with go)",
    ),
    "crane": (crane, run_crane, "crane (go install …/go-containerregistry/cmd/crane)"),
    "docker-registry": (docker_registry, run_docker_registry, "docker-registry"),
}
"""The first has the referrers API, the others leave its clients to lists under tags."""


def run_kind(kind, folder: Path):
    """Run a registry of one of `KINDS`; skip the test where it is not there."""
    there, run, name = KINDS[kind]
    if not there():
        skip_or_fail(f"no {name}")
    return run(folder)


def ask(address, method, path, body=b"", headers=None):
    """Ask a registry without any of the code under test."""
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data, answer.headers


def push_blob(address, name, data):
    status, _, headers = ask(address, "POST", f"/v2/{name}/blobs/uploads/")
    assert status == 202
    parts = urlsplit(headers["Location"])
    query = f"{parts.query}&" if parts.query else ""
    place = f"{parts.path}?{query}digest={sha256(data)}"
    kind = {"Content-Type": "application/octet-stream"}
    assert ask(address, "PUT", place, data, kind)[0] == 201
    return sha256(data)


def push_manifest(address, name, tag, data, kind=MANIFEST):
    status, told, _ = ask(
        address, "PUT", f"/v2/{name}/manifests/{tag}", data, {"Content-Type": kind}
    )
    assert status == 201, told
    return sha256(data)


def push(address, name, tag, image):
    """Push an image of `make_image.files_of`; return the digest of its manifest."""
    files, entry = image
    manifest = "blobs/sha256/" + entry["digest"][7:]
    for path, data in files.items():
        if path != manifest:
            push_blob(address, name, data)
    kind = json.loads(files[manifest]).get("mediaType", MANIFEST)
    return push_manifest(address, name, tag, files[manifest], kind)


class Server(ThreadingHTTPServer):
    """A registry that behaves as a test says: `answers` has what comes for a path, in turn."""

    daemon_threads = True

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.asked = []

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def paths(self):
        return [f"{method} {path}" for method, path, _ in self.asked if path != "/v2/"]

    def handle_error(self, request, client_address):
        """Say nothing: clients that leave are part of these tests."""


class Handler(BaseHTTPRequestHandler):
    """Asks the test's function (method, path, headers, body) → status, headers, body."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        status, headers, data = self.server.answers(self.command, self.path, self.headers, body)
        self.send_response(status)
        headers = {"Content-Length": str(len(data)), **headers}
        cut = headers.pop("Cut", None)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *_):
        """Keep the tests' output clean."""


@contextmanager
def serving(answers):
    """Serve until the end of the block; yield the server."""
    with Server(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Repository:
    """The answers of a well-behaved registry that holds one image, to be bent by a test."""

    def __init__(self, image, tag="1"):
        files, entry = image
        self.blobs = {f"sha256:{path.rpartition('/')[2]}": data for path, data in files.items()}
        self.digest = entry["digest"]
        self.tags = {tag: self.digest}

    def __call__(self, method, path, headers, body):  # noqa: ARG002
        if path == "/v2/":
            return 200, {}, b"{}"
        what, _, which = path.rpartition("/")
        digest = self.tags.get(which, which)
        if digest not in self.blobs or method not in {"GET", "HEAD"}:
            return 404, {}, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"x"}]}'
        if what.endswith("/manifests"):
            return 200, {"Content-Type": MANIFEST}, self.blobs[digest]
        return 200, {"Content-Type": "application/octet-stream"}, self.blobs[digest]
