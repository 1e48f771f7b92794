"""VEX from where it is: files, folders, repositories, addresses, beside an SBOM, in a registry."""

import json
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import skip_or_fail

from gate.model import Product, Statement, Status
from gate.statements.heading import Heading
from gate.vex import write
from lading import basing
from lading.main import main
from sbom.documents.own_schema import schema_faults
from sbom.limits import Limits
from sbom.registry.vex import Found, attached_vex

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sbom"))

from make_image import OS_RELEASE, files_of, tar, write_layout
from registries import (
    crane,
    docker_registry,
    push,
    push_blob,
    push_manifest,
    run_crane,
    run_docker_registry,
)

ROOT = Path(__file__).resolve().parents[2]
ADVISORIES = ("--advisories", str(ROOT / "examples" / "advisories"))
ID, PURL = "CVE-2022-28346", "pkg:pypi/django@3.2"
METADATA = b"Metadata-Version: 2.1\nName: Django\nVersion: 3.2\n"
PATH = "usr/lib/python3/site-packages/Django-3.2.dist-info/METADATA"
LAYER = tar(("etc/os-release", OS_RELEASE), (PATH, METADATA))
SHOP = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-b58921a69b79",
    "metadata": {"component": {"type": "container", "bom-ref": "shop", "name": "shop"}},
    "components": [
        {"type": "library", "bom-ref": "dj", "name": "django", "version": "3.2", "purl": PURL}
    ],
}
HEADING = Heading(author="Acme", timestamp="2024-03-01T00:00:00Z", namespace="https://acme.test")


def said(product=PURL, **more):
    values = {
        "document": "d",
        "author": "Acme",
        "vulnerabilities": (ID,),
        "products": (Product(purls=(product,)),),
        "status": Status.NOT_AFFECTED,
        "timestamp": "2024-03-01T00:00:00Z",
        "justification": "vulnerable_code_not_present",
    }
    return Statement(**(values | more))


def document(format_="openvex", **more):
    return write(format_, [said(**more)], HEADING)[0]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LADING_KEY_PASSWORD", "secret")
    (tmp_path / "shop.cdx.json").write_text(json.dumps(SHOP))
    return tmp_path


@pytest.fixture
def keys(here, capfd):
    for name in ("vendor", "other"):
        assert main(["key", "create", name]) == 0
    capfd.readouterr()
    return here


def why(capfd, subject, *words, code=0):
    """Return the miss of each statement about the id, and the problems."""
    assert main(["vex", "why", subject, *ADVISORIES, *words, "-o", "json"]) == code
    out, err = capfd.readouterr()
    if code:
        return err
    told = json.loads(out)
    assert not list(schema_faults(told, "accounts.schema.json"))
    return [each["miss"] for each in told["statements"]], told["problems"]


def test_a_folder_is_read_as_a_whole_and_what_is_no_vex_is_told(here, capfd):
    folder = here / "vex-of-us"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.json").write_bytes(document())
    (folder / "deep/b.xml").write_bytes(document("cyclonedx-xml", product="pkg:npm/x@1"))
    (folder / "package.json").write_text("{}")
    (folder / "README.md").write_text("words")
    misses, problems = why(capfd, "shop.cdx.json", "--vex", str(folder))
    assert misses == ["", "product"]
    (problem,) = problems
    assert problem["where"].endswith("package.json")
    (here / "empty").mkdir()
    assert "no document is in it" in why(capfd, "shop.cdx.json", "--vex", "empty", code=2)
    assert "no such file" in why(capfd, "shop.cdx.json", "--vex", "nothing.json", code=2)


def repository(folder, *packages):
    folder.mkdir()
    for _, location, data in packages:
        path = folder / location
        if data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    index = [{"id": purl, "location": location} for purl, location, _ in packages]
    (folder / "index.json").write_text(
        json.dumps({"updated_at": "2024-01-01T00:00:00Z", "packages": index})
    )
    return str(folder)


def test_of_a_repository_only_what_is_about_the_sboms_packages_is_read(here, capfd):
    (here / "outside.json").write_bytes(document())
    name = repository(
        here / "hub",
        ("pkg:pypi/Django", "pkg/pypi/django/vex.json", document()),
        ("pkg:npm/lodash", "pkg/npm/lodash/vex.json", b"broken, and not read"),
    )
    assert why(capfd, "shop.cdx.json", "--vex", name) == ([""], [])
    assert main(["vex", "merge", name]) == 2
    assert "lodash" in capfd.readouterr().err


