"""A signed SBOM beside its image is used instead of the layers where it is trusted, and said so."""

import json
import re

import jsonschema
import pytest
from attested import (
    IMAGE,
    LAYER_BLOBS,
    MANIFEST,
    NOW,
    ask,
    lading,
    make_advisories,
    make_keys,
    push,
    push_tagged_attestation,
    serving,
)
from registries import run_kind

import schemas
from sbom.errors import InputError
from sbom.limits import Limits
from sbom.registry.attestations import attestations

MADE = "2024-01-20T00:00:00Z"
TRUST = """keys:
- {name: build-2024, key: build.pub, for: [sbom]}
- {name: gate, key: gate.pub, for: [verdict]}
- {name: stolen, key: stolen.pub, revoked: 2024-01-21, reason: a laptop}
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with keys, a trust file and advisories."""
    folder = make_keys(tmp_path_factory.mktemp("work"), "build", "gate", "stolen")
    (folder / "trust.yaml").write_text(TRUST)
    make_advisories(folder)
    return folder


@pytest.fixture(scope="module", params=("referrers API", "docker-registry"))
def registry(request, tmp_path_factory):
    with run_kind(request.param, tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def name(registry, request):
    repository = "t/" + re.sub(r"[^a-z0-9]+", "", request.node.name.lower())
    push(registry, repository, "1", IMAGE)
    return f"{registry}/{repository}:1"


def sign(name, work, key="build", *more):
    """Generate, sign and attach; return the document."""
    words = ("--attach", "--sign", work / f"{key}.key", "--now", MADE)
    return lading("sbom", "generate", name, *words, *more).stdout


def judged(command, name, work, *more, code=0):
    words = ("--advisories", work / "advisories", "--now", NOW, "-o", "json", *more)
    done = lading(command, name, *words, code=code)
    return json.loads(done.stdout), done.stderr.decode()


def without_origin(document):
    subject = {**document["subject"], "sbom": "", "sbom_source": ""}
    return {**document, "subject": subject}


def test_a_trusted_one_gives_the_findings_of_the_layers(name, work):
    read, told = judged("match", name, work)
    assert (read["subject"]["sbom_source"], told) == (None, "")
    document = sign(name, work)
    for command in ("match", "scan"):
        found, told = judged(command, name, work, "--sbom-key", work / "trust.yaml")
        assert found["subject"]["sbom_source"] == "attached, signed by build-2024"
        assert told == (
            f"lading: {name}: SBOM attached, signed by build-2024 ({MADE});"
            " its layers are not read\n"
        )
        assert without_origin(found) == without_origin(read)
        assert len(found["findings"]) == 1
    pulled = lading("sbom", "pull", name, "--key", work / "build.pub", "--now", NOW)
    assert pulled.stdout == document
    assert pulled.stderr.startswith(b"signed by build.pub (sha256:")
    assert json.loads(document)["metadata"]["timestamp"] == MADE


def test_its_layers_are_not_asked_for(name, registry, work):
    """Seen from the registry's side."""
    sign(name, work)

    def through(method, path, headers, body):
        sent = {key: value for key, value in headers.items() if key.lower() != "host"}
        status, data, answer = ask(registry, method, path, body, sent)
        kept = {"content-type", "location", "link", "docker-content-digest"}
        return status, {k: v for k, v in answer.items() if k.lower() in kept}, data

    with serving(through) as server:
        inner = name.replace(registry, server.address)
        for key, read in (("build", False), ("gate", True)):
            server.asked.clear()
            judged("match", inner, work, "--sbom-key", work / f"{key}.pub", "--no-cache")
            assert any(blob in path for path in server.paths for blob in LAYER_BLOBS) == read


@pytest.mark.parametrize(
    ("key", "more", "because"),
    [
        ("gate", (), "key gate: it is trusted for verdict, not for sbom"),
        ("stolen", (), "key stolen: it was revoked on 2024-01-21: a laptop"),
        ("build", ("--sbom-max-age", "11"), "it is 12 days old"),
        ("build", ("--sbom-tool", "syft"), "made by lading, not syft"),
    ],
)
def test_an_untrusted_one_is_told_and_the_image_is_read(name, work, key, more, because):
    sign(name, work, key)
    found, told = judged("match", name, work, "--sbom-key", work / "trust.yaml", *more)
    assert found["subject"]["sbom_source"] == "read from the image"
    assert because in told
    assert told.endswith("; the image is read\n")
    assert told.count("\n") == 1
    wishes = [each.replace("--sbom-", "--") for each in more]
    words = ("--key", work / "trust.yaml", "--now", NOW, *wishes)
    refused = lading("sbom", "pull", name, *words, code=1)
    assert refused.stdout == b""
    assert refused.stderr.startswith(b"refused: no attached SBOM is trusted (sha256:")


def test_age_and_tool_that_fit_are_accepted(name, work):
    sign(name, work)
    more = ("--sbom-max-age", "12", "--sbom-tool", "lad*")
    found, _ = judged("match", name, work, "--sbom-key", work / "trust.yaml", *more)
    assert found["subject"]["sbom_source"] == "attached, signed by build-2024"


def test_without_one_the_image_is_read(name, work):
    found, told = judged("match", name, work, "--sbom-key", work / "build.pub")
    assert found["subject"]["sbom_source"] == "read from the image"
    assert "no attached SBOM is trusted (none is attached with a signature)" in told


def test_one_that_cosign_2_attached_is_used(name, registry, work, tmp_path):
    envelope = tmp_path / "app.intoto.json"
    lading(
        *("sbom", "generate", name, "--sign", work / "build.key", "--attestation", envelope),
        *("--now", MADE),
    )
    repository = name.partition("/")[2].rpartition(":")[0]
    layer = push_tagged_attestation(registry, repository, envelope.read_bytes())
    found, _ = judged("match", name, work, "--sbom-key", work / "build.pub")
    assert found["subject"]["sbom_source"] == "attached, signed by build.pub"
    listed = lading("sbom", "pull", name, "--key", work / "trust.yaml", "-o", "json")
    document = json.loads(listed.stdout)
    jsonschema.validate(document, json.loads(schemas.text("attached-signed.schema.json")))
    (one,) = document["sboms"]
    assert (one["digest"], one["trusted"], one["signed_by"]) == (layer, True, ["build-2024"])


def test_a_policy_can_ask_for_the_signature(name, work, tmp_path):
    policy = tmp_path / "signed.yaml"
    policy.write_text("stages:\n  build: {sbom: {signed: true, signers: ['build-*']}}\n")
    gate = ("--policy", policy)
    sign(name, work)
    denied, _ = judged("gate", name, work, *gate, code=1)
    assert denied["verdict"]["reasons"] == ["no signature of the SBOM was verified"]
    trusted = ("--sbom-key", work / "trust.yaml")
    passed, _ = judged("gate", name, work, *gate, *trusted)
    assert passed["verdict"]["outcome"] == "pass"
    of_another, _ = judged("gate", name, work, *gate, "--sbom-key", work / "build.pub", code=1)
    assert of_another["verdict"]["reasons"] == ["the SBOM is signed by build.pub only"]


def test_a_signed_file_says_who_signed_it(name, work, tmp_path):
    envelope, plain = tmp_path / "app.intoto.json", tmp_path / "app.json"
    words = ("--sign", work / "build.key", "--attestation", envelope)
    lading("sbom", "generate", name, *words, "-o", f"cyclonedx-json={plain}", "--now", MADE)
    for file, key, source, told in (
        (envelope, "trust.yaml", "given, signed by build-2024", "given, signed by build-2024"),
        (envelope, "gate.pub", None, "its signature does not count: no trusted key signed it"),
        (plain, "trust.yaml", None, "it is not signed"),
    ):
        found, said = judged("match", file, work, "--sbom-key", work / key)
        assert found["subject"]["sbom_source"] == source
        assert told in said
        assert len(found["findings"]) == 1


def test_a_document_is_signed_when_it_is_attached(name, work, tmp_path):
    document = tmp_path / "app.spdx.json"
    lading("sbom", "generate", name, "-o", f"spdx-json={document}")
    done = lading("sbom", "attach", name, document, "--sign", work / "build.key")
    assert done.stdout.count(b"@sha256:") == 2
    pulled = lading("sbom", "pull", name, "--key", work / "build.pub")
    assert pulled.stdout == document.read_bytes()
    again = lading("sbom", "attach", name, document, "--sign", work / "build.key")
    assert again.stdout == done.stdout


def test_a_push_that_breaks_off_leaves_no_attestation(name, registry, work):
    """Every request of a push is once the one at which the registry dies."""
    from sbom.errors import FetchError
    from sbom.registry.attestations import attach_attestation, attestations
    from sbom.registry.client import Client
    from sbom.signing.dsse import seal
    from sbom.signing.keys import generate
    from sbom.signing.statement import PAYLOAD_TYPE, about, write

    envelope = seal(write((about(MANIFEST),), "urn:x", b"{}"), PAYLOAD_TYPE, [generate()])
    left = [0]

    def dying(method, path, headers, body):
        if path == "/v2/":
            return 200, {}, b""
        left[0] -= 1
        if left[0] < 0:
            return 400, {}, b"{}"
        sent = {key: value for key, value in headers.items() if key.lower() != "content-length"}
        status, data, answer = ask(registry, method, path, body, sent)
        kept = {"location", "content-type", "oci-subject", "docker-content-digest"}
        return status, {k: v for k, v in answer.items() if k.lower() in kept}, data

    with serving(dying) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "wait", lambda *_: None)
        through = name.replace(registry, server.address)
        for requests in range(30):
            left[0] = requests
            try:
                attach_attestation(through, MANIFEST, envelope, "x")
            except FetchError:
                if not attestations(name):
                    continue
            break
    assert requests >= 6
    ((_, there),) = attestations(name)
    assert json.loads(there)["payload"] == json.loads(envelope)["payload"]


