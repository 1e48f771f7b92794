"""OpenPGP: public keys as publishers serve them, and who made a detached signature (RFC 9580).

Sequoia-PGP does the work by its standard policy: broken hashes count for nothing, and a signature
counts where its key was valid when it was made. It comes with `pysequoia`, an extra.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pysequoia import Cert, Sig

INSTALL = "pip install 'lading[openpgp]'"
FINGERPRINT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
"""Of a key of version 4, and of version 6."""
MOST_SIGNATURES = 16
"""Signatures of one file that are looked at; publishers make one, two where they change keys."""


class BadOpenPgpError(ValueError):
    """Bytes that are no key, or no signature."""


class Key(Struct, frozen=True):
    """A public key.

    fingerprint: of its primary key. members: of all its keys, with which it can sign.
    expires: RFC 3339 in UTC, or empty. certificate: the key as Sequoia has it.
    """

    fingerprint: str
    members: frozenset[str]
    expires: str
    revoked: bool
    certificate: "Cert"


def installed() -> bool:
    """Whether signatures can be verified here."""
    return find_spec("pysequoia") is not None


def fingerprint(text: str) -> str:
    """Return a fingerprint as it is compared, however it was written; empty where it is none."""
    bare = re.sub(r"[\s:]", "", text).lower().removeprefix("0x")
    return bare if FINGERPRINT.match(bare) else ""


def keys_in(data: bytes) -> tuple[Key, ...]:
    """Return the public keys of a file, armoured or not.

    Raises:
        BadOpenPgpError: where it is no file of public keys.
    """
    from pysequoia import Cert
    from pysequoia.packet import PacketPile, Tag

    with _sequoia():
        private = (Tag.SecretKey, Tag.SecretSubkey)
        if any(packet.tag in private for packet in PacketPile.from_bytes(data)):
            raise BadOpenPgpError("it is a private key")
        found = tuple(_key(certificate) for certificate in Cert.split_bytes(data))
    if not found:
        raise BadOpenPgpError("it holds no key")
    return found


def signer(path: str, signature: bytes, keys: Mapping[str, Key]) -> tuple[str, str]:
    """Return the fingerprint of the key that signed a file, and what is wrong with its signature.

    One of the two is empty. Of several signatures one that holds is enough.

    Args:
        path: the file.
        signature: its detached signatures, armoured or not.
        keys: those that count, by fingerprint.
    """
    try:
        made = _signatures(signature)
    except BadOpenPgpError as error:
        return "", f"its signature is none: {error}"
    if not made:
        return "", "its signature is none: it holds no signature"
    faults = []
    for one in made:
        holder = _holder(one, keys)
        if holder is None:
            issuer = one.issuer_fingerprint or one.issuer_key_id or "unknown"
            faults.append(f"it is signed by {issuer}, which is no accepted key of its publisher")
        elif _holds(path, one, holder):
            return holder.fingerprint, ""
        else:
            revoked = ", which is revoked," if holder.revoked else ""
            faults.append(f"its signature by {holder.fingerprint}{revoked} does not hold")
    return "", faults[0]


def _key(certificate: "Cert") -> Key:
    from pysequoia.packet import PacketPile

    packets = PacketPile.from_bytes(bytes(certificate))
    expires = certificate.expiration
    return Key(
        certificate.fingerprint,
        frozenset(packet.fingerprint for packet in packets if packet.fingerprint),
        expires.strftime("%Y-%m-%dT%H:%M:%SZ") if expires else "",
        certificate.is_revoked,
        certificate,
    )


def _signatures(data: bytes) -> "list[Sig]":
    from pysequoia import Sig
    from pysequoia.packet import PacketPile, Tag

    with _sequoia():
        packets = [one for one in PacketPile.from_bytes(data) if one.tag == Tag.Signature]
        return [Sig.from_bytes(bytes(packet)) for packet in packets[:MOST_SIGNATURES]]


def _holder(signature: "Sig", keys: Mapping[str, Key]) -> Key | None:
    """Return the key that a signature says it is by; old ones name the end of a fingerprint."""
    by, end = signature.issuer_fingerprint, signature.issuer_key_id
    for key in keys.values():
        if by in key.members or (not by and end and any(m.endswith(end) for m in key.members)):
            return key
    return None


def _holds(path: str, signature: "Sig", key: Key) -> bool:
    """Whether a signature of a file is by a key."""
    from pysequoia import verify

    try:
        with _sequoia():
            proven = verify(file=path, store=lambda _: [key.certificate], signature=signature)
            return any(one.certificate == key.fingerprint for one in proven.valid_sigs)
    except BadOpenPgpError:
        return False


@contextmanager
def _sequoia() -> Iterator[None]:
    """Make one error of all that Sequoia raises; it writes its stack below the first line."""
    try:
        yield
    except (RuntimeError, OverflowError) as error:
        raise BadOpenPgpError(str(error).partition("\n")[0][:200]) from None
    except BaseException as error:
        # A panic in Rust is no Exception of Python's, and hostile bytes must not end an update.
        if type(error).__name__ != "PanicException":
            raise
        raise BadOpenPgpError("it cannot be read") from None
