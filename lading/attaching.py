"""SBOMs beside their image in a registry: as referrers and, signed, in an attestation.

The document goes up first. What breaks off between the two leaves an SBOM without a signature,
which nobody trusts, and never a signature of something that is not there.
"""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.keys import SignKey, read_signer
from sbom.errors import InputError
from sbom.model import Digest, Sbom

if TYPE_CHECKING:
    from sbom.signing.keys import Signer
    from sbom.web.access import Access

TITLE = "sbom.intoto.json"
Sign = Annotated[
    SignKey, Meta(description="Sign it too, with this private key (PEM; cosign's are read).")
]
Attestation = Annotated[str, Meta(description="Write the signed SBOM (DSSE) to this file.")]


def signer_of(sign: str, *, attach: bool, attestation: str) -> "Signer | None":
    """Return who signs the SBOM, None where nobody; refuse first what cannot come out."""
    if attestation and not sign:
        raise InputError("only a signed SBOM is an attestation", "add --sign KEY")
    if sign and not (attach or attestation):
        raise InputError("the signed SBOM would go nowhere", "add --attach or --attestation FILE")
    return read_signer(sign) if sign else None


def sealed(sbom: Sbom, document: bytes, signer: "Signer", name: str, of: Digest | None) -> bytes:
    """Return an SBOM document, read as `sbom`, in a signed envelope.

    of: the manifest it is about; else the image that the SBOM says it is of.
    """
    from sbom.signing.dsse import seal
    from sbom.signing.sboms import statement_of
    from sbom.signing.statement import PAYLOAD_TYPE

    digest = of or sbom.subject.manifest or sbom.subject.image_id
    if not digest:
        raise InputError("the SBOM names no image by digest", "attach it: lading sbom attach")
    payload = statement_of(document, _format(sbom), digest, name)
    return seal(payload, PAYLOAD_TYPE, [signer])


def attach_document(
    reference: str,
    sbom: Sbom,
    document: bytes,
    signer: "Signer | None",
    *,
    platform: str = "",
    access: "Access",
) -> list[Digest]:
    """Attach a document, read as `sbom`, to its image; return what refers to the image now."""
    from sbom.registry.attestations import attach_attestation
    from sbom.registry.sboms import attach_sbom
    from sbom.signing.sboms import check_format

    if signer:
        check_format(_format(sbom))
    done = attach_sbom(reference, sbom, document, platform=platform, access=access)
    if signer is None:
        return [done.digest]
    envelope = sealed(sbom, document, signer, sbom.subject.name or reference, done.subject)
    signed = attach_attestation(reference, done.subject, envelope, TITLE, access=access)
    return [done.digest, signed]


def _format(sbom: Sbom) -> str:
    return sbom.format.partition(" ")[0]
