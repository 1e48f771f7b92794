"""An SBOM in an attestation: an in-toto Statement, plain, in a DSSE envelope or Sigstore bundle.

The document is taken out and read as any other; who signed it is not asked here, and the format
that the SBOM tells says so.
"""

import msgspec
from msgspec import Raw, Struct

from sbom.documents.decoding import decode_json
from sbom.errors import InputError
from sbom.model import Fault, Sbom

HINT = "give an attestation of a CycloneDX or SPDX document"


class Outer(Struct, gc=False):
    """The members by which the three forms are told apart."""

    payload: str | None = None
    dsseEnvelope: Raw = Raw()  # noqa: N815 (Sigstore's word)


class OldPredicate(Struct, gc=False):
    """What cosign wrote before predicates had types of their own."""

    Data: Raw


def read(data: bytes, name: str) -> Sbom:
    """Read the SBOM document that an attestation carries.

    Raises:
        InputError: where it is no attestation, or not of an SBOM.
    """
    from sbom.formats import read as read_any

    sbom = read_any(carried(data, name), name)
    return msgspec.structs.replace(sbom, format=f"in-toto, unverified: {sbom.format}")


def faults(data: bytes) -> list[Fault]:
    """Return where the document in the attestation breaks its own format."""
    from sbom.formats import faults as faults_of_any

    found = faults_of_any(carried(data, "document"))
    return [Fault(place=f"predicate.{f.place}".rstrip("."), what=f.what) for f in found]


def carried(data: bytes, name: str) -> bytes:
    """Return the document: the predicate, or the text that the predicate is.

    Raises:
        InputError: where it is no attestation, or not of an SBOM.
    """
    from sbom.formats import is_attestation
    from sbom.signing.statement import read as read_statement

    statement = read_statement(_payload(data, name), name)
    document = _text(bytes(statement.predicate))
    if document.startswith(b"{") and b'"Data"' in document[:64]:
        try:
            document = _text(bytes(msgspec.json.decode(document, type=OldPredicate).Data))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise InputError(f"{name}: the predicate is no document", HINT) from None
    if not document.startswith((b"{", b"<", b"SPDXVersion:")) or is_attestation(document, name):
        kind = statement.predicate_type[:100]
        raise InputError(f"{name}: an attestation of {kind!r}, which is no SBOM", HINT)
    return document


def _payload(data: bytes, name: str) -> bytes:
    """Return the statement, out of its envelope where it is in one."""
    from sbom.signing.dsse import unseal
    from sbom.signing.statement import PAYLOAD_TYPE

    try:
        outer = decode_json(data, Outer, name)
    except msgspec.ValidationError as error:
        raise InputError(f"{name}: no attestation: {error}", HINT) from None
    if bytes(outer.dsseEnvelope):
        return unseal(bytes(outer.dsseEnvelope), name, PAYLOAD_TYPE, ()).payload
    if outer.payload is not None:
        return unseal(data, name, PAYLOAD_TYPE, ()).payload
    return data


def _text(value: bytes) -> bytes:
    """Return what a JSON text says; any other JSON as it is."""
    if not value.startswith(b'"'):
        return value
    try:
        return msgspec.json.decode(value, type=str).lstrip().encode()
    except (msgspec.MsgspecError, UnicodeError):
        return b""
