"""SPDX 2.2 and 2.3, from the members of its JSON form."""

import re
from typing import Any

from sbom.elements.sheet import Row, Sheet, Words, contacts, member, objects, word, words

CONTEXT = re.compile(r"(?i:generation context|sbom type|lifecycle)\s*[:=]\s*([A-Za-z -]+)")
"""SPDX 2 has no member for it; comments of the document are where tools write it."""
CREATORS = frozenset({"Person", "Organization", "Tool"})
LONGEST = 1000
"""Characters of a creator that are looked at."""
VERSION = re.compile(r"[-/@ ]v?(\d[^\s]*)\Z")
IDENTIFIERS = frozenset({"purl", "cpe22Type", "cpe23Type", "swid", "swh", "gitoid"})
CPES = frozenset({"cpe22Type", "cpe23Type"})
NO_TIME = "1970-01-01T00:00:00Z"
"""What our writer and others say where the time of creation, which SPDX demands, is not known."""
LINKS = frozenset(
    {
        "BUILD_DEPENDENCY_OF", "BUILD_TOOL_OF", "CONTAINED_BY", "CONTAINS", "DEPENDENCY_OF",
        "DEPENDS_ON", "DEV_DEPENDENCY_OF", "DYNAMIC_LINK", "HAS_PREREQUISITE",
        "OPTIONAL_DEPENDENCY_OF", "PACKAGE_OF", "PREREQUISITE_FOR", "RUNTIME_DEPENDENCY_OF",
        "STATIC_LINK", "DESCRIBES", "DESCRIBED_BY",
    }
)  # fmt: skip
"""Relationships that give a package its place: in a whole, or among what needs it."""


ENDS = ("spdxElementId", "relatedSpdxElement")


def sheet(document: Any) -> Sheet:
    """Return what the document states."""
    packages = objects(document, "packages")
    described = set(words(member(document, "documentDescribes")))
    linked: set[str] = set(described)
    unknown: set[str] = set()
    for one in objects(document, "relationships"):
        ends = [word(one.get(key)) for key in ENDS]
        kind = word(one.get("relationshipType"))
        if kind in LINKS and "NOASSERTION" in ends:
            unknown |= set(ends)
        elif kind in LINKS:
            linked |= set(ends)
        if kind == "DESCRIBES":
            described.add(ends[1])
        elif kind == "DESCRIBED_BY":
            described.add(ends[0])
    products = [one for one in packages if word(one.get("SPDXID")) in described]
    parts = [one for one in packages if len(products) != 1 or one is not products[0]]
    rows = tuple(
        _row(one, linked, unknown)
        for one in parts
        if word(one.get("primaryPackagePurpose")) not in {"OPERATING-SYSTEM", "OPERATING_SYSTEM"}
        or one.get("externalRefs")
    )
    return Sheet(
        told={
            **_of_document(document),
            "product": words(*(one.get("name") for one in products)),
            "components": words(*(row.label for row in rows[:1])),
            "top-level": words(
                *(row.label for row in rows if row.told["dependency"] == ("linked",))
            )[:1],
        },
        rows=rows,
    )


def _of_document(document: Any) -> dict[str, Words]:
    information = member(document, "creationInfo")
    creators = [_creator(text) for text in words(member(information, "creators"))]
    people = [(name, text) for kind, name, text in creators if kind in CREATORS - {"Tool"}]
    tools = [name for kind, name, _ in creators if kind == "Tool"]
    namespace = words(member(document, "documentNamespace"))
    created = words(member(information, "created"))
    comments = words(member(document, "comment"), member(information, "comment"))
    return {
        "format": ("SPDX",),
        "format-version": tuple(
            text.removeprefix("SPDX-") for text in words(member(document, "spdxVersion"))
        ),
        "author": words(*(name for name, _ in people)),
        "author-contact": contacts(tuple(text for _, text in people)),
        "tool": words(*(VERSION.sub("", name) for name in tools)),
        "tool-version": words(*(match[1] for name in tools if (match := VERSION.search(name)))),
        "timestamp": ("unknown",) if created == (NO_TIME,) else created,
        "context": words(*(f[1] for text in comments if (f := CONTEXT.search(text)))),
        "serial": namespace,
        "uri": tuple(text for text in namespace if text.startswith(("http://", "https://"))),
    }


def _creator(text: str) -> tuple[str, str, str]:
    """Return kind and name in `Person: NAME (ADDRESS)`, and the whole of it."""
    text = text[:LONGEST]
    kind, _, rest = text.partition(":")
    name = rest.strip()
    head, opened, address = name.removesuffix(")").rpartition("(")
    has_address = opened and name.endswith(")") and ")" not in address
    return kind, head.rstrip() if has_address else name, text


def _row(one: dict[str, Any], linked: set[str], unknown: set[str]) -> Row:
    references = objects(one, "externalRefs")
    checksums = [c for c in objects(one, "checksums") if c.get("checksumValue")]
    id_ = word(one.get("SPDXID"))
    purls = _locators(references, frozenset({"purl"}))
    makers = words(one.get("supplier"), one.get("originator"))
    return Row(
        label=next(iter(words(*purls, one.get("name"), id_)), "a package without a name"),
        told={
            "name": words(one.get("name")),
            "version": words(one.get("versionInfo")),
            "producer": makers,
            "producer-contact": contacts(makers),
            "identifier": _locators(references, IDENTIFIERS),
            "purl": purls,
            "cpe": _locators(references, CPES),
            "hash": words(*(c.get("checksumValue") for c in checksums)),
            "hash-algorithm": words(*(c.get("algorithm") for c in checksums)),
            "hash-deployable": words(
                *(c.get("checksumValue") for c in checksums if c.get("algorithm") == "SHA512")
            ),
            "license": words(one.get("licenseDeclared"), one.get("licenseConcluded")),
            "dependency": ("linked",) if id_ in linked else ("unknown",) if id_ in unknown else (),
            "filename": words(one.get("packageFileName")),
            "deployable-uri": words(one.get("downloadLocation")),
        },
    )


def _locators(references: list[dict[str, Any]], types: frozenset[str]) -> Words:
    """Return the external names of some types; some documents write the type as an address."""
    return words(
        *(
            one.get("referenceLocator")
            for one in references
            if str(one.get("referenceType")).rpartition("/")[2] in types
        )
    )
