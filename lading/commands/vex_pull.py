"""List the VEX documents attached to an image in a registry, or fetch one."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from lading.options import CaFile, Insecure, TrustFile
from lading.reaching import reach
from sbom.errors import InputError, LadingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sbom.registry.vex import Found
    from sbom.signing.trust import Trusted

ARGUMENTS = ("image",)
FORMATS = ("document", "envelope", "table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading vex pull`."""

    image: Annotated[str, Meta(description="REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST.")]
    output: Annotated[
        tuple[str, ...],
        Meta(
            description="document[=FILE]: the VEX itself; envelope: as it is attached;"
            " table, json: which there are."
        ),
    ] = ("document",)
    vex_key: TrustFile = ""
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    digest: Annotated[str, Meta(description="The one wanted, by the start of its digest.")] = ""
    insecure: Insecure = False
    ca_file: CaFile = ""


class Listed(Struct, frozen=True, kw_only=True):
    """One document that is attached, and what is in it."""

    digest: str
    subject: str
    format: str
    signed: bool
    signed_by: tuple[str, ...]
    statements: int
    data: bytes
    envelope: bytes


def run(options: Options) -> int:
    """Write the document; with a key it has to be signed by that."""
    from lading.output import wanted, write_all
    from lading.table import table
    from sbom.registry.vex import Found, attached_vex
    from sbom.signing.trust import read_trust

    outputs = wanted(options.output, FORMATS)
    keys = read_trust(options.vex_key) if options.vex_key else ()
    access = reach(insecure=options.insecure, ca_file=options.ca_file)
    there = attached_vex(options.image, platform=options.platform, access=access)
    lost = [f"{each.where}: {each.what}" for each in there if not isinstance(each, Found)]
    documents = []
    for each in there:
        if isinstance(each, Found):
            found = _listed(each, keys)
            if isinstance(found, Listed):
                documents.append(found)
            elif found:
                lost.append(found)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "document":
            return _chosen(documents, options).data
        if name == "envelope":
            return _chosen(documents, options).envelope
        if name == "json":
            shown = {"documents": [_shown(each) for each in documents], "problems": lost}
            return msgspec.json.encode(shown, order="sorted") + b"\n"
        rows = [(d.digest, d.format, str(d.statements), _signers(d), d.subject) for d in documents]
        head = ("digest", "format", "statements", "signed by", "attached to")
        return table(head, rows, [f"{len(rows)} documents", *lost])

    write_all(outputs, render)
    return 0


def _listed(found: "Found", keys: "Sequence[Trusted]") -> Listed | str:
    """Return a document that is VEX; why it cannot be read; nothing where it is something else."""
    from gate.statements.trust import weighed
    from gate.statements.wrapped import opened
    from gate.vex import format_of, read, speaks

    try:
        inner = opened(found.data, found.digest, [each.verifier for each in keys])
        if not speaks(inner.data):
            return ""
        format_, _ = format_of(inner.data, found.digest)
        statements = weighed(read(inner.data, found.digest)[0], inner, keys)
    except LadingError as error:
        return error.message
    return Listed(
        digest=found.digest,
        subject=found.subject,
        format=format_,
        signed=inner.sealed,
        signed_by=tuple(sorted({name for each in statements for name in each.signed_by})),
        statements=len(statements),
        data=inner.data,
        envelope=found.data,
    )


def _chosen(documents: list[Listed], options: Options) -> Listed:
    """Return the one document meant."""
    start = options.digest if ":" in options.digest else f"sha256:{options.digest}"
    fitting = [each for each in documents if each.digest.startswith(start)]
    if options.vex_key:
        fitting = [each for each in fitting if each.signed_by]
    if len(fitting) == 1:
        return fitting[0]
    there = ", ".join(f"{each.digest[:19]} ({each.format})" for each in fitting or documents)
    if not fitting:
        wanted = " signed by a key of yours" if options.vex_key else ""
        hint = f"there are {there}" if there else "attach one: lading vex attach"
        raise InputError(f"{options.image}: no VEX document{wanted} is attached", hint)
    raise InputError(f"{options.image}: {len(fitting)} are attached: {there}", "choose: --digest")


def _shown(document: Listed) -> dict[str, Any]:
    members = ("digest", "subject", "format", "signed", "signed_by", "statements")
    return {name: getattr(document, name) for name in members}


def _signers(document: Listed) -> str:
    if document.signed_by:
        return ", ".join(document.signed_by)
    return "a key not named" if document.signed else "nobody"
