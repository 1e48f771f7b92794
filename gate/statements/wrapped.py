"""A VEX document as it travels: plain, in an in-toto statement, in a DSSE envelope, in a bundle.

Who signed an envelope is told beside what is in it; whether that counts, `trust` says.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from sbom.errors import InputError
from sbom.signing.dsse import unseal
from sbom.signing.keys import Signer, Verifier
from sbom.signing.statement import PAYLOAD_TYPE

PREDICATES = {
    "openvex": "https://openvex.dev/ns",
    "csaf": "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json",
    "cyclonedx": "https://cyclonedx.org/bom",
}
"""The predicate types under which documents are signed: cosign's, where it has one."""
ENVELOPE = frozenset({"payload", "payloadType", "signatures"})


class Opened(Struct, frozen=True, gc=False):
    """A document, whether it was in an envelope, and the ids of the keys that signed that."""

    data: bytes
    sealed: bool = False
    signed_by: tuple[str, ...] = ()


def opened(data: bytes, name: str, verifiers: Sequence[Verifier] = ()) -> Opened:
    """Return the document that is in `data`, which may be the document itself.

    verifiers: keys to look for among the signatures.

    Raises:
        InputError: where it is an envelope or a statement that cannot be read.
    """
    outer = _object(data)
    if isinstance(outer.get("dsseEnvelope"), dict):
        outer = outer["dsseEnvelope"]
        data = msgspec.json.encode(outer)
    if not outer.keys() >= ENVELOPE:
        return Opened(_predicate(data, name) if "predicateType" in outer else data)
    kind = outer["payloadType"]
    if not isinstance(kind, str):
        raise InputError(f"{name}: its payloadType is no text", "name a signed document")
    unsealed = unseal(data, name, kind, verifiers)
    payload = unsealed.payload
    return Opened(
        data=_predicate(payload, name) if kind == PAYLOAD_TYPE else payload,
        sealed=True,
        signed_by=unsealed.signed_by,
    )


def signed(data: bytes, name: str, subject: str, signer: Signer) -> bytes:
    """Return the envelope of a VEX document, signed, as a statement about `subject`, a digest.

    Raises:
        InputError: where it is no VEX document in JSON.
    """
    from gate.vex import format_of
    from sbom.signing.dsse import seal
    from sbom.signing.statement import about, write

    if data.lstrip()[:1] == b"<":
        hint = "convert it first: lading vex convert -o cyclonedx=FILE"
        raise InputError(f"{name}: XML cannot be signed here", hint)
    format_, document = format_of(data, name)
    subjects = (about(subject, name),)
    statement = write(subjects, PREDICATES[format_], msgspec.json.encode(document))
    return seal(statement, PAYLOAD_TYPE, [signer])


def _predicate(payload: bytes, name: str) -> bytes:
    from sbom.signing.statement import read

    return bytes(read(payload, name).predicate)


def _object(data: bytes) -> dict[str, Any]:
    """Return the outermost object, none where it is no JSON; the reader of the format says why."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
