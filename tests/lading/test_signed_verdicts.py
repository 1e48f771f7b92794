"""From `gate --sign` to `verify`: files, registries, rotated keys, ages, platforms, the store."""

import json
import re

import jsonschema
import pytest
from attested import (
    IMAGE,
    LAYERS,
    MANIFEST,
    NOW,
    PASSING,
    lading,
    make_advisories,
    make_keys,
    push,
    push_tagged_attestation,
)
from make_image import dumped, files_of, write_layout
from registries import INDEX, push_manifest, run_kind

import schemas

LATER = "2024-02-03T00:00:00Z"
TRUST = """keys:
- {name: old, key: old.pub, until: 2024-01-31}
- {name: new, key: new.pub, for: [verdict], from: 2024-02-01}
- {name: stolen, key: stolen.pub, revoked: 2024-02-02}
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with keys, a trust file, advisories, and the image as a layout."""
    folder = make_keys(tmp_path_factory.mktemp("work"), "new", "old", "stolen")
    (folder / "trust.yaml").write_text(TRUST)
    make_advisories(folder)
    write_layout(folder / "image", IMAGE)
    lading("feeds", "import", folder / "advisories", "--db", folder / "set.db")
    return folder


@pytest.fixture(params=["referrers API", "docker-registry"])
def name(request, tmp_path_factory):
    """The image in a registry with the referrers API, and in one without."""
    with run_kind(request.param, tmp_path_factory.mktemp("registry")) as address:
        push(address, "t/app", "1", IMAGE)
        yield f"{address}/t/app:1"


def gate(name, work, *more, key="new", code=0, command="gate", policy=PASSING):
    words = ("--advisories", work / "advisories", "--policy", policy, "--sign", work / f"{key}.key")
    given = () if "--now" in more else ("--now", NOW)
    return lading(command, name, *words, *given, *more, code=code)


def verify(subject, work, *more, key="trust.yaml", code=0, now=LATER):
    done = lading("verify", subject, "--key", work / key, "--now", now, *more, code=code)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def signed(work):
    """A verdict in a file that lets the image pass."""
    path = work / "verdict.json"
    gate(f"oci:{work}/image", work, "--attestation", path, "--vsa", work / "vsa.json")
    return path


def test_what_is_attached_is_verified(name, work):
    assert verify(name, work, code=1) == "refused: no signed verdict is there\n"
    done = gate(name, work, "--attach")
    assert [line.rpartition(" ")[2] for line in done.stderr.decode().splitlines()] == [
        "(verdict.intoto.json)",
        "(summary.intoto.json)",
    ]
    told = verify(name, work)
    assert told.startswith(f"passes: pass, decided {NOW} at build by {PASSING}, signed by new")
    assert verify(name.replace(":1", f"@{MANIFEST}"), work) == told
    gate(name, work, "--attach", "--now", LATER, policy="default", code=1)
    assert verify(name, work, code=1).startswith(f"refused: deny, decided {LATER} at build")
    gate(name, work, "--attach", "--now", "2024-02-04T00:00:00Z", key="stolen")
    assert verify(name, work, code=1).startswith(f"refused: deny, decided {LATER}")


def test_one_that_cosign_2_attached_is_verified(name, work, signed):
    address, _, repository = name.partition("/")
    push_tagged_attestation(address, repository.rpartition(":")[0], signed.read_bytes())
    assert verify(name, work).startswith("passes: pass, decided")