@pytest.mark.parametrize("location", ["../outside.json", "/etc/passwd", "a/../../outside.json", ""])
def test_an_index_cannot_lead_out_of_its_repository(here, capfd, location):
    (here / "outside.json").write_bytes(document())
    name = repository(here / "hub", ("pkg:pypi/django", "x.json", document()))
    index = {"packages": [{"id": "pkg:pypi/django", "location": location}, {"id": 7}, "x"]}
    (here / "hub/index.json").write_text(json.dumps(index))
    misses, problems = why(capfd, "shop.cdx.json", "--vex", name)
    assert misses == []
    assert len(problems) == 3


def test_a_link_in_a_repository_cannot_lead_out_either(here, capfd):
    (here / "outside.json").write_bytes(document())
    name = repository(here / "hub", ("pkg:pypi/django", "x.json", None))
    (here / "hub/x.json").symlink_to(here / "outside.json")
    misses, problems = why(capfd, "shop.cdx.json", "--vex", name)
    assert (misses, len(problems)) == ([], 1)


@pytest.fixture
def served(here):
    """A folder that a server on the loopback serves; its address."""
    (here / "www").mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(here / "www")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_an_address_is_fetched(served, here, capfd):
    (here / "www/vex.json").write_bytes(document())
    assert why(capfd, "shop.cdx.json", "--vex", f"{served}/vex.json") == ([""], [])
    told = why(capfd, "shop.cdx.json", "--vex", f"{served}/none.json", code=2)
    assert "none.json" in told
    assert told.count("\n") == 1


def test_an_address_without_encryption_is_refused(here, capfd):
    told = why(capfd, "shop.cdx.json", "--vex", "http://vex.example.test/a.json", code=2)
    assert "anybody on the way" in told


def test_what_is_beside_an_sbom_needs_a_trusted_key(keys, capfd):
    (keys / "shop.openvex.json").write_bytes(document())
    (keys / "shopping.openvex.json").write_bytes(document())
    (keys / "vex").mkdir()
    (keys / "vex/from-vendor.json").write_bytes(document())
    assert why(capfd, "shop.cdx.json", "--vex-discover") == (["untrusted"] * 2, [])
    signed = ("vex", "sign", "shop.openvex.json", "--sign", "vendor.key")
    assert main([*signed, "--output", "shop.vex.dsse.json"]) == 0
    (keys / "shop.openvex.json").unlink()
    assert main(["vex", "lint", "shop.vex.dsse.json"]) == 0
    assert "nothing to remark" in capfd.readouterr().out
    misses, _ = why(capfd, "shop.cdx.json", "--vex-discover", "--vex-key", "vendor.pub")
    assert misses == ["", "untrusted"]
    misses, _ = why(capfd, "shop.cdx.json", "--vex-discover", "--vex-key", "other.pub")
    assert misses == ["untrusted", "untrusted"]
    # The caller's own word needs no key.
    misses, _ = why(capfd, "shop.cdx.json", "--vex", "vex")
    assert misses == [""]


def test_findings_and_verdicts_see_what_was_discovered(keys, capfd):
    (keys / "shop.openvex.json").write_bytes(document())
    signed = ("vex", "sign", "shop.openvex.json", "--sign", "vendor.key")
    assert main([*signed, "--output", "shop.vex.json"]) == 0
    (keys / "shop.openvex.json").unlink()
    words = ["match", "shop.cdx.json", *ADVISORIES, "--vex-discover", "-o", "json"]

    def status(*more):
        assert main([*words, *more]) == 0
        told = json.loads(capfd.readouterr().out)
        assert not list(schema_faults(told, "findings.schema.json"))
        return next(f["status"] for f in told["findings"] if f["id"] == ID)

    assert status() is None
    assert status("--vex-key", "vendor.pub") == "not_affected"


