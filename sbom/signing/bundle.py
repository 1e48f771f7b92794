"""Sigstore's bundle: the form in which cosign attaches an envelope, with a hint at its key.

Written as version 0.3 for one signature by a key; certificates and transparency logs are not read.
"""

from base64 import b64encode

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from sbom.errors import InputError
from sbom.signing.dsse import Envelope

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MEDIA_TYPES = (
    MEDIA_TYPE,
    *(f"application/vnd.dev.sigstore.bundle+json;version=0.{minor}" for minor in (1, 2, 3)),
)


class Material(Struct, frozen=True, rename="camel"):
    """What verifies: the digest of a public key's DER form in base64, as `hint`."""

    public_key: dict[str, str]


class Bundle(Struct, frozen=True, rename="camel"):
    """As it is written."""

    media_type: str
    verification_material: Material
    dsse_envelope: Envelope


class Outer(Struct, frozen=True, rename="camel"):
    """As far as it is read."""

    dsse_envelope: Raw = Raw()


def wrap(envelope: Envelope) -> bytes:
    """Return an envelope with one signature by a key of ours as a bundle.

    The key's id goes from the signature into the hint: cosign passes over signatures whose `keyid`
    is not the one that its own library makes.
    """
    (signature,) = envelope.signatures
    hint = b64encode(bytes.fromhex(signature.keyid.removeprefix("sha256:"))).decode()
    bare = replace(envelope, signatures=(replace(signature, keyid=""),))
    return msgspec.json.encode(Bundle(MEDIA_TYPE, Material({"hint": hint}), bare))


def unwrap(data: bytes, name: str) -> bytes:
    """Return the envelope in a bundle; what is no bundle comes back as it is.

    Raises:
        InputError: where it is no JSON object.
    """
    try:
        inner = bytes(msgspec.json.decode(data, type=Outer).dsse_envelope)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"{name}: no DSSE envelope ({error})", "name a signed one") from error
    return inner or data
