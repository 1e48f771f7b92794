"""`--all-platforms`: one SBOM for each platform of an index, and the worst verdict counts (rule 4)."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sbom"))
from make_image import OCI, OS_RELEASE, dumped, files_of, sha256, tar, write_layout

LADING = Path(sys.executable).with_name("lading")
STATUS = b"Package: zlib1g\nStatus: install ok installed\nArchitecture: all\nVersion: 1:1.2-1\n"
ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2024-0001"],
    "modified": "2024-01-01T00:00:00Z",
    "published": "2024-01-01T00:00:00Z",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "left"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}],
        }
    ],
}
VERSIONS = {"amd64": "2.0.0", "arm64": "1.0.0", "arm/v7": "2.0.0"}
"""The platforms of the index; only arm64's package is affected."""


def package(version):
    return (
        ("etc/os-release", OS_RELEASE),
        ("var/lib/dpkg/status", STATUS),
        ("app/package.json", dumped({"name": "left", "version": version})),
    )


def put(files, data, kind):
    files["blobs/sha256/" + sha256(data)[7:]] = data
    return {"mediaType": OCI + kind, "digest": sha256(data), "size": len(data)}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A folder with the layout of an index, its advisories, and its attestation's digest."""
    folder = tmp_path_factory.mktemp("index")
    files, entries = {}, []
    for machine, version in VERSIONS.items():
        architecture, _, variant = machine.partition("/")
        more = {"variant": variant} if variant else {}
        of_one, entry = files_of((tar(*package(version)),), architecture=architecture, **more)
        files |= of_one
        entries.append({**entry, "platform": {"os": "linux", "architecture": architecture, **more}})
    attestation = put(files, dumped({"config": {}, "layers": []}), "manifest.v1+json")
    nowhere = {"os": "unknown", "architecture": "unknown"}
    entries.append({**attestation, "platform": nowhere})
    data = dumped({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries})
    named = {"annotations": {"org.opencontainers.image.ref.name": "1"}}
    whole = (files, {**put(files, data, "index.v1+json"), **named})
    write_layout(folder / "layout", whole)
    with tarfile.open(folder / "layout.tar", "w") as archive:
        archive.add(folder / "layout", ".")
    (folder / "advisories").mkdir()
    (folder / "advisories" / "a.json").write_bytes(dumped(ADVISORY))
    return folder, attestation["digest"]


