"""List the SBOMs attached to an image in a registry, or fetch one as it was attached."""

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.options import CaFile, Insecure
from lading.reaching import reach
from lading.trusting import Days
from sbom.errors import InputError

if TYPE_CHECKING:
    from lading.output import Wanted
    from sbom.signing.sboms import Weighed
    from sbom.web.access import Access

UNTRUSTED = 1
ARGUMENTS = ("image",)
FORMATS = ("document", "table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom pull`."""

    image: Annotated[str, Meta(description="REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST.")]
    output: Annotated[
        tuple[str, ...],
        Meta(description="document[=FILE]: the SBOM itself; table, json: which there are."),
    ] = ("document",)
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    format: Annotated[str, Meta(description="The format wanted, as cyclonedx-json.")] = ""
    digest: Annotated[str, Meta(description="The one wanted, by the start of its digest.")] = ""
    key: Annotated[
        str,
        Meta(description="Only a signed one counts: of this key (PEM), or of a trust file (YAML)."),
    ] = ""
    max_age: Annotated[Days | None, Meta(description="Days a signed one may be old.")] = None
    tool: Annotated[
        tuple[str, ...], Meta(description="Only a signed one that this tool made (`*`: any).")
    ] = ()
    insecure: Insecure = False
    ca_file: CaFile = ""
    now: Annotated[str, Meta(description="The time ages are told by, instead of the clock.")] = ""


def run(options: Options) -> int:
    """Write the document's own bytes; with `--key`, those of the newest SBOM that is trusted.

    Exit 1 where none is.
    """
    from lading.output import wanted
    from sbom.registry.sboms import MEDIA_TYPES

    if options.format and options.format not in MEDIA_TYPES:
        told = f"--format {options.format}: no SBOM is attached as that"
        raise InputError(told, f"one of {', '.join(MEDIA_TYPES)}")
    outputs = wanted(options.output, FORMATS)
    return _signed(options, outputs) if options.key else _attached(options, outputs)


def _attached(options: Options, outputs: "tuple[Wanted, ...]") -> int:
    from lading.output import write_all
    from lading.table import table
    from sbom.registry.sboms import Shelf

    if options.tool or options.max_age is not None:
        raise InputError("--max-age and --tool are about signed SBOMs", "give a --key")
    shelf = Shelf(options.image, platform=options.platform, access=_access(options))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "document":
            return shelf.read(shelf.choose(options.digest, options.format))
        if name == "json":
            shown = ("digest", "format", "subject")
            sboms = [{key: getattr(each, key) for key in shown} for each in shelf.sboms]
            return msgspec.json.encode({"sboms": sboms}, order="sorted") + b"\n"
        rows = [(each.digest, each.format, each.subject) for each in shelf.sboms]
        return table(("digest", "format", "attached to"), rows, [f"{len(rows)} SBOMs"])

    write_all(outputs, render)
    return 0


def _signed(options: Options, outputs: "tuple[Wanted, ...]") -> int:
    from lading.output import write_all
    from lading.table import table
    from lading.trusting import why_not
    from sbom.signing.sboms import choose

    weighed = _weighed(options)
    chosen = choose(weighed)
    if chosen is None and any(name == "document" for name, _ in outputs):
        sys.stderr.write(f"refused: no attached SBOM is trusted{why_not(weighed)}\n")
        return UNTRUSTED

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "document":
            return chosen.document if chosen else b""
        if name == "json":
            return msgspec.json.encode({"sboms": list(map(_listed, weighed))}) + b"\n"
        rows = [(w.name[:19], ", ".join(w.signed_by), w.made, w.because) for w in weighed]
        heads = ("digest", "signed by", "made", "why it does not count")
        return table(heads, rows, [f"{len(rows)} signed SBOMs"])

    write_all(outputs, render)
    if chosen:
        sys.stderr.write(f"signed by {', '.join(chosen.signed_by)} ({chosen.name[:19]})\n")
    return 0 if chosen else UNTRUSTED


def _listed(weighed: "Weighed") -> dict[str, object]:
    return {
        "because": weighed.because,
        "digest": weighed.name,
        "made": weighed.made or None,
        "signed_by": weighed.signed_by,
        "trusted": not weighed.because,
    }


def _weighed(options: Options) -> "tuple[Weighed, ...]":
    """Look at the signed SBOMs of the image, of the digest and format that were asked for."""
    from lading.clock import now
    from lading.subject import Reading, opened_image
    from lading.trusting import signed_sboms
    from sbom.signing.sboms import PREDICATES, Demands, weigh
    from sbom.signing.trust import read_trust

    if options.format and options.format not in PREDICATES:
        told = f"--format {options.format}: such an SBOM is never signed"
        raise InputError(told, f"one of {', '.join(PREDICATES)}")
    trusted = read_trust(options.key)
    reading = Reading(platform=options.platform, insecure=options.insecure, ca_file=options.ca_file)
    image = opened_image(options.image, reading)
    demands = Demands(
        subject=image.subject, now=now(options.now), days=options.max_age, tools=options.tool
    )
    start = options.digest if options.digest.startswith("sha256:") else f"sha256:{options.digest}"
    envelopes = signed_sboms(image, options.image, reading)
    asked = [each for each in envelopes if not options.digest or each[0].startswith(start)]
    return tuple(
        each
        for each in weigh(asked, trusted, demands)
        if not options.format or each.sbom is None or options.format in each.sbom.format
    )


def _access(options: Options) -> "Access":
    return reach(insecure=options.insecure, ca_file=options.ca_file)
