"""How a component's version is written as its advisories write it: platforms, revisions, `go`."""

import re

from match.versions.encoding import InvalidVersion

REVISION = r"-r?(\d+)$"
"""Bitnami's own, of the same upstream version."""
GEM_PLATFORM = (
    r"-(?:java|jruby|universal-java-[0-9.]+|mswin32|mswin64"
    r"|[a-z0-9_]+-(?:linux|darwin|mingw32|mingw|mswin32|mswin64|freebsd|openbsd|solaris)"
    r"[a-z0-9.]{0,20}(?:[-_][a-z0-9.]{1,20}){0,3})$"
)
"""What follows a gem's version in its full name (`1.18.2-x86_64-linux-gnu`, Gem::Platform).

Its parts are bounded, so that a hostile version takes no longer than its length. Texts: compiled
when the first is read, for most SBOMs of Go bring none of them.
"""


def spelled(type_: str, version: str) -> str:
    """Return a component's version as its ecosystem's advisories write versions.

    Args:
        type_: its purl type; `golang` for Go's own packages (`match.ecosystems.GO_RELEASES`).
        version: as its purl has it.
    """
    if type_ == "bitnami":
        # The tags of its images have the revision as `-r3`, its packages and advisories as `-3`.
        return re.sub(REVISION, r"-\1", version)
    if type_ == "gem":
        # As a version, what stands behind the hyphen would be a pre-release.
        return re.sub(GEM_PLATFORM, "", version) if "-" in version else version
    return _go_release(version) if type_ == "golang" else version


def unrevised(version: str) -> str:
    """Return the upstream's version of a Bitnami package."""
    return re.sub(REVISION, "", version)


def _go_release(version: str) -> str:
    """Return `go1.22rc1`, with or without `go`, as Go's database has it (`1.22-rc.1`)."""
    plain = version.removeprefix("go")
    if plain.replace(".", "").isdigit():
        return plain
    from match.versions.golang import release

    if re.match(r"v?[0-9.]+-", version):
        return version
    try:
        return release(version)
    except InvalidVersion:
        return version
