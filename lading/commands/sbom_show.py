"""List the components of an SBOM as Lading reads them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from lading.subject import Reading, SubjectName
from sbom.model import Component, Sbom

ARGUMENTS = ("subject",)
FORMATS = ("table", "json")


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom show`."""

    subject: SubjectName
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)


def run(options: Options) -> int:
    """Show components in the order of the document."""
    from lading.output import wanted, write_all
    from lading.subject import load_sbom

    outputs = wanted(options.output, FORMATS)
    sbom, _ = load_sbom(options.subject, options)
    write_all(outputs, lambda name, _: _json(sbom) if name == "json" else _table(sbom))
    return 0


def _json(sbom: Sbom) -> bytes:
    document = {
        "components": [_component(component) for component in sbom.components],
        "facts": [{"name": name, "value": value} for name, value in sbom.facts],
        "problems": sbom.problems,
        "schema": "lading-components/1",
    }
    return msgspec.json.encode(document, order="sorted") + b"\n"


def _component(component: Component) -> dict[str, object]:
    return {
        "evidence": component.evidence,
        "layer": component.evidence[0].layer if component.evidence else None,
        "licenses": component.licenses,
        "name": component.name,
        "purl": component.purl or None,
        "version": component.version,
    }


def _table(sbom: Sbom) -> bytes:
    from lading.table import table
    from sbom.facts import facts_named

    numbers = {layer.diff_id: str(number) for number, layer in enumerate(sbom.layers, 1)}
    rows = [
        (
            c.purl.partition(":")[2].partition("/")[0],
            c.name,
            c.version,
            numbers.get(where.layer, "") if where and where.layer else "",
            where.path if where else "",
        )
        for c in sbom.components
        for where in [c.evidence[0] if c.evidence else None]
    ]
    lines = [f"{len(rows)} components of {sbom.subject.name or sbom.serial or 'the document'}"]
    lines += [f"{name}: {', '.join(facts_named(sbom.facts, name))}" for name in dict(sbom.facts)]
    lines += [f"problem: {p.where}: {p.what}" for p in sbom.problems]
    return table(("type", "name", "version", "layer", "where"), rows, lines)
