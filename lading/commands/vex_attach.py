"""Attach a VEX document to an image in a registry, as an OCI referrer; signed, if asked."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

from lading.keys import SignKey
from lading.options import CaFile, Insecure
from lading.reaching import reach

ARGUMENTS = ("image", "document")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading vex attach`."""

    image: Annotated[str, Meta(description="REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST.")]
    document: Annotated[str, Meta(description="A VEX document in JSON, or a signed one.")]
    sign: SignKey = ""
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    insecure: Insecure = False
    ca_file: CaFile = ""


def run(options: Options) -> int:
    """Print the name of the manifest that now refers to the image."""
    from gate.statements.wrapped import opened, signed
    from gate.vex import faults, format_of
    from lading.keys import read_signer
    from sbom.errors import InputError
    from sbom.registry.sboms import at_manifest
    from sbom.registry.vex import attach_vex, subject_of

    with open(options.document, "rb") as stream:
        data = stream.read()
    inner = opened(data, options.document)
    if inner.sealed and options.sign:
        raise InputError(f"{options.document}: it is signed already", "leave --sign out")
    if inner.data.lstrip()[:1] == b"<":
        hint = "convert it first: lading vex convert -o cyclonedx=FILE"
        raise InputError(f"{options.document}: VEX is attached in JSON", hint)
    format_, _ = format_of(inner.data, options.document)
    for fault in faults(inner.data)[:1]:
        told = f"{options.document}: not valid: {fault.place}: {fault.what}"
        raise InputError(told, "see `lading vex lint`")
    access = reach(insecure=options.insecure, ca_file=options.ca_file)
    subject = subject_of(options.image, platform=options.platform, access=access)
    if options.sign:
        data = signed(data, options.document, subject, read_signer(options.sign))
    sealed = inner.sealed or options.sign
    done = attach_vex(options.image, subject, data, "" if sealed else format_, access=access)
    sys.stdout.write(at_manifest(options.image, done) + "\n")
    return 0