def test_what_makes_no_sense_is_told(keys, capfd):
    assert main(["match", "shop.cdx.json", *ADVISORIES, "--vex-key", "vendor.pub"]) == 2
    assert "--vex-key is about VEX" in capfd.readouterr().err
    assert "no VEX document is named" in why(capfd, "shop.cdx.json", code=2)
    words = ("--vex-discover", "--vex-key", "vendor.key")
    assert "a private key where a public one is due" in why(capfd, "shop.cdx.json", *words, code=2)
    write_layout(keys / "image", files_of((LAYER,), tag="1"))
    assert main(["vex", "why", "oci:image", *ADVISORIES, "--vex-discover"]) == 0
    told = capfd.readouterr()
    assert told.out.startswith("0 of 0 statements")
    assert "nothing is beside it" in told.err


def test_vex_in_the_sbom_itself_is_discovered(keys, capfd):
    inner = {
        "id": ID,
        "analysis": {"state": "not_affected", "justification": "code_not_present"},
        "affects": [{"ref": "dj"}],
    }
    (keys / "with.cdx.json").write_text(json.dumps(SHOP | {"vulnerabilities": [inner]}))
    misses, problems = why(capfd, "with.cdx.json", "--vex-discover")
    assert misses == ["untrusted"]
    assert [each["effect"] for each in problems] == ["field_lost"]
    assert why(capfd, "with.cdx.json", "--vex", "with.cdx.json")[0] == [""]
    # An SBOM of vulnerabilities alone says nothing of a status.
    (keys / "only.cdx.json").write_text(json.dumps(SHOP | {"vulnerabilities": [{"id": ID}]}))
    assert why(capfd, "only.cdx.json", "--vex-discover") == ([], [])


KINDS = {"referrers API": (crane, run_crane), "tags": (docker_registry, run_docker_registry)}


@pytest.fixture(params=KINDS)
def image(request, tmp_path):
    """An image of its own in a real registry."""
    there, run = KINDS[request.param]
    if not there():
        skip_or_fail(f"no registry with {request.param}")
    folder = tmp_path / "registry"
    folder.mkdir()
    with run(folder) as address:
        push(address, "acme/shop", "1", files_of((LAYER,)))
        yield f"{address}/acme/shop:1"


def test_what_is_attached_to_an_image_is_discovered(image, keys, capfd):
    (keys / "vex.json").write_bytes(document(product="pkg:pypi/django"))
    assert main(["vex", "attach", image, "vex.json"]) == 0
    assert capfd.readouterr().out.startswith(f"{image.rpartition(':')[0]}@sha256:")
    assert why(capfd, image, "--vex-discover", "--vex-key", "vendor.pub")[0] == ["untrusted"]
    assert main(["vex", "attach", image, "vex.json", "--sign", "vendor.key"]) == 0
    capfd.readouterr()
    misses, problems = why(capfd, image, "--vex-discover", "--vex-key", "vendor.pub")
    assert (sorted(misses), problems) == (["", "untrusted"], [])
    # A second word of somebody else's signs nothing for us.
    assert sorted(why(capfd, image, "--vex-discover")[0]) == ["untrusted", "untrusted"]


