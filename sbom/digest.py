"""The digest that documents are known by. Small ones are hashed without loading OpenSSL."""

import sys
from importlib import import_module

from sbom.model import Digest

WORTH_OPENSSL = 1 << 20
"""Bytes from which on OpenSSL is faster by more than the 2.4 ms that it takes to load."""
OWN_SHA256 = "_sha2" if sys.version_info >= (3, 12) else "_sha256"
"""The interpreter's own; hashlib has it too where there is no OpenSSL, and no other name for it."""


def digest_of(document: bytes) -> Digest:
    """Return the SHA-256 of a document as `sha256:…`."""
    module = "hashlib"
    if len(document) < WORTH_OPENSSL and module not in sys.modules:
        module = OWN_SHA256
    try:
        sha256 = import_module(module).sha256
    except ImportError:
        # Python may be built to leave everything to OpenSSL.
        from hashlib import sha256
    return Digest("sha256:" + sha256(document).hexdigest())
