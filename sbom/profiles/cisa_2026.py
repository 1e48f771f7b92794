"""CISA 2026, which replaces NTIA 2021: nine elements of the document, eight of each component.

Signatures may stand beside a document (a DSSE envelope, a referrer); what is judged here is the
document alone.
"""

from sbom.elements.stated import has_uuid, is_time
from sbom.profiles import Element

TITLE = "2026 Minimum Elements for a Software Bill of Materials, v2.1"
SOURCE = "CISA, NSA, FBI and partners, 29 July 2026"
META, PART, WAYS = "SBOM Metadata", "Component Data", "Practices and Processes"
CONTEXTS = frozenset(
    {
        "design", "pre-build", "build", "post-build", "operations", "discovery", "decommission",
        "before build", "after build", "source", "analyzed", "deployed", "runtime",
    }
)  # fmt: skip
"""CycloneDX's phases, SPDX 3's kinds of SBOM, and the words of the document itself."""

ELEMENTS = (
    Element(
        id="author",
        title="who wrote the document",
        section=f"{META}: SBOM Author",
        of="document",
        asks="author",
    ),
    Element(
        id="signature",
        title="the author's signature",
        section=f"{META}: Author Signature",
        of="document",
        asks="signature",
    ),
    Element(
        id="format",
        title="which format the document has",
        section=f"{META}: Data Format Name; {WAYS}: Machine-Processable Data",
        of="document",
        asks="format",
        holds=frozenset({"CycloneDX", "SPDX"}).__contains__,
        must="CycloneDX or SPDX",
    ),
    Element(
        id="format-version",
        title="the format's version",
        section=f"{META}: Data Format Version",
        of="document",
        asks="format-version",
    ),
    Element(
        id="context",
        title="whether it was made before, in or after the build",
        section=f"{META}: Generation Context",
        of="document",
        asks="context",
        holds=lambda text: text.strip().lower() in CONTEXTS,
        must="a phase of the life cycle, such as build or post-build",
    ),
    Element(
        id="timestamp",
        title="when the document was made",
        section=f"{META}: Timestamp",
        of="document",
        asks="timestamp",
        holds=is_time,
        must="a time as RFC 9557 has it",
    ),
    Element(
        id="tool",
        title="the tool that made it",
        section=f"{META}: Tool Name",
        of="document",
        asks="tool",
    ),
    Element(
        id="tool-version",
        title="the tool's version",
        section=f"{META}: Tool Version",
        of="document",
        asks="tool-version",
    ),
    Element(
        id="sbom-version",
        title="which edition of the document this is",
        section=f"{META}: SBOM Version",
        of="document",
        asks="serial",
        holds=has_uuid,
        must="a serial number with a UUID (RFC 9562)",
    ),
    Element(
        id="producer",
        title="who made the component",
        section=f"{PART}: Software Producer",
        of="component",
        asks="producer",
        unknown=True,
    ),
    Element(
        id="component-name",
        title="the component's name",
        section=f"{PART}: Component Name",
        of="component",
        asks="name",
    ),
    Element(
        id="version",
        title="the component's version",
        section=f"{PART}: Component Version",
        of="component",
        asks="version",
        unknown=True,
    ),
    Element(
        id="identifier",
        title="at least one name that databases know it by",
        section=f"{PART}: Software Identifiers",
        of="component",
        asks="identifier",
        unknown=True,
    ),
    Element(
        id="hash",
        title="a hash of the component",
        section=f"{PART}: Component Hash Value",
        of="component",
        asks="hash",
        unknown=True,
    ),
    Element(
        id="hash-algorithm",
        title="the hash's algorithm",
        section=f"{PART}: Component Hash Algorithm",
        of="component",
        asks="hash-algorithm",
        unknown=True,
    ),
    Element(
        id="license",
        title="the licence it comes under",
        section=f"{PART}: License",
        of="component",
        asks="license",
        unknown=True,
    ),
    Element(
        id="dependency",
        title="what the component is part of, or needed by",
        section=f"{PART}: Dependency Relationship",
        of="component",
        asks="dependency",
        unknown=True,
    ),
    Element(
        id="coverage",
        title="the components are listed",
        section=f"{WAYS}: Coverage",
        of="document",
        asks="components",
    ),
)
