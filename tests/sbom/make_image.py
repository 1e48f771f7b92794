"""Images for tests: made of real tars, manifests and digests, in all the forms images come in."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from sbom.image.layers import LayerContent, read_layer, ready
from sbom.limits import DEFAULT
from sbom.model import Found, Problem
from sbom.sources import open_image

OCI = "application/vnd.oci.image."
OS_RELEASE = b"ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"


def lines(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Read `type name version [key=value …]` lines; a line of one word is a problem."""
    for line in data.decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) < 3:
            yield Problem(source="lines", where=path, what=f"odd: {line}", effect="record_lost")
            continue
        extra = dict(word.split("=") for word in words[3:])
        owns = tuple(filter(None, extra.pop("owns", "").split(",")))
        version = "" if words[2] == "-" else words[2]
        yield Found(type=words[0], name=words[1], version=version, owns=owns, **extra)


LINES = SimpleNamespace(
    GLOBS=("var/lib/db/packages", "opt/db/packages", "**/*.pkg", "**/listed/*", "**/*.lock"),
    MAGIC=(b"\x7fELF",),
    read=lambda data, path: lines(data[4:].rstrip(b"\0") if data[:1] == b"\x7f" else data, path),
)
READERS = {"lines": LINES}


def tar(*entries, form=tarfile.PAX_FORMAT) -> bytes:
    """Make a tar of (name, content): bytes, None for a folder, or a TarInfo as it stands.

    A text is a symbolic link's target; `=target` is a hard link.
    """
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            name, content = entry
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, str):
                hard = content.startswith("=")
                info.type = tarfile.LNKTYPE if hard else tarfile.SYMTYPE
                info.linkname = content[1:] if hard else content
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def dumped(value) -> bytes:
    return json.dumps(value).encode()


def config_of(layers, architecture="amd64", **more) -> bytes:
    return dumped(
        {
            "architecture": architecture,
            "os": "linux",
            "created": "2024-01-02T03:04:05Z",
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer) for layer in layers]},
            "history": [
                {"created_by": "ARG x", "empty_layer": True},
                *({"created_by": f"step {number}"} for number in range(len(layers))),
            ],
            **more,
        }
    )


def packed(layer: bytes) -> bytes:
    return gzip.compress(layer, 1, mtime=0)


def files_of(layers, pack=packed, tag="", architecture="amd64", **config):
    """Return the files of a layout that holds one image, and its manifest's descriptor."""
    files = {}

    def put(data: bytes, kind: str):
        files["blobs/sha256/" + sha256(data)[7:]] = data
        return {"mediaType": OCI + kind, "digest": sha256(data), "size": len(data)}

    manifest = {
        "schemaVersion": 2,
        "config": put(config_of(layers, architecture, **config), "config.v1+json"),
        "layers": [put(pack(layer), "layer.v1.tar+gzip") for layer in layers],
    }
    entry = put(dumped(manifest), "manifest.v1+json")
    if tag:
        entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    return files, entry


def layout_files(*images):
    """Return the files of a layout of several (files, descriptor)."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    for of_one, _ in images:
        files |= of_one
    manifests = [entry for _, entry in images]
    return files | {"index.json": dumped({"schemaVersion": 2, "manifests": manifests})}


def write_layout(folder: Path, *images) -> Path:
    for name, data in layout_files(*images).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_archive(path: Path, files) -> Path:
    path.write_bytes(tar(*files.items(), form=tarfile.USTAR_FORMAT))
    return path


def docker_files(layers, tags=("example.test/app:1",)):
    """Return the files of `docker save` before Docker 25."""
    config = config_of(layers)
    name = sha256(config)[7:] + ".json"
    names = [f"{sha256(layer)[7:]}.tar" for layer in layers]
    manifest = [{"Config": name, "RepoTags": list(tags), "Layers": names}]
    return {
        **dict(zip(names, layers, strict=True)),
        name: config,
        "manifest.json": dumped(manifest),
    }


def image_of(folder: Path, *layers, **more):
    """Return an opened image of these layers."""
    return open_image(f"oci:{write_layout(folder, files_of(layers, **more))}")


def contents_of(folder: Path, *layers, limits=DEFAULT) -> list[LayerContent]:
    image = image_of(folder, *layers)
    return [read_layer(layer, ready(READERS), limits) for layer in image.layers]
