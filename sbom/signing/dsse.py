"""The envelope around what is signed (DSSE 1.0): payload, its type, and signatures over both."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from sbom.errors import InputError
from sbom.signing.keys import Signer, Verifier

MEDIA_TYPE = "application/vnd.dsse.envelope.v1+json"
LARGEST_PAYLOAD = 1 << 28
MOST_SIGNATURES = 100


class Signature(Struct, frozen=True, omit_defaults=True, gc=False):
    """One signature; `keyid` is a hint and decides nothing."""

    sig: str
    keyid: str = ""


class Envelope(Struct, frozen=True, rename="camel", gc=False):
    """As it stands in JSON."""

    payload_type: str
    payload: str
    signatures: tuple[Signature, ...]


class Opened(Struct, frozen=True, gc=False):
    """What was in an envelope, and the ids of the keys (sorted) whose signatures hold."""

    payload: bytes
    signed_by: tuple[str, ...]


def seal(payload: bytes, payload_type: str, signers: Sequence[Signer]) -> bytes:
    """Return the envelope of `payload`, signed by every signer, as JSON."""
    message = _message(payload_type, payload)
    signatures = tuple(Signature(_text(signer.sign(message)), signer.id) for signer in signers)
    return msgspec.json.encode(Envelope(payload_type, _text(payload), signatures))


def unseal(data: bytes, name: str, payload_type: str, verifiers: Iterable[Verifier]) -> Opened:
    """Return the payload of an envelope, and who signed it; nobody may have.

    Raises:
        InputError: where it is no envelope, or one of another type than `payload_type`.
    """
    envelope = read(data, name)
    if envelope.payload_type != payload_type:
        told = f"{name}: holds {envelope.payload_type[:100]!r}, not {payload_type}"
        raise InputError(told, "name the right document")
    payload = _bytes(envelope.payload, name)
    message = _message(payload_type, payload)
    given = [_bytes(each.sig, name) for each in envelope.signatures]
    holds = {each.id for each in verifiers if any(each.accepts(sig, message) for sig in given)}
    return Opened(payload, tuple(sorted(holds)))


def read(data: bytes, name: str) -> Envelope:
    """Return an envelope as it stands; nothing in it is verified."""
    if len(data) > 2 * LARGEST_PAYLOAD:
        raise InputError(f"{name}: larger than any envelope", "name the right document")
    try:
        envelope = msgspec.json.decode(data, type=Envelope)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"{name}: no DSSE envelope ({error})", "name a signed one") from error
    if len(envelope.signatures) > MOST_SIGNATURES:
        raise InputError(f"{name}: more than {MOST_SIGNATURES} signatures", "this is not sane")
    return envelope


def _message(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _bytes(text: str, name: str) -> bytes:
    """Decode base64 of either alphabet, as DSSE asks of readers."""
    try:
        return b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (Base64Error, ValueError) as error:
        raise InputError(f"{name}: its base64 is broken", "fetch it again") from error
