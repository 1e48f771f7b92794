"""Sign a VEX document: a DSSE envelope that counts wherever its key is trusted."""

from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("document",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading vex sign`."""

    document: Annotated[str, Meta(description="A VEX document in JSON.")]
    sign: Annotated[
        str, Meta(description="Sign with this private key (PEM; cosign's are read too).")
    ]
    subject: Annotated[
        str, Meta(description="Digest of the image it is about; the document's own if left out.")
    ] = ""
    output: Annotated[str, Meta(description="File to write; standard output if left out.")] = ""


def run(options: Options) -> int:
    """Write the envelope; what it holds is the document as it stands."""
    from gate.statements.wrapped import signed
    from lading.keys import read_signer
    from lading.output import put
    from sbom.errors import InputError
    from sbom.image.manifest import digest_of
    from sbom.image.streams import valid

    with open(options.document, "rb") as stream:
        data = stream.read()
    subject = options.subject or digest_of(data)
    if not valid(subject):
        raise InputError(f"{subject}: no sha256 or sha512 digest", "write sha256:DIGITS")
    envelope = signed(data, options.document, subject, read_signer(options.sign))
    put([(options.output, envelope + b"\n")])
    return 0
