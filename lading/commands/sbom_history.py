"""Show what each layer of an image did, by which Dockerfile step, and to which packages."""

from typing import Annotated

import msgspec
from msgspec import Meta

from lading.basing import BaseName, find_base, read_named
from lading.subject import Reading, SubjectName
from sbom.base import Base
from sbom.past import Past, past

ARGUMENTS = ("subject", "package")
FORMATS = ("table", "json")
WIDEST = 120
"""Characters of an instruction in the table; the JSON has it whole."""
BY = {"given": "as given", "chain": "by its layers", "label": "by the image's labels"}


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom history`."""

    subject: SubjectName
    package: Annotated[
        str, Meta(description="Only this package: its purl, with or without version, or its name.")
    ] = ""
    base: BaseName = ""
    all: Annotated[
        bool, Meta(description="List also what was introduced and never changed again.")
    ] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)


def run(options: Options) -> int:
    """Show the layers, lowest first, and what happened to the packages in them."""
    from lading.output import wanted, write_all
    from lading.subject import load_sbom

    outputs = wanted(options.output, FORMATS)
    sbom, _ = load_sbom(options.subject, options)
    told = past(sbom, find_base(sbom, read_named(options.base, options), options), options.package)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = {"schema": "lading-history/1", **msgspec.to_builtins(told)}
            return msgspec.json.encode(document, order="sorted") + b"\n"
        return _table(told, everything=options.all or bool(options.package))

    write_all(outputs, render)
    return 0


def _table(told: Past, *, everything: bool) -> bytes:
    """Return the layers, and under them the events: all of them, or only changes and removals."""
    from lading.table import table

    heads: tuple[str, ...] = (
        "layer",
        "step",
        "from",
        "introduced",
        "upgraded",
        "removed",
        "instruction",
    )
    rows = [
        (
            str(layer.number),
            _step(layer.step, told.steps),
            layer.origin if told.base else "",
            str(layer.introduced or ""),
            str(layer.upgraded or ""),
            str(layer.removed or ""),
            layer.created_by[:WIDEST],
        )
        for layer in told.layers
    ]
    whole = table(heads, rows, [_based(told.base)])
    changes = [
        (str(layer.number), each.event, *_named(each.purl), _named(each.replaces)[1], each.path)
        for layer in told.layers
        for each in layer.changes
        if everything or each.event != "introduced"
    ]
    if not changes:
        return whole
    heads = ("layer", "event", "package", "version", "was", "where")
    left = "" if everything else "; what was only introduced: --all"
    return whole + b"\n" + table(heads, changes, [f"events: {len(changes)}{left}"])


def _step(number: int, total: int) -> str:
    return f"{number} of {total}" if number and total else str(number or "")


def _based(base: Base | None) -> str:
    if base is None:
        return "base: unknown; name it with --base"
    name = " ".join(filter(None, (base.name, base.digest)))
    known = f"its layers: {base.layers}" if base.layers else "how many layers are its is not known"
    return f"base: {name} ({BY[base.by]}; {known})"


def _named(purl: str | None) -> tuple[str, str]:
    """Return a purl without version and qualifiers, and the version as people write it."""
    from sbom.purl import InvalidPurl, parse

    try:
        version = parse(purl or "").version
    except InvalidPurl:
        return purl or "", ""
    bare = (purl or "").partition("?")[0].partition("#")[0]
    return bare.rpartition("@")[0] if version else bare, version
