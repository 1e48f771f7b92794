"""Append a statement to an OpenVEX document: the document's next version."""

from typing import Annotated

from msgspec import Meta

from lading.vex.authoring import Stating, state

ARGUMENTS = ("document", "vulnerability")


class Options(Stating, frozen=True, kw_only=True):
    """Options of `lading vex add`."""

    document: Annotated[str, Meta(description="The OpenVEX document.")]
    vulnerability: Annotated[str, Meta(description="Its id: CVE, GHSA, DSA …")] = ""
    output: Annotated[
        tuple[str, ...], Meta(description="openvex[=FILE]; the document itself if left out.")
    ] = ()


def run(options: Options) -> int:
    """Write the next version; what the document held stays byte for byte what it said."""
    from msgspec.structs import replace

    from gate.vex import encode, faults, format_of
    from gate.vex.openvex import appended, write_statement
    from lading.output import wanted, write_all
    from sbom.errors import InputError

    with open(options.document, "rb") as stream:
        data = stream.read()
    format_, document = format_of(data, options.document)
    if format_ != "openvex":
        hint = "make OpenVEX of it: lading vex convert -o openvex=FILE"
        raise InputError(f"{options.document}: only OpenVEX is added to, not {format_}", hint)
    author = document.get("author")
    known = author if isinstance(author, str) else ""
    id_ = options.vulnerability or options.id
    statement = state(replace(options, id=id_, author=options.author or known))
    if write_statement(statement) is None:
        raise InputError("OpenVEX cannot name this product", "name it by purl, CPE, digest or IRI")
    if known and statement.author != known:
        told = f"Stated by {statement.author}."
        statement = replace(statement, notes=f"{statement.notes} {told}".strip())
    new = encode(appended(document, (statement,), statement.timestamp))
    if wrong := faults(new):
        what = f"{options.document} would not be valid: {wrong[0].place}: {wrong[0].what}"
        raise InputError(what, "see `lading vex lint`")
    outputs = options.output or (f"openvex={options.document}",)
    write_all(wanted(outputs, ("openvex",)), lambda *_: new)
    return 0