def test_each_platform_is_trusted_by_itself(name, registry, work, tmp_path):
    sign(
        name, work, "build", "--all-platforms", "-o", f"cyclonedx-json={tmp_path}/{{platform}}.json"
    )
    more = ("--all-platforms", "--sbom-key", work / "trust.yaml")
    files = ("-o", f"json={tmp_path}/r-{{platform}}.json")
    words = ("--advisories", work / "advisories", "--now", NOW, *files, *more)
    lading("match", name, *words)
    document = json.loads((tmp_path / "r-linux-amd64.json").read_bytes())
    assert document["subject"]["sbom_source"] == "attached, signed by build-2024"


def test_wrong_wishes_are_one_line(work, tmp_path):
    image = "127.0.0.1:1/app:1"
    for words, told in (
        (("match", image, "--sbom-max-age", "1"), "say whose signature counts: --sbom-key"),
        (("sbom", "pull", image, "--max-age", "1"), "give a --key"),
        (("sbom", "generate", image, "--sign", work / "build.key"), "would go nowhere"),
        (("sbom", "generate", image, "--attestation", "x"), "add --sign KEY"),
    ):
        done = lading(*words, code=2)
        assert told in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1


def test_what_is_attached_has_one_bound_for_all_of_it(name, work):
    sign(name, work)
    sign(name, work, "gate")
    found = attestations(name)
    largest = max(len(data) for _, data in found)
    assert len(found) == 2
    with pytest.raises(InputError, match="file_bytes"):
        attestations(name, limits=Limits(file_bytes=largest * 3 // 2))