def lading(*words, code=0):
    done = subprocess.run([LADING, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def judging(folder, *more):
    return ("--all-platforms", "--advisories", folder / "advisories", "--now", "2024-02-01", *more)


@pytest.mark.parametrize("command", ["scan", "match", "gate"])
@pytest.mark.parametrize("kind", ["oci:{}/layout", "oci-archive:{}/layout.tar", "{}/layout.tar"])
def test_the_worst_platform_decides(index, tmp_path, command, kind):
    folder, attestation = index
    more = ("--db", tmp_path / "db") if command == "scan" else ()
    name = kind.format(folder)
    done = lading(command, name, *judging(folder, "--fail-on", "7", *more), code=1)
    assert done.stdout.count(" DENY ") == 1
    assert done.stdout.count(" PASS ") == 2
    *_, amd64, arm64, arm, verdict, left = done.stdout.splitlines()
    assert amd64.startswith("linux/amd64 (sha256:")
    assert amd64.endswith("): pass, 0 findings")
    assert arm64.startswith("linux/arm64 (sha256:")
    assert arm64.endswith("): deny, 1 finding")
    assert arm.startswith("linux/arm/v7 (sha256:")
    assert verdict.startswith(f"{name} (sha256:")
    assert verdict.endswith("): deny, the worst of 3 platforms")
    assert left == f"left out: {attestation} is an attestation (unknown/unknown)"


def test_an_index_passes_where_all_of_it_does(index):
    folder, _ = index
    done = lading("gate", f"oci:{folder}/layout", *judging(folder, "--policy", "audit-only"))
    assert done.stdout.splitlines()[-2].endswith("pass, the worst of 3 platforms")


def test_without_a_policy_there_is_no_verdict(index):
    folder, _ = index
    done = lading("match", f"oci:{folder}/layout", *judging(folder))
    assert done.stdout.splitlines()[-2].endswith("): 3 platforms")


def test_files_are_named_by_platform(index, tmp_path):
    folder, attestation = index
    output = ("-o", f"json={tmp_path}/{{platform}}.json", "-o", f"sarif={tmp_path}/x-{{platform}}")
    done = lading("match", f"oci:{folder}/layout", *judging(folder, *output))
    platforms = {"linux-amd64", "linux-arm64", "linux-arm-v7"}
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{name}.json" for name in platforms),
        *(f"x-{name}" for name in platforms),
    }
    for name in platforms:
        document = msgspec.json.decode((tmp_path / f"{name}.json").read_bytes())
        assert document["subject"]["platform"].replace("/", "-") == name
        assert len(document["findings"]) == (name == "linux-arm64")
    assert done.stdout == ""
    assert "3 platforms" in done.stderr
    assert attestation in done.stderr


def test_each_platform_gets_an_sbom(index, tmp_path):
    folder, attestation = index
    wanted = ("-o", f"cyclonedx-json={tmp_path}/{{platform}}.json")
    name = f"oci:{folder}/layout"
    done = lading("sbom", "generate", name, "--all-platforms", *wanted)
    assert done.stderr == f"left out: {attestation} is an attestation (unknown/unknown)\n"
    for machine, version in VERSIONS.items():
        platform = f"linux/{machine}"
        one = lading("sbom", "generate", name, "--platform", platform).stdout
        document = tmp_path / f"{platform.replace('/', '-')}.json"
        assert document.read_text() == one
        assert f"pkg:npm/left@{version}" in one


def test_scan_keeps_the_sbom_of_each_platform(index, tmp_path):
    folder, _ = index
    db = ("--db", tmp_path / "db")
    lading("scan", f"oci:{folder}/layout", *judging(folder, *db))
    kept = lading("sbom", "list", *db, "-o", "json").stdout
    assert len(json.loads(kept)["sboms"]) == 3


def test_wrong_wishes_are_one_line_and_nothing_is_written(index, tmp_path):
    folder, _ = index
    name = f"oci:{folder}/layout"
    file = tmp_path / "one.json"
    document = tmp_path / "sbom.json"
    document.write_bytes(
        lading("sbom", "generate", name, "--platform", "linux/amd64").stdout.encode()
    )
    for words, told in (
        (("match", name, *judging(folder, "-o", f"json={file}")), "put {platform} into its name"),
        (
            ("match", name, *judging(folder, "-o", "json")),
            "give it a file: -o json=NAME-{platform}",
        ),
        (("sbom", "generate", name, "--all-platforms"), "give it a file: -o cyclonedx-json="),
        (("match", name, *judging(folder, "--platform", "linux/arm64")), "exclude each other"),
        (("match", name, *judging(folder, "--against", "current")), "--against compares one"),
        (("match", document, *judging(folder)), "it is one SBOM (leave --all-platforms out)"),
        (("match", "sha256:" + "0" * 64, *judging(folder)), "it is one SBOM"),
        (("scan", f"dir:{folder}", *judging(folder)), "a folder has no platforms"),
    ):
        done = lading(*words, code=2)
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
        assert not file.exists()


def test_too_many_platforms_are_refused(index):
    folder, _ = index
    more = judging(folder, "--limit", "platforms=2")
    told = lading("match", f"oci:{folder}/layout", *more, code=2).stderr
    assert "it names more than 2 images (platforms)" in told
    assert "--limit platforms=VALUE" in told


def test_platforms_of_one_name_are_told_apart_by_digest():
    from lading.platforms import file_names
    from sbom.model import Digest, Subject

    def subject(platform, digit):
        return Subject(platform=platform, manifest=Digest("sha256:" + digit * 64))

    names = file_names([subject("windows/amd64", "a"), subject("windows/amd64", "b")])
    assert names == ["windows-amd64-aaaaaaaaaaaa", "windows-amd64-bbbbbbbbbbbb"]
    assert file_names([subject("../../x", "a"), subject("", "b")]) == ["x", "unknown"]
