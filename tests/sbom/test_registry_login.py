"""Logins: where they are kept, how a registry asks for them, and that nobody else gets them."""

import base64
import json
import os
import stat
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import skip_or_fail
from make_image import files_of, tar
from registries import Repository, docker_registry, push, run_docker_registry, serving

from sbom.errors import FetchError, InputError
from sbom.registry.challenge import Challenge, challenges
from sbom.registry.client import Client
from sbom.registry.credentials import Credentials, credentials_for
from sbom.registry.manifests import document
from sbom.registry.reference import parse
from sbom.sources import open_image

SECRET = "hunter2-secret"  # noqa: S105
HASHED = "$2b$05$abcdefghijklmnopqrstuuco6HW5qgMYWmvqwt2HG533btIvodevS"
"""The same by bcrypt, as docker-registry wants it."""
IMAGE = files_of((tar(("a.pkg", b"npm a 1")),))


def encoded(user="u", password=SECRET):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(autouse=True)
def docker(tmp_path, monkeypatch):
    """An empty home; returns what writes Docker's configuration into it."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)

    def write(config):
        (tmp_path / "docker").mkdir(exist_ok=True)
        text = config if isinstance(config, str) else json.dumps(config)
        (tmp_path / "docker/config.json").write_text(text)

    return write


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Installs a credential helper that is a real program."""

    def install(name, script):
        path = tmp_path / "bin" / f"docker-credential-{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")

    return install


def login(name):
    return credentials_for(parse(name))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("registry.example", "registry.example/a/b"),
        ("registry.example:5000", "registry.example:5000/a"),
        ("https://registry.example/v2/", "registry.example/a"),
        ("https://index.docker.io/v1/", "alpine"),
        ("docker.io", "docker.io/library/alpine"),
        ("registry.example/a", "registry.example/a/b"),
        ("registry.example/a/b", "registry.example/a/b:1"),
    ],
)
def test_a_login_is_found_by_the_registry_or_a_part_of_its_names(docker, key, name):
    docker({"auths": {key: {"auth": encoded()}, "other.example": {"auth": encoded("x")}}})
    assert login(name) == Credentials("u", SECRET)
    assert login("third.example/a/b") is None


def test_the_longest_key_counts(docker):
    keys = {"registry.example": "all", "registry.example/a": "some", "registry.example/a/b": "one"}
    docker({"auths": {key: {"auth": encoded(user)} for key, user in keys.items()}})
    users = {name: login(f"registry.example/{name}").user for name in ("x", "a/x", "a/b", "a/b/c")}
    assert users == {"x": "all", "a/x": "some", "a/b": "one", "a/b/c": "one"}


def test_podman_keeps_its_own_file(docker, tmp_path, monkeypatch):
    docker({"auths": {"registry.example": {"auth": encoded("docker")}}})
    (tmp_path / "auth.json").write_text(
        json.dumps({"auths": {"registry.example": {"auth": encoded("podman")}}})
    )
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    assert login("registry.example/a").user == "podman"


def test_a_helper_comes_before_the_file(docker, helper):
    helper("one", 'read host; printf \'{"Username":"h","Secret":"%s"}\' "$host"')
    docker(
        {
            "credHelpers": {"registry.example": "one"},
            "auths": {"registry.example": {"auth": encoded()}},
        }
    )
    assert login("registry.example/a") == Credentials("h", "registry.example")


def test_the_default_store_is_asked_and_then_the_file(docker, helper):
    helper("none", "echo credentials not found in native keychain; exit 1")
    docker({"credsStore": "none", "auths": {"registry.example": {"auth": encoded()}}})
    assert login("registry.example/a").user == "u"
    assert login("other.example/a") is None


def test_docker_hub_is_called_by_its_first_address_and_a_token_is_one(docker, helper):
    helper("hub", 'read host; printf \'{"Username":"<token>","Secret":"%s"}\' "$host"')
    docker({"credsStore": "hub"})
    assert login("alpine") == Credentials(identity="https://index.docker.io/v1/")


@pytest.mark.parametrize(
    ("script", "told"),
    [(f"echo {SECRET} >&2; exit 3", "exit code 3"), (f"echo {SECRET}", "is no login")],
)
def test_a_helper_that_fails_is_told_without_what_it_printed(docker, helper, script, told):
    helper("bad", script)
    docker({"credHelpers": {"registry.example": "bad"}})
    with pytest.raises(FetchError, match=told) as error:
        login("registry.example/a")
    assert SECRET not in str(error.value)


