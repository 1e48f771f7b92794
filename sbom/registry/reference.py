"""Names of images in registries, read as Docker and all who followed it do.

A first part with a dot, a colon or an upper-case letter, or `localhost`, is a registry; without
one it is Docker Hub, whose images without an owner are in `library/`.
"""

import re

from msgspec import Struct

from sbom.errors import InputError
from sbom.image.streams import valid

HUB = "docker.io"
HUB_NAMES = frozenset({HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
HUB_HOST = "registry-1.docker.io"
HOST = re.compile(
    r"(?:[A-Za-z0-9]+(?:(?:\.|-+)[A-Za-z0-9]+)*|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z"
)
REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*\Z"
)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
LONGEST = 255
"""Characters of a repository (distribution specification, "Pulling manifests")."""
FORMS = "write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST"
FILES = (".tar", ".tgz", ".gz", ".zst", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".zip", ".spdx")
"""Who writes such a name means a file, not an image of Docker Hub."""


class Reference(Struct, frozen=True, gc=False):
    """An image in a registry. `digest` counts where both it and a tag are given."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def host(self) -> str:
        """Host and port that the registry's API is asked at."""
        return HUB_HOST if self.registry == HUB else self.registry

    @property
    def chosen(self) -> str:
        """What stands for the manifest in a request: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse(text: str) -> Reference:
    """Read a name; without tag and digest the tag is `latest`. Raises InputError."""
    named, at, digest = text.partition("@")
    if at and not valid(digest):
        raise InputError(f"{text}: {digest!r} is no sha256 or sha512 digest", FORMS)
    registry, repository = _split(named)
    repository, colon, tag = repository.partition(":")
    if not (HOST.match(registry) and REPOSITORY.match(repository)):
        raise InputError(f"{text}: this is no name of an image in a registry", FORMS)
    if len(repository) > LONGEST:
        raise InputError(f"{text}: a repository has at most {LONGEST} characters", FORMS)
    if colon and not TAG.match(tag):
        raise InputError(f"{text}: {tag!r} is no tag", FORMS)
    if registry in HUB_NAMES:
        registry = HUB
        repository = repository if "/" in repository else f"library/{repository}"
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest)


def is_name(text: str) -> bool:
    """Tell whether a text names an image in a registry, rather than a file that is not there."""
    if text.lower().endswith(FILES):
        return False
    try:
        parse(text)
    except InputError:
        return False
    return True


def _split(named: str) -> tuple[str, str]:
    first, slash, rest = named.partition("/")
    named_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    return (first, rest) if slash and named_host else (HUB, named)
