"""BSI TR-03183-2, version 2.1.0: the required fields; additional ones are told of where they are.

What CycloneDX has no member for is looked for in the properties of the BSI's own taxonomy.
"""

from sbom.elements.stated import (
    at_least,
    is_address,
    is_contact,
    is_license_term,
    is_sha512,
    is_time,
)
from sbom.profiles import Element

TITLE = "Technical Guideline TR-03183-2: Cyber Resilience Requirements, Part 2: SBOM, v2.1.0"
SOURCE = "Bundesamt für Sicherheit in der Informationstechnik, 20 August 2025"

FORMATS = (("CycloneDX", "1.6"), ("SPDX", "3.0.1"))

ELEMENTS = (
    Element(
        id="format",
        title="CycloneDX 1.6 or SPDX 3.0.1, or later",
        section="4",
        of="document",
        asks="format-and-version",
        holds=lambda text: any(at_least(text, *lowest) for lowest in FORMATS),
        must="CycloneDX from 1.6 or SPDX from 3.0.1",
    ),
    Element(
        id="sbom-creator",
        title="how to reach who made the document",
        section="5.2.1",
        of="document",
        asks="author-contact",
        holds=is_contact,
        must="an e-mail or web address",
    ),
    Element(
        id="timestamp",
        title="when the document was made",
        section="5.2.1",
        of="document",
        asks="timestamp",
        holds=is_time,
        must="a date and time with its zone",
    ),
    Element(
        id="component-creator",
        title="how to reach who made the component",
        section="5.2.2",
        of="component",
        asks="producer-contact",
        holds=is_contact,
        must="an e-mail or web address",
    ),
    Element(
        id="component-name",
        title="the component's name",
        section="5.2.2",
        of="component",
        asks="name",
    ),
    Element(
        id="version",
        title="the component's version",
        section="5.2.2",
        of="component",
        asks="version",
    ),
    Element(
        id="filename",
        title="the name of its file",
        section="5.2.2",
        of="component",
        asks="filename",
    ),
    Element(
        id="dependency",
        title="what it depends on or holds, or that this is not known",
        section="5.2.2",
        of="component",
        asks="dependency",
        unknown=True,
    ),
    Element(
        id="distribution-license",
        title="the licences it may be used under",
        section="5.2.2",
        of="component",
        asks="license",
        holds=is_license_term,
        must="SPDX licence ids or LicenseRef-…",
    ),
    Element(
        id="hash-deployable",
        title="the SHA-512 of its deployable form",
        section="5.2.2",
        of="component",
        asks="hash-deployable",
        holds=is_sha512,
        must="128 hexadecimal digits",
    ),
    Element(
        id="executable",
        title="whether it can be executed",
        section="5.2.2",
        of="component",
        asks="executable",
    ),
    Element(
        id="archive",
        title="whether it is an archive",
        section="5.2.2",
        of="component",
        asks="archive",
    ),
    Element(
        id="structured",
        title="whether the archive keeps its parts' metadata",
        section="5.2.2",
        of="component",
        asks="structured",
    ),
    Element(
        id="sbom-uri",
        title="where the document itself is",
        section="5.2.3",
        of="document",
        asks="uri",
        need="if_known",
        holds=is_address,
        must="a web address",
    ),
    Element(
        id="source-uri",
        title="where its source code is",
        section="5.2.4",
        of="component",
        asks="source-uri",
        need="if_known",
    ),
    Element(
        id="deployable-uri",
        title="where its deployable form is",
        section="5.2.4",
        of="component",
        asks="deployable-uri",
        need="if_known",
    ),
    Element(
        id="identifier",
        title="a purl, CPE or other identifier",
        section="5.2.4",
        of="component",
        asks="identifier",
        need="if_known",
    ),
)
