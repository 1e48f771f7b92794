"""EU Cyber Resilience Act, Annex I part II (1): machine-readable, the top level at least.

The regulation names no fields. Beside its own words we ask for what identifying a component, and
telling which product the document is of, cannot do without; an implementing act may ask for more.
"""

from sbom.profiles import Element

TITLE = "Regulation (EU) 2024/2847 (Cyber Resilience Act), Annex I, Part II, point (1)"
SOURCE = "Official Journal of the European Union, 20 November 2024"
POINT = "Annex I, Part II (1)"

ELEMENTS = (
    Element(
        id="format",
        title="a commonly used format that machines read",
        section=POINT,
        of="document",
        asks="format",
        holds=frozenset({"CycloneDX", "SPDX"}).__contains__,
        must="CycloneDX or SPDX",
    ),
    Element(
        id="top-level",
        title="at least the top-level dependencies of the product",
        section=POINT,
        of="document",
        asks="top-level",
    ),
    Element(
        id="product",
        title="which product the document is of",
        section=f"{POINT}; Annex VII (8)",
        of="document",
        asks="product",
    ),
    Element(
        id="component-name",
        title="the component's name",
        section=f"{POINT}: identify components",
        of="component",
        asks="name",
    ),
    Element(
        id="version",
        title="the component's version",
        section=f"{POINT}: identify components",
        of="component",
        asks="version",
        unknown=True,
    ),
    Element(
        id="identifier",
        title="a name that vulnerability databases know it by",
        section=f"{POINT}: identify vulnerabilities",
        of="component",
        asks="identifier",
        unknown=True,
    ),
)
