"""OCaml packages: the record that opam keeps of each package installed in a switch.

The record's folder is NAME.VERSION; a name holds no dot (opam's manual, "Package").
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/.opam-switch/packages/*/opam",)
MAGIC: tuple[bytes, ...] = ()

LICENSE = re.compile(r"^license:[ \t]*(\"[^\"\n]+\"|\[[^\]\n]+\])", re.MULTILINE)
TEXT = re.compile(r"\"([^\"\n]+)\"")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a record."""
    folder = path.split("/")[-2]
    name, _, version = folder.partition(".")
    if not (name and version):
        what = f"the folder {folder!r} is no NAME.VERSION"
        yield Problem(source="opam", where=path, what=what, effect="record_lost")
        return
    said = LICENSE.search(data.decode("utf-8", "replace"))
    licenses = tuple(TEXT.findall(said[1])) if said else ()
    yield Found(type="opam", name=name, version=version, licenses=licenses)
