"""Names of images in engines: they become parts of addresses and of command lines."""

import re

from sbom.errors import InputError
from sbom.registry.reference import parse

ID = re.compile(r"(?:sha256:)?[0-9a-f]{4,64}\Z")


def checked_name(kind: str, name: str) -> str:
    """Return a name that an image can have, or an id; raise InputError for any other."""
    if not ID.match(name):
        try:
            parse(name)
        except InputError:
            told = f"{kind}:{name}: this is no name of an image"
            raise InputError(told, f"write {kind}:NAME:TAG or {kind}:ID") from None
    return name
