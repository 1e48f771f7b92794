"""NTIA 2021: the seven data fields, and what a document can show of automation and practices."""

from sbom.elements.stated import is_time
from sbom.profiles import Element

TITLE = "The Minimum Elements For a Software Bill of Materials"
SOURCE = "US Department of Commerce, NTIA, 12 July 2021"
FIELDS = "Data Fields"

ELEMENTS = (
    Element(
        id="supplier",
        title="who made the component",
        section=f"{FIELDS}: Supplier Name",
        of="component",
        asks="producer",
        unknown=True,
    ),
    Element(
        id="component-name",
        title="the component's name",
        section=f"{FIELDS}: Component Name",
        of="component",
        asks="name",
    ),
    Element(
        id="version",
        title="the component's version",
        section=f"{FIELDS}: Version of the Component",
        of="component",
        asks="version",
        unknown=True,
    ),
    Element(
        id="identifier",
        title="a purl, CPE, SWID tag or other name that databases know it by",
        section=f"{FIELDS}: Other Unique Identifiers",
        of="component",
        asks="identifier",
        unknown=True,
    ),
    Element(
        id="dependency",
        title="what the component is part of, or needed by",
        section=f"{FIELDS}: Dependency Relationship; Practices: Known Unknowns",
        of="component",
        asks="dependency",
        unknown=True,
    ),
    Element(
        id="author",
        title="who wrote the document",
        section=f"{FIELDS}: Author of SBOM Data",
        of="document",
        asks="author",
    ),
    Element(
        id="timestamp",
        title="when the document was made",
        section=f"{FIELDS}: Timestamp",
        of="document",
        asks="timestamp",
        holds=is_time,
        must="a date and time with its zone",
    ),
    Element(
        id="format",
        title="a format that machines read",
        section="Automation Support",
        of="document",
        asks="format",
        holds=frozenset({"CycloneDX", "SPDX"}).__contains__,
        must="CycloneDX or SPDX",
    ),
    Element(
        id="depth",
        title="at least the top-level components",
        section="Practices and Processes: Depth",
        of="document",
        asks="top-level",
    ),
)
