"""Read an image layer by layer and write its SBOM."""

import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.attaching import Attestation, Sign, signer_of
from lading.basing import BaseName
from lading.reaching import reach
from lading.subject import AllPlatforms, ImageName, Reading, read_image, read_opened
from sbom.errors import InputError
from sbom.model import Digest, Sbom

if TYPE_CHECKING:
    from lading.output import Wanted
    from sbom.signing.keys import Signer

ARGUMENTS = ("image",)


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom generate`."""

    image: ImageName
    all_platforms: AllPlatforms = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[@VERSION][=FILE] of the SBOM.")] = (
        "cyclonedx-json",
    )
    base: BaseName = ""
    author: Annotated[
        tuple[str, ...], Meta(description="Who makes the document (or LADING_AUTHOR).")
    ] = ()
    attach: Annotated[
        bool, Meta(description="Attach it to the image in its registry, in the first format.")
    ] = False
    sign: Sign = ""
    attestation: Attestation = ""
    now: Annotated[
        str, Meta(description="When a signed SBOM says it was made, instead of the clock.")
    ] = ""


class Written(Struct, frozen=True, kw_only=True):
    """How SBOMs are written and attached. made: what they say of when, empty for nothing."""

    outputs: "tuple[Wanted, ...]"
    made: str
    signer: "Signer | None"


def run(options: Options) -> int:
    """Write the SBOM in every format asked for; a signed one says when it was made."""
    from lading.clock import now, source_date
    from lading.output import wanted
    from sbom.formats import WRITTEN
    from sbom.sources import in_registry

    outputs = wanted(options.output, tuple(WRITTEN))
    if options.attach and not in_registry(options.image):
        raise InputError(f"{options.image}: --attach wants an image in a registry", "push it first")
    if options.all_platforms and options.base:
        raise InputError("--base is of one platform", "name the image's with --platform")
    signer = signer_of(options.sign, attach=options.attach, attestation=options.attestation)
    made = now(options.now) if signer else source_date()
    written = Written(outputs=outputs, made=made, signer=signer)
    return _all(options, written) if options.all_platforms else _one(options, written)


def _one(options: Options, written: Written) -> int:
    from lading.basing import read_named, with_known_base
    from lading.output import write_all
    from sbom.formats import write

    sbom, _ = read_image(options.image, options)
    if options.base:
        sbom = with_known_base(sbom, read_named(options.base, options), options)
    sbom = _by_authors(sbom, options.author)
    _publish(options, written, sbom, options.attestation)
    write_all(written.outputs, lambda name, _terminal: write(sbom, name, timestamp=written.made))
    return 0


def _all(options: Options, written: Written) -> int:
    """Write, and attach, the SBOM of each platform."""
    from lading.platforms import PLACE, each_platform, file_names, write_each
    from sbom.formats import write

    if options.attestation and PLACE not in options.attestation:
        told = f"--attestation {options.attestation}: there is a file for each platform"
        raise InputError(told, f"put {PLACE} into its name")
    opened = each_platform(options.image, options, written.outputs)
    sboms = [_by_authors(read_opened(image, options)[0], options.author) for image in opened.images]
    subjects = [sbom.subject for sbom in sboms]
    for sbom, name in zip(sboms, file_names(subjects), strict=True):
        _publish(options, written, sbom, options.attestation.replace(PLACE, name))
    write_each(
        written.outputs,
        subjects,
        lambda name, number, _: write(sboms[number], name, timestamp=written.made),
    )
    for other in opened.others:
        sys.stderr.write(f"left out: {other}\n")
    return 0


def _by_authors(sbom: Sbom, authors: tuple[str, ...]) -> Sbom:
    """Return the SBOM with the names of who makes the document."""
    from msgspec.structs import replace

    from sbom.documents.decoding import AUTHOR

    named = {(AUTHOR, name) for name in authors if name}
    return replace(sbom, facts=tuple(sorted({*sbom.facts, *named}))) if named else sbom


def _publish(options: Options, written: Written, sbom: Sbom, attestation: str) -> None:
    """Attach what is written to the manifest that was read, wherever its tag points by now."""
    from lading.attaching import attach_document, sealed
    from lading.output import write_file
    from lading.subject import read_document
    from sbom.formats import write
    from sbom.registry.sboms import at_manifest

    if not (options.attach or attestation):
        return
    document = write(sbom, written.outputs[0][0], timestamp=written.made)
    as_read, _ = read_document(document, "the SBOM")
    if attestation and written.signer:
        write_file(attestation, sealed(as_read, document, written.signer, sbom.subject.name, None))
    if options.attach:
        image = at_manifest(options.image, sbom.subject.manifest or Digest(""))
        access = reach(insecure=options.insecure, ca_file=options.ca_file)
        attach_document(image, as_read, document, written.signer, access=access)
