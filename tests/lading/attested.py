"""An image in a real registry, keys, advisories, and the program: what tests of signatures share."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from lading.main import main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sbom"))
from make_image import OS_RELEASE, dumped, files_of, sha256, tar
from registries import ask, push, push_blob, push_manifest, serving

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
NOW = "2024-02-01T00:00:00Z"
LAYERS = (
    tar(("etc/os-release", OS_RELEASE)),
    tar(("app/package.json", dumped({"name": "left", "version": "1.0.0"}))),
)
IMAGE = files_of(LAYERS)
MANIFEST = IMAGE[1]["digest"]
LAYER_BLOBS = [
    each["digest"] for each in json.loads(IMAGE[0]["blobs/sha256/" + MANIFEST[7:]])["layers"]
]
PASSING = "audit-only"
"""A shipped policy that passes this image; the default denies it."""


class Done(NamedTuple):
    """What one command line came to."""

    stdout: bytes
    stderr: bytes


def lading(*words, code=0):
    """Run a command line in this process: a test has many, and each start costs its time."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("LADING_KEY_PASSWORD", "")
        status = main([str(word) for word in words])
    out.flush()
    err.flush()
    done = Done(out.buffer.getvalue(), err.buffer.getvalue())
    assert status == code, done.stderr.decode()
    return done


def make_keys(folder, *names):
    """Make key pairs; return the folder."""
    for name in names:
        lading("key", "create", folder / name)
    return folder


def make_advisories(folder):
    (folder / "advisories").mkdir()
    (folder / "advisories" / "a.json").write_bytes(dumped(ADVISORY))
    return folder / "advisories"


def push_tagged_attestation(address, repository, envelope):
    """Put an envelope where `cosign attest` of version 2 keeps it: under a tag, as a layer."""
    config = push_blob(address, repository, b"{}")
    layer = push_blob(address, repository, envelope)
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config,
            "size": 2,
        },
        "layers": [
            {
                "mediaType": "application/vnd.dsse.envelope.v1+json",
                "digest": layer,
                "size": len(envelope),
                "annotations": {"dev.cosignproject.cosign/signature": ""},
            }
        ],
    }
    push_manifest(address, repository, MANIFEST.replace(":", "-") + ".att", dumped(manifest))
    return layer


__all__ = ["ask", "push", "serving", "sha256"]
