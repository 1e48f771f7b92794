"""Perl distributions: what MakeMaker writes of each installation, and cpanminus' own record.

Both name the same distribution, so neither gives the author, which only the second knows: one
package stays one component. A module `A::B` without a record of its own stands for `A-B`.
"""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded

GLOBS = ("**/perllocal.pod", "**/.meta/*/install.json")
MAGIC: tuple[bytes, ...] = ()

# perllocal.pod: a heading for each installation, then a list with the version among it.
INSTALLED = re.compile(
    r"^=head2 [^\n]*C<Module> L<([^|>\n]+)(?:\|[^>\n]*)?>|^C<VERSION: ([^>\n]+)>", re.MULTILINE
)
DISTRIBUTION = re.compile(r"(.+?)-(v?\d[^-]*(?:-TRIAL)?)")
LONGEST = 512


class Record(Struct, gc=False):
    """`install.json` of cpanminus; `dist` is NAME-VERSION."""

    dist: str = ""
    name: str = ""
    version: str = ""


RECORD = Decoder(Record)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the distributions that were installed; of one installed again, the last version."""
    if path.endswith("perllocal.pod"):
        yield from _installed(data.decode("utf-8", "replace"), path)
        return
    record = decoded.whole(RECORD, data, "perl", path, "record")
    if isinstance(record, Problem):
        yield record
        return
    named = DISTRIBUTION.fullmatch(record.dist[:LONGEST])
    name, version = (named[1], named[2]) if named else (record.name, record.version)
    yield _found(name, version, path)


def _installed(text: str, path: str) -> Iterator[Found | Problem]:
    versions: dict[str, str] = {}
    module = ""
    for line in INSTALLED.finditer(text):
        if line[1]:
            module = line[1]
            versions.setdefault(module, "")
        elif module:
            versions[module] = line[2].strip()
    for name, version in versions.items():
        yield _found(name, version, f"{path}: {name}")


def _found(name: str, version: str, where: str) -> Found | Problem:
    if not (name and version) or version == "undef":
        what = f"distribution {name!r} has no {'version' if name else 'name'}"
        return Problem(source="perl", where=where, what=what, effect="record_lost")
    return Found(type="cpan", name=name.replace("::", "-"), version=version)