def test_attached_documents_are_listed_and_pulled_as_they_were(image, keys, capfd):
    (keys / "vex.json").write_bytes(document())
    (keys / "csaf.json").write_bytes(document("csaf"))
    assert main(["vex", "pull", image]) == 2
    assert "no VEX document is attached" in capfd.readouterr().err
    assert main(["vex", "attach", image, "vex.json", "--sign", "vendor.key"]) == 0
    assert main(["vex", "attach", image, "csaf.json"]) == 0
    assert main(["sbom", "generate", image, "--attach", "-o", "cyclonedx-json=s.json"]) == 0
    capfd.readouterr()
    assert main(["vex", "pull", image, "--vex-key", "vendor.pub", "-o", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert not list(schema_faults(told, "attached-vex.schema.json"))
    shown = {d["format"]: (d["signed"], d["signed_by"]) for d in told["documents"]}
    assert shown == {"openvex": (True, ["vendor.pub"]), "csaf": (False, [])}
    assert main(["vex", "pull", image]) == 2
    assert "choose: --digest" in capfd.readouterr().err
    assert main(["vex", "pull", image, "--vex-key", "vendor.pub"]) == 0
    assert json.loads(capfd.readouterr().out) == json.loads((keys / "vex.json").read_text())
    (csaf,) = [d["digest"] for d in told["documents"] if d["format"] == "csaf"]
    assert main(["vex", "pull", image, "--digest", csaf]) == 0
    assert capfd.readouterr().out.encode() == (keys / "csaf.json").read_bytes()
    assert main(["vex", "pull", image, "-o", "table"]) == 0
    assert "2 documents" in capfd.readouterr().out


def test_what_is_attached_has_one_bound_for_all_of_it(image, keys):
    (keys / "vex.json").write_bytes(document())
    (keys / "csaf.json").write_bytes(document("csaf"))
    for name in ("vex.json", "csaf.json"):
        assert main(["vex", "attach", image, name]) == 0
    largest = max(len(each.data) for each in attached_vex(image))
    first, second = attached_vex(image, limits=Limits(file_bytes=largest + 10))
    assert isinstance(first, Found)
    assert "file_bytes" in second.what


def test_what_cosign_keeps_under_a_tag_is_discovered(image, keys, capfd):
    (keys / "vex.json").write_bytes(document())
    assert main(["vex", "sign", "vex.json", "--sign", "vendor.key", "--output", "e.json"]) == 0
    address, _, name = image.partition("/")
    repository_ = name.rpartition(":")[0]
    subject = files_of((LAYER,))[1]["digest"]
    layer = (keys / "e.json").read_bytes()
    kind = "application/vnd.dsse.envelope.v1+json"
    entries = [
        {"mediaType": type_, "digest": push_blob(address, repository_, data), "size": len(data)}
        for type_, data in ((kind, layer), ("text/plain", b"something else"))
    ]
    config = push_blob(address, repository_, b"{}")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config,
            "size": 2,
        },
        "layers": entries,
    }
    tag = subject.replace(":", "-") + ".att"
    push_manifest(address, repository_, tag, json.dumps(manifest).encode())
    assert why(capfd, image, "--vex-discover", "--vex-key", "vendor.pub") == ([""], [])


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("x.json", b"{}", "not a VEX document"),
        ("x.json", b'{"@context": "https://openvex.dev/ns/v0.2.0"}', "not valid"),
        ("x.xml", document("cyclonedx-xml"), "VEX is attached in JSON"),
    ],
)
def test_only_valid_vex_is_attached(here, capfd, name, data, told):
    (here / name).write_bytes(data)
    assert main(["vex", "attach", "registry.example.test/a:1", name]) == 2
    assert told in capfd.readouterr().err


def test_a_statement_about_the_kept_base_holds_for_what_is_built_on_it(here, capfd, monkeypatch):
    monkeypatch.setenv("LADING_DB", str(here / "store.db"))
    write_layout(here / "base", files_of((LAYER,), tag="1"))
    write_layout(here / "app", files_of((LAYER, tar(("srv/app", b"x"))), tag="1"))
    assert main(["scan", "oci:base", *ADVISORIES, "-o", "json=base.json"]) == 0
    manifest = json.loads((here / "base.json").read_text())["subject"]["manifest"]
    (here / "vex.json").write_bytes(document(product=f"pkg:oci/base@{manifest}"))
    misses, _ = why(capfd, "oci:app", "--vex", "vex.json")
    assert misses == [""]
    assert main(["vex", "why", "oci:app", *ADVISORIES, "--vex", "vex.json"]) == 0
    assert "inherited from" in capfd.readouterr().out
    monkeypatch.setenv("LADING_DB", str(here / "other.db"))
    assert why(capfd, "oci:app", "--vex", "vex.json")[0] == ["product"]
    assert why(capfd, "oci:app", "--vex", "vex.json", "--base", "oci:base")[0] == [""]


def test_a_base_that_is_named_is_read_once_for_vex_and_policy(here, monkeypatch):
    monkeypatch.setenv("LADING_DB", str(here / "store.db"))
    write_layout(here / "base", files_of((LAYER,), tag="1"))
    write_layout(here / "app", files_of((LAYER, tar(("srv/app", b"x"))), tag="1"))
    (here / "vex.json").write_bytes(document())
    (here / "policy.yaml").write_text("name: p\nstages: {build: {score: 7}}\n")
    read, asked = basing.load_sbom, []

    def counted(reference, reading):
        asked.append(reference)
        return read(reference, reading)

    monkeypatch.setattr(basing, "load_sbom", counted)
    words = ("--vex", "vex.json", "--policy", "policy.yaml", "--base", "oci:base")
    assert main(["gate", "oci:app", *ADVISORIES, *words, "-o", "json=out.json"]) in {0, 1}
    assert asked == ["oci:base"]