def test_what_else_is_attached_never_lets_pass_and_never_stands_in_the_way(name, work, signed):
    """Documents of the same type that are none, that hold something else, or claim another key."""
    from sbom.registry.client import Client
    from sbom.registry.reference import parse
    from sbom.registry.referrers import attach
    from sbom.signing import bundle, dsse

    client = Client(parse(name), actions="pull,push")
    envelope = json.loads(signed.read_bytes())
    changed = {**envelope, "payload": envelope["payload"][:-8] + "AAAAAAA="}
    unsigned = {**envelope, "signatures": []}
    odd = (b"\xff", b"", b"[]", b"{}", b'{"dsseEnvelope": 1}', b"[" * 100_000)
    for data in (*odd, json.dumps(changed).encode(), json.dumps(unsigned).encode()):
        for kind in (bundle.MEDIA_TYPE, dsse.MEDIA_TYPE):
            attach(client, MANIFEST, data, kind, "x", {"dev.sigstore.bundle.content": "x"})
    assert verify(name, work, code=1).startswith("refused: ")
    attach(client, MANIFEST, signed.read_bytes(), dsse.MEDIA_TYPE, "x")
    assert verify(name, work).startswith("passes: ")


@pytest.mark.parametrize("subject", ["oci:{}/image", MANIFEST])
def test_files_are_verified_without_any_network(work, signed, subject):
    subject = subject.format(work)
    told = verify(subject, work, "--attestation", signed, "-o", "json")
    document = json.loads(told)
    jsonschema.validate(document, json.loads(schemas.text("verification.schema.json")))
    assert document["passes"]
    assert document["looked"][0]["keys"] == ["new"]
    assert document["looked"][0]["valid_until"] == "2024-02-08T00:00:00Z"
    refused = verify("sha256:" + "0" * 64, work, "--attestation", signed, code=1)
    assert "it is about another image" in refused


@pytest.mark.parametrize(
    ("more", "now", "because"),
    [
        (("--stage", "deploy"), LATER, "of the stage build, not deploy"),
        (("--policy", "default"), LATER, "by another policy"),
        ((), "2024-02-08T00:00:01Z", "it was valid until 2024-02-08T00:00:00Z"),
        ((), "2024-01-31T00:00:00Z", "after now"),
        (("--max-age", "32"), LATER, "its advisory set is 33 days old"),
    ],
)
def test_what_does_not_count_is_refused_with_its_reason(work, signed, more, now, because):
    told = verify(MANIFEST, work, "--attestation", signed, *more, now=now, code=1)
    assert because in told
    assert told.startswith("refused: ")


def test_what_fits_passes(work, signed):
    more = ("--stage", "build", "--policy", PASSING, "--max-age", "33", "--attestation", signed)
    assert verify(MANIFEST, work, *more).startswith("passes: ")


def test_keys_rotate_and_are_revoked(work, tmp_path):
    def made(key, now):
        path = tmp_path / f"{key}-{now[:10]}.json"
        gate(f"oci:{work}/image", work, "--attestation", path, "--now", now, key=key)
        return path

    old = made("old", "2024-01-30T00:00:00Z")
    assert "signed by old" in verify(MANIFEST, work, "--attestation", old)
    for path, because in (
        (made("old", NOW), "key old: it counted until 2024-01-31, this is of 2024-02-01"),
        (made("new", "2024-01-30T00:00:00Z"), "key new: it counts from 2024-02-01 on"),
        (made("stolen", NOW), "key stolen: it was revoked on 2024-02-02"),
    ):
        assert because in verify(MANIFEST, work, "--attestation", path, code=1)


def test_the_same_inputs_give_the_same_bytes(work, signed, tmp_path):
    again = (tmp_path / "v", tmp_path / "s")
    files = ("--attestation", again[0], "--vsa", again[1])
    gate(f"oci:{work}/image", work, *files)
    assert again[0].read_bytes() == signed.read_bytes()
    assert again[1].read_bytes() == (work / "vsa.json").read_bytes()
    gate(f"oci:{work}/image", work, "--attestation", again[0], "--valid-for", "0")
    assert again[0].read_bytes() != signed.read_bytes()
    forever = verify(MANIFEST, work, "--attestation", again[0], now="2099-01-01T00:00:00Z")
    assert forever.startswith("passes: ")


