"""`sbom history`, `diff`, `check` and `show` as people use them: images and files in, exit codes out."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest

import schemas
from lading.main import main

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sbom"))

from make_image import OS_RELEASE, files_of, tar, write_layout

DIGEST = "sha256:" + "a" * 64


def status(*packages):
    """Return a dpkg database of (name, version)."""
    return b"".join(
        b"Package: %s\nStatus: install ok installed\nVersion: %s\nArchitecture: amd64\n"
        b"Maintainer: A Team <a@team.example>\n\n" % (name.encode(), version.encode())
        for name, version in packages
    )


BASE = tar(
    ("etc/os-release", OS_RELEASE),
    ("var/lib/dpkg/status", status(("libc6", "2.36-9"), ("openssl", "3.0.9-1"))),
)
UPGRADE = tar(("var/lib/dpkg/status", status(("libc6", "2.36-9"), ("openssl", "3.0.11-1"))))
SERVER = tar(
    (
        "var/lib/dpkg/status",
        status(("libc6", "2.36-9"), ("openssh-server", "1:9.2p1-2"), ("openssl", "3.0.11-1")),
    )
)
STEPS = [
    {"created_by": "/bin/sh -c #(nop) ADD file:1 in /"},
    {"created_by": "ENV API_TOKEN=hunter2", "empty_layer": True},
    {"created_by": "RUN |1 API_TOKEN=hunter2 /bin/sh -c apt-get upgrade # buildkit"},
]
SETTINGS = {
    "User": "1000",
    "Env": ["API_TOKEN=hunter2"],
    "ExposedPorts": {"22/tcp": {}},
    "Labels": {"org.opencontainers.image.base.name": "registry.example/debian:12"},
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LADING_DB", str(tmp_path / "lading.db"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    for name, layers, more in (
        ("base", [BASE], {"history": STEPS[:1]}),
        ("app", [BASE, UPGRADE], {"history": STEPS, "config": SETTINGS}),
        ("next", [BASE, SERVER], {"history": STEPS, "config": SETTINGS | {"User": ""}}),
    ):
        write_layout(tmp_path / name, files_of(layers, tag=name, **more))
    return tmp_path


def run(capfd, *words):
    code = main(["sbom", *words])
    out, err = capfd.readouterr()
    assert "hunter2" not in out + err
    return code, out, err


def document(capfd, schema, *words):
    """Return the JSON that a command writes, after its schema was held against it."""
    code, out, _ = run(capfd, *words, "-o", "json")
    told = json.loads(out)
    jsonschema.validate(told, json.loads(schemas.text(schema)))
    return code, told


def test_history_tells_layers_steps_and_events(here, capfd):
    code, told = document(capfd, "sbom-history.schema.json", "history", "oci:app")
    assert code == 0
    assert [(x["number"], x["step"], x["created_by"]) for x in told["layers"]] == [
        (1, 1, "ADD file:1 in /"),
        (2, 3, "RUN apt-get upgrade"),
    ]
    assert told["steps"] == 3
    assert told["base"]["by"] == "label"
    assert [x["origin"] for x in told["layers"]] == ["unknown", "unknown"]
    assert told["layers"][1]["changes"][0]["replaces"].endswith(
        "/openssl@3.0.9-1?arch=amd64&distro=debian-12"
    )


def test_history_as_a_table_names_the_step_of_each_change(here, capfd):
    code, out, _ = run(capfd, "history", "oci:app", "--base", "oci:base")
    assert code == 0
    assert "3 of 3" in out
    assert "RUN apt-get upgrade" in out
    assert "pkg:deb/debian/openssl  3.0.11-1  3.0.9-1" in out
    assert "(as given; its layers: 1)" in out
    assert "libc6" not in out
    _, out, _ = run(capfd, "history", "oci:app", "--all")
    assert "libc6" in out
    _, out, _ = run(capfd, "history", "oci:app", "openssl")
    assert "introduced" in out
    assert "libc6" not in out


def test_the_base_is_found_among_the_stored_images(here, capfd):
    assert main(["scan", "oci:base", "--advisories", str(empty_advisories(here))]) == 0
    capfd.readouterr()
    _, told = document(capfd, "sbom-history.schema.json", "history", "oci:app")
    assert (told["base"]["by"], told["base"]["layers"]) == ("chain", 1)
    assert [x["origin"] for x in told["layers"]] == ["base", "own"]


def test_a_base_that_is_given_is_kept_in_the_document(here, capfd):
    words = ("generate", "oci:app", "--base", "oci:base")
    assert run(capfd, *words, "-o", "cyclonedx-json=app.json")[0] == 0
    _, told = document(capfd, "sbom-history.schema.json", "history", "app.json")
    assert (told["base"]["by"], told["base"]["layers"]) == ("given", 1)
    code, _, err = run(capfd, "generate", "oci:app", "--base", "oci:next")
    assert code == 2
    assert "is not built on it" in err


def empty_advisories(here):
    """Return a folder of one advisory that concerns nothing here."""
    folder = here / "advisories"
    folder.mkdir(exist_ok=True)
    record = {
        "id": "X-1",
        "modified": "2024-01-01T00:00:00Z",
        "affected": [{"package": {"ecosystem": "npm", "name": "x"}, "versions": ["1"]}],
    }
    (folder / "x.json").write_text(json.dumps(record))
    return folder


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("history", "oci:app", "nothing"), "no layer brought it"),
        (("history", "oci:app", "--base", "oci:next"), "is not built on it"),
        (("history", "oci:nowhere"), "nowhere"),
        (("diff", "oci:app", "oci:nowhere"), "nowhere"),
        (("check", "nowhere.json"), "nowhere.json"),
    ],
)
def test_what_cannot_be_answered_is_one_line_and_exit_2(here, capfd, words, why):
    code, out, err = run(capfd, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert why in err


def test_diff_tells_packages_layers_and_facts(here, capfd):
    code, told = document(capfd, "sbom-diff.schema.json", "diff", "oci:base", "oci:next")
    assert code == 0
    assert [(e["event"], e["package"], e["number"]) for e in told["packages"]] == [
        ("added", "deb/debian/openssh-server", 2),
        ("upgraded", "deb/debian/openssl", 2),
    ]
    assert told["packages"][1]["was"] == "3.0.9-1"
    assert told["packages"][1]["created_by"] == "RUN apt-get upgrade"
    assert {"name": "secret-variable", "value": "API_TOKEN"} in told["facts_added"]
    assert told["layers_shared"] == 1


def test_diff_of_documents_and_images_and_its_exit_code(here, capfd):
    assert main(["sbom", "generate", "oci:app", "-o", "spdx-json=app.json"]) == 0
    assert run(capfd, "diff", "app.json", "oci:next", "--exit-code")[0] == 1
    assert run(capfd, "diff", "oci:app", "oci:app", "--exit-code")[0] == 0
    code, out, _ = run(capfd, "diff", "oci:next", "oci:base")
    assert code == 0
    assert "downgraded  deb/debian/openssl" in out
    assert "removed 1, downgraded 1, unchanged 1, layers in common 1" in out


@pytest.mark.parametrize("profile", ["ntia-2021", "cisa-2026", "bsi-tr-03183-2", "cra"])
def test_check_judges_the_document_of_an_image(here, capfd, profile):
    code, told = document(capfd, "sbom-check.schema.json", "check", "oci:app", "--profile", profile)
    assert told["profile"] == profile
    assert code == (0 if told["complete"] else 1)
    assert told["components"] == 2
    _, out, _ = run(capfd, "check", "oci:app", "--profile", profile)
    assert f"{profile}: " in out.splitlines()[-1]


def test_check_of_an_image_meets_the_cra(here, capfd):
    assert run(capfd, "check", "oci:app", "--profile", "cra")[0] == 0


def test_show_has_the_facts(here, capfd):
    code, told = document(capfd, "components.schema.json", "show", "oci:app")
    assert code == 0
    facts = [(fact["name"], fact["value"]) for fact in told["facts"]]
    assert ("user", "1000") in facts
    assert ("ssh", "port 22/tcp is exposed") in facts
    assert ("base-name", "registry.example/debian:12") in facts
    _, out, _ = run(capfd, "show", "oci:app")
    assert "secret-variable: API_TOKEN" in out
