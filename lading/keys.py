"""Private keys from where the user keeps them, and their passwords."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from sbom.errors import InputError

if TYPE_CHECKING:
    from sbom.signing.keys import Signer

PASSWORDS = ("LADING_KEY_PASSWORD", "COSIGN_PASSWORD")

SignKey = Annotated[
    str, Meta(description="Sign with this private key (PEM; cosign's are read too).")
]


def read_signer(path: str) -> "Signer":
    """Read a private key; its password comes from the environment, else from the terminal."""
    from sbom.signing.keys import read_private

    with open(path, "rb") as stream:
        data = stream.read()
    return read_private(data, path, lambda: password(f"Password of {path}: "))


def password(prompt: str) -> bytes:
    """Return the password that the environment states, or ask for it without showing it."""
    for name in PASSWORDS:
        if name in os.environ:
            return os.environ[name].encode()
    if not sys.stdin.isatty():
        raise InputError("the key is encrypted", f"set {PASSWORDS[0]}")
    from getpass import getpass

    return getpass(prompt).encode()
