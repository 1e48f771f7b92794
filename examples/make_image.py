"""Make a small OCI image layout whose files this script writes itself; the same bytes each time.

usage: make_image.py DIRECTORY
Four layers: a Debian base, Python packages, Node packages, and a step that upgrades one package and
removes another. The package versions are old on purpose.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

OS_RELEASE = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
"""
DEBIAN = (
    ("base-files", "12.4+deb12u5"),
    ("curl", "7.88.1-10+deb12u5"),
    ("openssl", "3.0.11-1~deb12u1"),
)
SITE = "usr/local/lib/python3.11/site-packages"
MODULES = "srv/web/node_modules"
CREATED = "2024-02-01T00:00:00Z"
OCI = "application/vnd.oci.image"


def paragraph(name: str, version: str) -> str:
    """One installed package as dpkg's status file has it."""
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        "Maintainer: Debian Example Maintainers <example@lists.debian.org>\n"
        f"Description: {name}, for the example\n\n"
    )


def wheel(name: str, version: str) -> dict[str, str]:
    """One installed Python package: its metadata file."""
    return {
        f"{SITE}/{name}-{version}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: BSD-3-Clause\n\n"
        )
    }


def module(name: str, version: str) -> dict[str, str]:
    """One installed Node package: its package.json."""
    text = json.dumps({"name": name, "version": version, "license": "MIT"})
    return {f"{MODULES}/{name}/package.json": text}


LAYERS = (
    (
        "ADD base.tar /",
        {
            "etc/os-release": OS_RELEASE,
            "var/lib/dpkg/status": "".join(paragraph(*package) for package in DEBIAN),
        },
    ),
    (
        "RUN pip install django==3.2 jinja2==2.10 requests==2.19.1",
        wheel("Django", "3.2") | wheel("Jinja2", "2.10") | wheel("requests", "2.19.1"),
    ),
    ("COPY node_modules /srv/web/", module("lodash", "4.17.4") | module("minimist", "1.2.5")),
    (
        "RUN pip install -U requests && pip uninstall jinja2",
        wheel("requests", "2.20.0")
        | {f"{SITE}/.wh.requests-2.19.1.dist-info": "", f"{SITE}/.wh.Jinja2-2.10.dist-info": ""},
    ),
)


def tar(files: dict[str, str]) -> bytes:
    """One layer: plain files, owned by root, without a date."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, text in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def main(directory: str) -> None:
    """Write the layout to `directory`."""
    blobs = Path(directory) / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def put(data: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": f"{OCI}.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    def put_json(document: object, kind: str) -> dict[str, object]:
        return put(json.dumps(document, sort_keys=True).encode(), kind)

    tars = [tar(files) for _, files in LAYERS]
    layers = [put(gzip.compress(t, 6, mtime=0), "layer.v1.tar+gzip") for t in tars]
    config = put_json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": CREATED,
            "config": {"User": "app", "Cmd": ["python3", "-m", "django"]},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(t).hexdigest()}" for t in tars],
            },
            "history": [{"created": CREATED, "created_by": step} for step, _ in LAYERS],
        },
        "config.v1+json",
    )
    manifest = put_json(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": config,
            "layers": layers,
        },
        "manifest.v1+json",
    )
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "shop"}
    root = Path(directory)
    (root / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}\n')
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [manifest]}
    (root / "index.json").write_text(json.dumps(index, sort_keys=True))
    print(f"image {directory} with {len(LAYERS)} layers")


if __name__ == "__main__":
    main(sys.argv[1])
