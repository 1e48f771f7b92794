"""Attach an SBOM document to its image in a registry, as an OCI referrer."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.attaching import Sign
from lading.options import CaFile, Insecure
from lading.reaching import reach

ARGUMENTS = ("image", "document")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom attach`."""

    image: Annotated[str, Meta(description="REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST.")]
    document: Annotated[str, Meta(description="An SBOM file of any known format.")]
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    sign: Sign = ""
    insecure: Insecure = False
    ca_file: CaFile = ""


def run(options: Options) -> int:
    """Print the names of the manifests that now refer to the image."""
    import sys

    from lading.attaching import attach_document, signer_of
    from lading.subject import read_document
    from sbom.registry.sboms import at_manifest

    signer = signer_of(options.sign, attach=True, attestation="")
    with open(options.document, "rb") as stream:
        data = stream.read()
    sbom, _ = read_document(data, options.document)
    done = attach_document(
        options.image,
        sbom,
        data,
        signer,
        platform=options.platform,
        access=reach(insecure=options.insecure, ca_file=options.ca_file),
    )
    sys.stdout.write("".join(f"{at_manifest(options.image, each)}\n" for each in done))
    return 0
