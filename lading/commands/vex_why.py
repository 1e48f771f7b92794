"""Say of each VEX statement which findings it decides, or what keeps it from any."""

from typing import Annotated

from msgspec import Meta

from lading.subject import Reading, SubjectName

ARGUMENTS = ("subject",)
FORMATS = ("text", "json")


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading vex why`."""

    subject: SubjectName
    vex: Annotated[tuple[str, ...], Meta(description="VEX document to look at.")]
    product: Annotated[str, Meta(description="Product the VEX statements are about.")] = ""
    advisories: Annotated[
        str, Meta(description="Use these raw advisories alone, without a store.")
    ] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)


def run(options: Options) -> int:
    """Match the subject, apply the statements together, and print the account of each."""
    from gate.apply import apply
    from gate.statements.accounts import render_json, render_text
    from lading.converting import read_all
    from lading.judging import open_advisories
    from lading.output import wanted, write_all
    from lading.subject import load_sbom
    from match.resolve import resolve

    outputs = wanted(options.output, FORMATS)
    documents, problems = read_all(options.vex)
    statements = tuple(each for document in documents for each in document)
    sbom, _ = load_sbom(options.subject, options)
    with open_advisories(options.advisories, options.db) as advisories:
        findings = resolve(sbom, advisories).findings
    _, applications = apply(findings, statements, sbom, product=options.product or None)
    renderers = {"text": render_text, "json": render_json}
    write_all(outputs, lambda name, _: renderers[name](applications, problems))
    return 0