def test_a_helper_that_is_not_there_is_named(docker):
    docker({"credHelpers": {"registry.example": "not-here"}})
    with pytest.raises(FetchError, match="docker-credential-not-here, which is not installed"):
        login("registry.example/a")


@pytest.mark.parametrize(
    "config",
    ["{", f'{{"auths":{{"a.b":"{SECRET}"}}}}', '{"auths":[]}', "[" * 100_000]
    + [{"auths": {"registry.example": {"auth": f"{SECRET}é"}}}]
    + [{"credHelpers": {"registry.example": "../x"}}],
)
def test_a_broken_file_is_told_without_its_secrets(docker, config):
    docker(config)
    with pytest.raises(InputError) as error:
        login("registry.example/a")
    assert "config.json" in str(error.value)
    assert SECRET not in str(error.value)


def test_a_login_does_not_show_itself():
    assert SECRET not in repr(Credentials("u", SECRET, SECRET, SECRET))


def test_challenges_are_read_as_http_has_them():
    header = 'Bearer realm="https://a.b/t",service="s",scope="repository:x:pull,push"'
    bearer = Challenge("bearer", "https://a.b/t", "s", "repository:x:pull,push")
    assert challenges(header) == [bearer]
    assert challenges(f'Basic realm="x\\"y", {header}') == [Challenge("basic", 'x"y'), bearer]
    assert challenges("Basic") == [Challenge("basic")]
    assert challenges("Bearer realm=https://a.b/t") == [Challenge("bearer", "https://a.b/t")]
    assert challenges("") == challenges("???") == challenges('="') == []


class Guarded:
    """A registry that wants a login, and the token server beside it."""

    def __init__(self, *, basic=False, realm="", expires=(), cuts=0):
        self.inner, self.basic, self.realm = Repository(IMAGE), basic, realm
        self.expires = set(expires)
        self.address = ""
        self.tokens = []
        self.served, self.cuts = 0, cuts

    def __call__(self, method, path, headers, body):
        given = headers.get("Authorization", "")
        if path.startswith("/token"):
            return self.token(method, path, given, body)
        if path == "/v2/":
            return 200, {}, b"{}"
        self.served += 1
        wanted = f"Basic {encoded()}" if self.basic else f"Bearer token{len(self.tokens)}"
        if given != wanted or self.served in self.expires:
            realm = self.realm or f"http://{self.address}/token"
            challenge = f'Bearer realm="{realm}",service="s",scope="repository:x/y:pull"'
            return 401, {"WWW-Authenticate": 'Basic realm="r"' if self.basic else challenge}, b"{}"
        return self.inner(method, path, headers, body)

    def token(self, method, path, given, body):
        if self.cuts:
            self.cuts -= 1
            return 200, {"Cut": 3}, b'{"token":"x"}'
        self.tokens.append((method, path, given, body.decode()))
        if given not in {"", f"Basic {encoded()}"}:
            return 401, {}, b"{}"
        return 200, {}, json.dumps({"token": f"token{len(self.tokens)}"}).encode()


def pull(guarded):
    with serving(guarded) as server:
        guarded.address = server.address
        client = Client(parse(f"{server.address}/x/y:1"), pause=lambda _: None)
        digest = document(client, "1").digest
        assert document(client, "1").digest == digest == IMAGE[1]["digest"]


def serve_with(docker, guarded, entry):
    """Pull from a guarded registry with a login in Docker's file."""
    with serving(guarded) as server:
        guarded.address = server.address
        docker({"auths": {server.address: entry}})
        client = Client(parse(f"{server.address}/x/y:1"), pause=lambda _: None)
        return document(client, "1").digest


def test_anonymous_access_asks_for_one_token_with_the_scope():
    guarded = Guarded()
    pull(guarded)
    ((method, path, given, _),) = guarded.tokens
    assert (method, given) == ("GET", "")
    assert parse_qs(urlsplit(path).query) == {"service": ["s"], "scope": ["repository:x/y:pull"]}


