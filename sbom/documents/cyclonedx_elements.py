"""A CycloneDX document as the elements of its XML form, in the order that its schemas want."""

import re
from collections.abc import Iterable, Iterator

from sbom.documents.cyclonedx import Bom, Dependency, Item, LicenseChoice, Occurrence
from sbom.documents.cyclonedx_written import Composition, Tool, Tools, Written, WrittenBom
from sbom.documents.dialects import Property
from sbom.documents.xml_text import MARK, attribute, content

PURL = re.compile(
    r"pkg:[A-Za-z0-9.+\-]+/(?:[A-Za-z0-9._~:/?@!$&'()*+,;=\-]|%[0-9A-Fa-f]{2})+"
    r"(?:#(?:[A-Za-z0-9._~:/?@!$&'()*+,;=\-]|%[0-9A-Fa-f]{2})*)?"
)
WORD = r"(?:\?*|\*?)(?:[a-zA-Z0-9\-._]|\\[\\*?!\"#$%&'()+,/:;<=>@\[\]^`{|}~])+(?:\?*|\*?)"
CPE = re.compile(
    rf"cpe:2\.3:[aho*\-](?::(?:{WORD}|[*\-])){{5}}(?::(?:[a-zA-Z]{{2,3}}(?:-(?:[a-zA-Z]{{2}}|[0-9]{{3}}))?|[*\-]))"
    rf"(?::(?:{WORD}|[*\-])){{4}}|cpe:/[aho]?(?::[a-zA-Z0-9._\-~%]*){{0,6}}"
)
"""What the XML schemas take for a package URL and a CPE; other texts become properties."""


def elements(bom: Bom) -> str:
    """Return the elements within `bom`, a line for each component and dependency."""
    metadata = bom.metadata if isinstance(bom.metadata, Written) else Written()
    return "".join(
        [
            *_metadata(metadata),
            "<components>\n",
            *[_component(item) for item in bom.components or ()],
            "</components>\n",
            *_dependencies(bom.dependencies or ()),
            *_compositions((isinstance(bom, WrittenBom) and bom.compositions) or ()),
        ]
    )


def _metadata(metadata: Written) -> Iterator[str]:
    yield "<metadata>\n"
    yield _text("timestamp", metadata.timestamp)
    if metadata.lifecycles:
        phases = "".join(f"<phase>{each.phase}</phase>" for each in metadata.lifecycles)
        yield f"<lifecycles><lifecycle>{phases}</lifecycle></lifecycles>\n"
    yield "<tools>"
    if isinstance(metadata.tools, Tools):
        yield f"<components>{''.join(map(_component, metadata.tools.components))}</components>"
    else:
        for tool in metadata.tools or ():
            yield _tool(tool)
    yield "</tools>\n"
    if metadata.authors:
        named = "".join(f"<author>{_text('name', each.name)}</author>" for each in metadata.authors)
        yield f"<authors>{named}</authors>\n"
    if metadata.component:
        product = metadata.component
        product.properties = [Property(*MARK), *(product.properties or ())]
        yield _component(product)
    yield "</metadata>\n"


def _tool(tool: Tool) -> str:
    return f"<tool>{_text('name', tool.name)}{_text('version', tool.version)}</tool>"


def _component(item: Item) -> str:
    purl, cpe, properties = _fitting(item)
    ref = f' bom-ref="{attribute(item.bom_ref)}"' if item.bom_ref else ""
    return "".join(
        [
            f'<component type="{item.type}"{ref}>',
            f"<supplier>{_text('name', item.supplier.name)}</supplier>" if item.supplier else "",
            f"<manufacturer>{_text('name', item.manufacturer.name)}</manufacturer>"
            if item.manufacturer
            else "",
            _text("author", item.author),
            _text("publisher", item.publisher),
            _text("group", item.group),
            f"<name>{content(item.name or '')}</name>",
            _text("version", item.version),
            _text("description", item.description),
            _text("scope", item.scope),
            *_list(
                "hashes",
                [f'<hash alg="{h.alg}">{h.content}</hash>' for h in item.hashes or ()],
            ),
            *_list("licenses", [_license(choice) for choice in item.licenses or ()]),
            _text("cpe", cpe),
            _text("purl", purl),
            *_list("properties", [_property(one) for one in properties]),
            *_occurrences((item.evidence and item.evidence.occurrences) or ()),
            "</component>\n",
        ]
    )


def _fitting(item: Item) -> tuple[str | None, str | None, list[Property]]:
    """Return purl and CPE where the schema takes them, else among the properties."""
    purl, cpe, kept = item.purl, item.cpe, []
    if purl and not PURL.fullmatch(purl):
        kept.append(Property("lading:purl", purl))
        purl = None
    if cpe and not CPE.fullmatch(cpe):
        kept.append(Property("lading:cpe", cpe))
        cpe = None
    return purl, cpe, kept + (item.properties or [])


def _license(choice: LicenseChoice) -> str:
    if choice.license is None:
        return _text("expression", choice.expression)
    inner = _text("id", choice.license.id) or f"<name>{content(choice.license.name or '')}</name>"
    return f"<license>{inner}</license>"


def _property(one: Property) -> str:
    return f'<property name="{attribute(one.name or "")}">{content(one.value or "")}</property>'


def _occurrences(places: Iterable[Occurrence]) -> Iterator[str]:
    told = [
        f"<occurrence>{_text('location', place.location)}"
        f"{_text('additionalContext', place.additionalContext)}</occurrence>"
        for place in places
    ]
    if told:
        yield f"<evidence><occurrences>{''.join(told)}</occurrences></evidence>"


def _dependencies(needs: Iterable[Dependency]) -> Iterator[str]:
    told = []
    for one in needs:
        inner = "".join(f'<dependency ref="{attribute(ref)}"/>' for ref in one.dependsOn or ())
        told.append(f'<dependency ref="{attribute(one.ref or "")}">{inner}</dependency>\n')
    yield from _list("dependencies", told)


def _compositions(stated: Iterable[Composition]) -> Iterator[str]:
    for one in stated:
        refs = "".join(f'<dependency ref="{attribute(ref)}"/>' for ref in one.dependencies)
        yield (
            f"<compositions><composition><aggregate>{one.aggregate}</aggregate>"
            f"<dependencies>{refs}</dependencies></composition></compositions>\n"
        )


def _list(tag: str, inner: list[str]) -> Iterator[str]:
    if inner:
        yield f"<{tag}>{''.join(inner)}</{tag}>"


def _text(tag: str, text: str | None) -> str:
    return f"<{tag}>{content(text)}</{tag}>" if text else ""