def test_the_verdict_names_the_documents_that_were_given(work, tmp_path):
    from hashlib import sha256

    from sbom.signing import dsse, statement

    vex = tmp_path / "app.openvex.json"
    lading(
        *("vex", "create", "CVE-2024-0001", "--product", "pkg:npm/left@1.0.0"),
        *("--status", "not_affected", "--justification", "component_not_present"),
        *("--author", "me", "--now", NOW, "-o", f"openvex={vex}"),
    )
    path = tmp_path / "v.json"
    gate(f"oci:{work}/image", work, "--vex", vex, "--attestation", path)
    payload = dsse.unseal(path.read_bytes(), "v", statement.PAYLOAD_TYPE, ()).payload
    predicate = json.loads(bytes(statement.read(payload, "v").predicate))
    digest = f"sha256:{sha256(vex.read_bytes()).hexdigest()}"
    assert [each["digest"] for each in predicate["vex"]] == [digest]


@pytest.fixture
def index(tmp_path_factory):
    """An index of two platforms, of which one has the affected package."""
    with run_kind("referrers API", tmp_path_factory.mktemp("registry")) as address:
        manifests = []
        for architecture, layers in (("amd64", LAYERS[:1]), ("arm64", LAYERS)):
            image = files_of(layers, architecture=architecture)
            push(address, "t/index", architecture, image)
            platform = {"os": "linux", "architecture": architecture}
            manifests.append({**image[1], "platform": platform})
        data = dumped({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
        push_manifest(address, "t/index", "1", data, INDEX)
        yield f"{address}/t/index:1"


def test_each_platform_has_its_own_verdict(index, work, tmp_path):
    files = ("--attestation", f"{tmp_path}/{{platform}}.json")
    more = ("--all-platforms", "--attach", *files)
    for command in ("scan", "gate"):
        done = gate(index, work, *more, "--no-keep", command=command, policy="default", code=1)
        assert done.stderr.count(b"attached") == 4
    assert verify(index, work, "--platform", "linux/amd64").startswith("passes: pass")
    assert verify(index, work, "--platform", "linux/arm64", code=1).startswith("refused: deny")
    told = verify(index, work, "--all-platforms", code=1).splitlines()
    assert [line.partition(" ")[0] for line in told[:2]] == ["linux/amd64", "linux/arm64"]
    assert told[2] == f"{index}: refused, the worst of 2 platforms"
    document = json.loads(verify(index, work, "--all-platforms", "-o", "json", code=1))
    schema = json.loads(schemas.text("verification-platforms.schema.json"))
    jsonschema.validate(document, schema)
    assert [each["checked"]["passes"] for each in document["platforms"]] == [True, False]
    gate(index, work, "--all-platforms", "--attach", "--now", LATER)
    assert verify(index, work, "--all-platforms").endswith(": passes, the worst of 2 platforms\n")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"linux-amd64.json", "linux-arm64.json"}
    told = gate(index, work, "--all-platforms", "--attestation", tmp_path / "one", code=2)
    assert b"put {platform} into its name" in told.stderr


def test_verdicts_are_kept_and_used_again(work, tmp_path):
    db = ("--db", work / "set.db")
    image = f"oci:{work}/image"
    for command, policy, code in (("gate", PASSING, 0), ("scan", "default", 1)):
        lading(command, image, *db, "--policy", policy, "--now", NOW, code=code)
    lading("match", image, *db, "--policy", PASSING, "--now", NOW)
    lading("scan", image, *db, "--now", NOW)
    lading("gate", image, *db, "--policy", PASSING, "--now", LATER, "--no-keep")
    gate(image, work, "--attestation", tmp_path / "v", "--db", work / "set.db")
    listed = json.loads(lading("verdict", "list", *db, "-o", "json").stdout)
    jsonschema.validate(listed, json.loads(schemas.text("verdicts.schema.json")))
    assert {(v["outcome"], v["policy"]) for v in listed["verdicts"]} == {
        ("pass", PASSING),
        ("deny", "default"),
    }
    assert len(listed["verdicts"]) == 2
    denied = next(v["digest"] for v in listed["verdicts"] if v["outcome"] == "deny")
    shown = lading("report", denied, *db)
    assert b"DENY" in shown.stdout
    again = ("--policy", "default", "--now", LATER, "--no-keep")
    lading("gate", image, *db, *again, code=1)
    known = lading("gate", image, *db, *again, "--baseline", denied, "-o", "json").stdout
    assert json.loads(known)["verdict"]["baseline"] == denied


def test_a_policy_is_tried_on_what_is_kept(work, tmp_path):
    db = ("--db", tmp_path / "set.db")
    lading("feeds", "import", work / "advisories", *db)
    told = lading("policy", "test", "default", *db, code=2).stderr
    assert b"no verdict in the store to try" in told
    lading("gate", f"oci:{work}/image", *db, "--policy", PASSING, "--now", NOW)
    tried = lading("policy", "test", "default", *db, code=1).stdout.decode()
    assert re.match(r"sha256:[0-9a-f]{64}: pass -> deny at build", tried)
    lading("policy", "test", PASSING, *db)
    assert b"no verdict" in lading("policy", "test", PASSING, *db, "--since", LATER, code=2).stderr
    lading("policy", "test", PASSING, *db, "--image", MANIFEST[:19])
    digest = tried.partition(": ")[0]
    assert lading("policy", "test", "default", digest, *db, code=1).stdout.decode() == tried


def test_verdicts_are_forgotten_by_digest_and_by_rule(work, tmp_path):
    db = ("--db", tmp_path / "set.db")
    lading("feeds", "import", work / "advisories", *db)
    for day in ("01", "02", "03"):
        words = ("--policy", PASSING, "--now", f"2024-02-{day}")
        lading("gate", f"oci:{work}/image", *db, *words)

    def days():
        listed = json.loads(lading("verdict", "list", *db, "-o", "json").stdout)["verdicts"]
        return [each["decided_at"][8:10] for each in listed]

    assert days() == ["03", "02", "01"]
    rule = ("verdict", "forget", *db, "--keep-last", "2")
    would = json.loads(lading(*rule, "--dry-run", "-o", "json").stdout)
    jsonschema.validate(would, json.loads(schemas.text("verdicts-forgotten.schema.json")))
    assert [each["decided_at"][8:10] for each in would["forgotten"]] == ["01"]
    assert len(days()) == 3
    assert b"forgotten: 1 verdicts" in lading(*rule).stdout
    assert days() == ["03", "02"]
    lading("verdict", "forget", *db, "--before", "2024-02-03")
    assert days() == ["03"]
    listed = json.loads(lading("verdict", "list", *db, "-o", "json").stdout)["verdicts"]
    lading("verdict", "forget", listed[0]["digest"][7:17], *db)
    assert days() == []
    assert b"nothing says what to forget" in lading("verdict", "forget", *db, code=2).stderr


def test_wrong_wishes_are_one_line_and_nothing_is_written(work, tmp_path):
    image = f"oci:{work}/image"
    path = tmp_path / "v.json"
    key = ("--sign", work / "new.key")
    raw = ("--advisories", work / "advisories")
    for words, told in (
        (("gate", image, *raw, "--attestation", path), "add --sign KEY"),
        (("gate", image, *raw, *key), "the signed verdict would go nowhere"),
        (("gate", image, *raw, *key, "--attach"), "not an image in a registry"),
        (("scan", image, *raw, *key, "--attestation", path), "add --policy"),
        (
            ("gate", image, *raw, "--sign", work / "new.pub", "--attestation", path),
            "no private key",
        ),
        (("verify", image, "--key", work / "new.pub"), "so nothing is attached to it"),
        (("verify", image, "--key", work / "new.key"), "a private key where a public one is due"),
        (("verify", image, "--key", work / "new.pub", "--attestation", path), "no such file"),
    ):
        done = lading(*words, code=2)
        assert told in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
        assert not path.exists()