def test_a_login_goes_to_the_token_server_and_the_token_to_the_registry(docker):
    guarded = Guarded()
    assert serve_with(docker, guarded, {"auth": encoded()}) == IMAGE[1]["digest"]
    assert guarded.tokens[0][2] == f"Basic {encoded()}"


def test_an_identity_token_is_sent_as_a_form(docker):
    guarded = Guarded()
    serve_with(docker, guarded, {"auth": encoded("<token>", ""), "identitytoken": "refresh me"})
    method, path, given, body = guarded.tokens[0]
    assert (method, path, given) == ("POST", "/token", "")
    assert parse_qs(body) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["refresh me"],
        "client_id": ["lading"],
        "service": ["s"],
        "scope": ["repository:x/y:pull"],
    }


def test_a_token_that_has_run_out_is_renewed():
    guarded = Guarded(expires={3})
    pull(guarded)
    assert len(guarded.tokens) == 2


def test_a_token_that_breaks_off_is_asked_for_again():
    guarded = Guarded(cuts=2)
    pull(guarded)
    assert len(guarded.tokens) == 1


def test_basic_login(docker):
    assert serve_with(docker, Guarded(basic=True), {"auth": encoded()}) == IMAGE[1]["digest"]


def test_a_real_registry_with_logins(docker, helper, tmp_path):
    if not docker_registry():
        skip_or_fail("no docker-registry")
    logins = tmp_path / "htpasswd"
    logins.write_text(f"u:{HASHED}\n")
    with run_docker_registry(tmp_path) as address:
        push(address, "x/y", "1", IMAGE)
    with run_docker_registry(tmp_path, logins) as address:
        name = f"{address}/x/y:1"
        with pytest.raises(FetchError, match=f"it wants a login .*docker login {address}"):
            open_image(name)
        docker({"auths": {address: {"auth": encoded(password="wrong")}}})  # noqa: S106
        with pytest.raises(FetchError, match="access is refused"):
            open_image(name)
        for config in (
            {"auths": {address: {"auth": encoded()}}},
            {"credHelpers": {address: "tests"}},
        ):
            helper("tests", f"""echo '{{"Username":"u","Secret":"{SECRET}"}}'""")
            docker(config)
            assert open_image(name).subject.manifest == IMAGE[1]["digest"]


def test_basic_login_without_one_says_how_to_log_in():
    with pytest.raises(FetchError, match=r"wants a login \(log in: docker login 127"):
        pull(Guarded(basic=True))


@pytest.mark.parametrize("basic", [True, False])
def test_a_wrong_password_is_told_without_it(docker, basic):
    wrong = f"wrong-{SECRET}"
    with pytest.raises(FetchError, match="refuse") as error:
        serve_with(docker, Guarded(basic=basic), {"auth": encoded(password=wrong)})
    assert SECRET not in str(error.value)
    assert encoded(password=wrong) not in str(error.value)


@pytest.mark.parametrize(
    ("realm", "told"),
    [
        ("http://169.254.169.254/latest/api/token", "link-local"),
        ("http://[fe80::1]/", "link-local"),
        ("file:///etc/passwd", "no http address"),
        ("http://[::1", "no http address"),
        ("http://a b/", "no http address"),
        ("http://u:p@127.0.0.1/", "no https address"),
        ("", "no http address"),
    ],
)
def test_a_login_page_may_not_be_anywhere(realm, told):
    guarded = Guarded(realm=realm or " ")
    with pytest.raises(FetchError, match=told):
        pull(guarded)


def test_the_login_is_not_sent_to_where_a_registry_leads(docker):
    seen = []

    def elsewhere(method, path, headers, body):
        seen.append(headers.get("Authorization"))
        return Repository(IMAGE)(method, path, headers, body)

    with serving(elsewhere) as other:

        def leads(method, path, headers, body):
            if headers.get("Authorization") != f"Basic {encoded()}" and path != "/v2/":
                return 401, {"WWW-Authenticate": "Basic"}, b""
            return 307, {"Location": f"http://{other.address}{path}"}, b""

        with serving(leads) as server:
            docker({"auths": {server.address: {"auth": encoded()}}})
            client = Client(parse(f"{server.address}/x/y:1"), pause=lambda _: None)
            assert document(client, "1").digest == IMAGE[1]["digest"]
    assert seen == [None]
