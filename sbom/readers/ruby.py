"""Ruby gems: the specification that RubyGems writes for each gem it installs.

RubyGems repeats name, version and platform in a `# stub:` comment, so that a gem can be listed
without running Ruby; Lading reads it for the same reason.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/specifications/*.gemspec", "**/specifications/default/*.gemspec")
MAGIC: tuple[bytes, ...] = ()

STUB = re.compile(r"^# stub: (\S+) (\S+) (\S+)", re.MULTILINE)
TEXT = r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|%q<([^<>]*)>)"""
FIELDS = {
    "name": re.compile(rf"^\s*\w+\.name\s*=\s*{TEXT}", re.MULTILINE),
    "version": re.compile(
        rf"^\s*\w+\.version\s*=\s*(?:Gem::Version\.new\s*\(?\s*)?{TEXT}", re.MULTILINE
    ),
    "platform": re.compile(
        rf"^\s*\w+\.platform\s*=\s*(?:Gem::Platform\.new\s*\(?\s*)?{TEXT}", re.MULTILINE
    ),
}
LICENSES = re.compile(r"^\s*\w+\.licenses?\s*=\s*(\[[^\]]*\]|[^\n]*)", re.MULTILINE)
AUTHORS = re.compile(r"^\s*\w+\.authors?\s*=\s*(\[[^\]]*\]|[^\n]*)", re.MULTILINE)
TEXTS = re.compile(TEXT)
# A version begins with a digit (Gem::Version::VERSION_PATTERN); a platform may follow it.
FILE_NAME = re.compile(r"(.+?)-(\d[0-9A-Za-z.]*)(?:-(.+))?\.gemspec")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the gem of a specification file."""
    text = data.decode("utf-8", "replace")
    stub, from_path = STUB.search(text), FILE_NAME.fullmatch(path.rpartition("/")[2])
    if stub:
        name, version, platform = stub.groups()
    else:
        fields = {key: _first(pattern, text) for key, pattern in FIELDS.items()}
        name, version, platform = fields["name"], fields["version"], fields["platform"]
        if not (name and version) and from_path:
            name, version, platform = (part or "" for part in from_path.groups())
    if not (name and version):
        what = f"gem {name!r} has no version that stands there as text"
        yield Problem(source="ruby", where=path, what=what, effect="record_lost")
        return
    yield Found(
        type="gem",
        name=name,
        version=version,
        qualifiers=(("platform", platform),) if platform not in {"", "ruby"} else (),
        vendor=", ".join(_listed(AUTHORS, text)),
        licenses=_listed(LICENSES, text),
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), "") if found else ""


def _listed(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    groups = TEXTS.findall(found.group(1)) if found else []
    return tuple(text for group in groups for text in group if text)
