"""Conda packages: the record that conda, mamba and micromamba write for each they install.

A record lists the package's files below its environment, which is the folder above `conda-meta`.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded

GLOBS = ("**/conda-meta/*.json",)
MAGIC: tuple[bytes, ...] = ()

SUBDIRS = re.compile(r"/(?:noarch|(?:linux|osx|win|zos|freebsd|emscripten|wasi)-[^/]+)/?$")
FILE_TYPES = (".tar.bz2", ".conda")


class Record(Struct, gc=False):
    """The part of a record that says what it is; further fields differ by installer."""

    name: str
    version: str
    build: str = ""
    channel: str = ""
    subdir: str = ""
    fn: str = ""
    license: Any = None
    files: Any = None


RECORD = Decoder(Record)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a record."""
    record = decoded.whole(RECORD, data, "conda", path, "record")
    if isinstance(record, Problem):
        yield record
        return
    if not (record.name and record.version):
        what = f"package {record.name!r} has no {'version' if record.name else 'name'}"
        yield Problem(source="conda", where=path, what=what, effect="record_lost")
        return
    prefix = path.rpartition("conda-meta/")[0]
    files = record.files if isinstance(record.files, list) else []
    said = {
        "build": record.build,
        "channel": _channel(record.channel),
        "subdir": record.subdir,
        "type": next((end[1:] for end in FILE_TYPES if record.fn.endswith(end)), ""),
    }
    yield Found(
        type="conda",
        name=record.name,
        version=record.version,
        qualifiers=tuple((key, value) for key, value in said.items() if value),
        licenses=(record.license,) if isinstance(record.license, str) and record.license else (),
        owns=tuple(prefix + name for name in files if isinstance(name, str) and name),
    )


def _channel(said: str) -> str:
    """Return a channel's name: of an address, its last folder without that of the machine."""
    address = SUBDIRS.sub("", said).rstrip("/")
    return address.rpartition("/")[2] if "://" in address else address
