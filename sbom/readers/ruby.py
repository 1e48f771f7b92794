"""Ruby gems: the specification that RubyGems writes for each gem it installs.

RubyGems repeats name, version and platform in a `# stub:` comment, so that gems can be listed
without running them as Ruby; Lading reads it for the same reason. What only Bundler's lock file
names is optional: it is not known to be installed (rule 5).
"""

import re
from collections.abc import Iterator
from typing import Any

from sbom.model import Found, Problem

LOCKS = ("Gemfile.lock", "gems.locked")
GLOBS = (
    "**/specifications/*.gemspec",
    "**/specifications/default/*.gemspec",
    *(f"**/{name}" for name in LOCKS),
)
MAGIC: tuple[bytes, ...] = ()

LONGEST, LONGEST_LIST = 255, 4096

STUB = re.compile(r"^# stub: (\S+) (\S+) (\S+)", re.MULTILINE)
TEXT = r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|%q<([^<>]*)>)"""
FIELDS = (
    re.compile(rf"^[ \t]*\w+\.name\s*=\s*{TEXT}", re.MULTILINE),
    re.compile(rf"^[ \t]*\w+\.version\s*=\s*(?:Gem::Version\.new\s*\(?\s*)?{TEXT}", re.MULTILINE),
    re.compile(rf"^[ \t]*\w+\.platform\s*=\s*(?:Gem::Platform\.new\s*\(?\s*)?{TEXT}", re.MULTILINE),
)
LICENSES = re.compile(r"^[ \t]*\w+\.licenses?\s*=\s*(\[[^\]]*\]|[^\n]*)", re.MULTILINE)
AUTHORS = re.compile(r"^[ \t]*\w+\.authors?\s*=\s*(\[[^\]]*\]|[^\n]*)", re.MULTILINE)
TEXTS = re.compile(TEXT)
# A version begins with a digit (Gem::Version::VERSION_PATTERN); a platform may follow it.
LOCK_ENTRY = re.compile(r" {4}(\S+) \((\d[0-9A-Za-z.]*)(?:-([^\s)]+))?\)")
FILE_NAME = re.compile(r"(.+?)-(\d[0-9A-Za-z.]*)(?:-(.+))?\.gemspec")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the gem of a specification file, or the names in a lock file."""
    text = data.decode("utf-8", "replace")
    if path.endswith(LOCKS):
        # A lock file that came with a gem served its makers; nothing was installed by it.
        if "gems" not in path.split("/"):
            yield from _locked(text)
        return
    name, version, platform = _identity(text, path.rpartition("/")[2])
    if not (name and version):
        what = f"gem {name!r} has no version that stands there as text"
        yield Problem(source="ruby", where=path, what=what, effect="record_lost")
        return
    yield _found(
        name,
        version,
        platform,
        vendor=", ".join(_listed(AUTHORS, text)),
        licenses=_listed(LICENSES, text),
    )


def _identity(text: str, file_name: str) -> tuple[str, str, str]:
    """Return name, version and platform: of the stub line, the fields, else the file's name."""
    stub, named = STUB.search(text), FILE_NAME.fullmatch(file_name[:LONGEST])
    if stub:
        return stub[1], stub[2], stub[3]
    name, version, platform = (_first(pattern, text) for pattern in FIELDS)
    if not (name and version) and named:
        return named[1], named[2], named[3] or ""
    return name, version, platform


def _found(name: str, version: str, platform: str, **more: Any) -> Found:
    """`ruby` is the platform of gems without compiled parts: it says nothing."""
    qualifiers = (("platform", platform),) if platform not in {"", "ruby"} else ()
    return Found(type="gem", name=name, version=version, qualifiers=qualifiers, **more)


def _locked(text: str) -> Iterator[Found]:
    """Read the sections `GEM`; those of `PATH` and `GIT` name what no server of gems has."""
    section = ""
    for line in text.splitlines():
        section = line if line[:1] not in {" ", ""} else section
        entry = LOCK_ENTRY.fullmatch(line) if section == "GEM" else None
        if entry:
            yield _found(entry[1], entry[2], entry[3] or "", scope="optional")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), "") if found else ""


def _listed(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    groups = TEXTS.findall(found[1][:LONGEST_LIST]) if found else []
    return tuple(text for group in groups for text in group if text)
