"""Say of each VEX statement which findings it decides, or what keeps it from any."""

from typing import Annotated

from msgspec import Meta

from lading.options import BaseOf, Discover, TrustFile, VexNames
from lading.subject import Reading, SubjectName

ARGUMENTS = ("subject",)
FORMATS = ("text", "json")


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading vex why`."""

    subject: SubjectName
    vex: VexNames = ()
    vex_discover: Discover = False
    vex_key: TrustFile = ""
    product: Annotated[str, Meta(description="Product the VEX statements are about.")] = ""
    base: BaseOf = ""
    advisories: Annotated[
        str, Meta(description="Use these raw advisories alone, without a store.")
    ] = ""
    now: Annotated[str, Meta(description="The time by which statements end, not the clock's.")] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)


def run(options: Options) -> int:
    """Match the subject, apply the statements together, and print the account of each."""
    from gate.statements.accounts import render_json, render_text
    from lading.basing import read_named
    from lading.judging import open_advisories
    from lading.output import wanted, write_all
    from lading.subject import load_sbom
    from lading.vex.applying import apply_vex
    from lading.vex.gathering import gather
    from match.resolve import resolve
    from sbom.errors import InputError

    outputs = wanted(options.output, FORMATS)
    if not (options.vex or options.vex_discover):
        raise InputError("no VEX document is named", "name one: --vex FILE, or --vex-discover")
    sbom, _ = load_sbom(options.subject, options)
    told = gather(
        options.vex, options.vex_key, options.subject, sbom, options, discover=options.vex_discover
    )
    with open_advisories(options.advisories, options.db) as advisories:
        findings = resolve(sbom, advisories).findings
    _, applications = apply_vex(
        findings,
        told.statements,
        sbom,
        product=options.product,
        base=read_named(options.base, options),
        now=options.now,
        reading=options,
    )
    renderers = {"text": render_text, "json": render_json}
    write_all(outputs, lambda name, _: renderers[name](applications, told.problems))
    return 0
