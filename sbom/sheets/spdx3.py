"""SPDX 3.0 JSON-LD: a graph of elements, which relationships tie together."""

from typing import Any

from sbom.elements.sheet import Row, Sheet, Words, contacts, member, objects, word, words

PARTS = frozenset({"software_Package", "software_File"})
PEOPLE = frozenset({"Person", "Organization"})
"""Who can be the author; a `SoftwareAgent` is a tool under another name."""
LINKS = frozenset(
    {
        "contains", "dependsOn", "describes", "hasDistributionArtifact", "hasDynamicLink",
        "hasOptionalComponent", "hasOptionalDependency", "hasPrerequisite",
        "hasProvidedDependency", "hasStaticLink", "usesTool", "packagedBy",
    }
)  # fmt: skip
LICENSES = frozenset({"hasDeclaredLicense", "hasConcludedLicense"})
OPEN_ENDED = frozenset({"incomplete", "noAssertion"})
"""Relationships that say that not everything is told (`completeness`)."""
UNKNOWN = frozenset({"NoAssertionElement", "NoAssertionLicense"})
"""Individuals that stand for what is not asserted; their addresses end so."""


def sheet(document: Any) -> Sheet:
    """Return what the document states."""
    graph = objects(document, "@graph") or objects(document)
    known = {id_: one for one in graph for id_ in words(one.get("spdxId"), one.get("@id"))}
    boms = [one for one in graph if one.get("type") == "software_Sbom"]
    roots = words(*(one.get("rootElement") for one in boms))
    linked, unknown, licenses = _relationships(graph, known)
    # What an SBOM lists as its elements is in what it is about.
    linked |= {id_ for one in boms for id_ in words(one.get("element"))}
    rows = tuple(
        _row(one, linked, unknown, licenses, known)
        for one in graph
        if word(one.get("type")) in PARTS
        and word(one.get("spdxId")) not in roots
        and one.get("software_primaryPurpose") != "operatingSystem"
    )
    return Sheet(
        told={
            **_of_document(graph, known, boms),
            "product": words(*(member(known.get(id_), "name") for id_ in roots)),
            "components": words(*(row.label for row in rows[:1])),
            "top-level": words(
                *(row.label for row in rows if row.told["dependency"] == ("linked",))
            )[:1],
        },
        rows=rows,
    )


def _of_document(
    graph: list[dict[str, Any]], known: dict[str, dict[str, Any]], boms: list[dict[str, Any]]
) -> dict[str, Words]:
    documents = [one for one in graph if one.get("type") == "SpdxDocument"]
    stated = [one.get("creationInfo") for one in documents]
    told = [
        one if isinstance(one, dict) else known.get(one, {}) if isinstance(one, str) else {}
        for one in stated
    ] or [one for one in graph if one.get("type") == "CreationInfo"][:1]
    authors = [known.get(id_, {}) for id_ in words(*(one.get("createdBy") for one in told))]
    authors = [one for one in authors if word(one.get("type")) in PEOPLE]
    tools = [known.get(id_, {}) for id_ in words(*(one.get("createdUsing") for one in told))]
    names = words(*(one.get("name") for one in tools))
    identifiers = words(*(one.get("spdxId") for one in documents))
    return {
        "format": ("SPDX",),
        "format-version": words(*(one.get("specVersion") for one in told)),
        "author": words(*(one.get("name") for one in authors)),
        "author-contact": _contacts(authors),
        "tool": words(*(name.rpartition("-")[0] or name for name in names)),
        "tool-version": words(*(name.rpartition("-")[2] for name in names if "-" in name)),
        "timestamp": words(*(one.get("created") for one in told)),
        "context": words(*(one.get("software_sbomType") for one in boms)),
        "serial": identifiers,
        "uri": tuple(text for text in identifiers if text.startswith(("http://", "https://"))),
    }


def _relationships(
    graph: list[dict[str, Any]], known: dict[str, dict[str, Any]]
) -> tuple[set[str], set[str], dict[str, Words]]:
    """Return what has a place among the others, whose place is not known, and the licences."""
    linked: set[str] = set()
    unknown: set[str] = set()
    licenses: dict[str, list[str]] = {}
    for one in graph:
        kind, ends = word(one.get("relationshipType")), words(one.get("from"), one.get("to"))
        if kind in LINKS:
            # A graph that is said to be open is still told of for the ends it names.
            (unknown if _is_open(one) else linked).update(ends)
        elif kind in LICENSES:
            # `from` is one element, whatever a document writes there.
            told = licenses.setdefault(word(one.get("from")), [])
            told += (text for id_ in words(one.get("to")) for text in _license(id_, known))
    return linked, unknown, {id_: words(texts) for id_, texts in licenses.items()}


def _is_open(relationship: dict[str, Any]) -> bool:
    ends = words(relationship.get("to"))
    return word(relationship.get("completeness")) in OPEN_ENDED and (
        not ends or any(end.endswith(tuple(UNKNOWN)) for end in ends)
    )


def _license(id_: str, known: dict[str, dict[str, Any]]) -> Words:
    if id_.endswith(tuple(UNKNOWN)):
        return ("NOASSERTION",)
    one = known.get(id_, {})
    stated = words(one.get("simplelicensing_licenseExpression"), one.get("name"))[:1]
    return stated or ((id_.rpartition("/")[2],) if "spdx.org/licenses/" in id_ else ())


def _row(
    one: dict[str, Any],
    linked: set[str],
    unknown: set[str],
    licenses: dict[str, Words],
    known: dict[str, dict[str, Any]],
) -> Row:
    id_ = word(one.get("spdxId"))
    makers = words(one.get("suppliedBy"), one.get("originatedBy"))
    agents = [known.get(maker, {}) for maker in makers]
    hashes = [h for h in objects(one, "verifiedUsing") if h.get("hashValue")]
    outer = objects(one, "externalIdentifier")
    purls = words(one.get("software_packageUrl"), _identifiers(outer, "packageUrl"))
    cpes = (*_identifiers(outer, "cpe22"), *_identifiers(outer, "cpe23"))
    return Row(
        label=next(iter(words(*purls, one.get("name"), id_)), "an element without a name"),
        told={
            "name": words(one.get("name")),
            "version": words(one.get("software_packageVersion")),
            "producer": words(*(agent.get("name") for agent in agents)),
            "producer-contact": _contacts(agents),
            "identifier": words(purls, *(each.get("identifier") for each in outer)),
            "purl": purls,
            "cpe": cpes,
            "hash": words(*(each.get("hashValue") for each in hashes)),
            "hash-algorithm": words(*(each.get("algorithm") for each in hashes)),
            "hash-deployable": words(
                *(each.get("hashValue") for each in hashes if each.get("algorithm") == "sha512")
            ),
            "license": licenses.get(id_, ()),
            "dependency": ("linked",) if id_ in linked else ("unknown",) if id_ in unknown else (),
            "filename": words(one.get("name")) if one.get("type") == "software_File" else (),
            "source-uri": words(one.get("software_sourceInfo")),
            "deployable-uri": words(one.get("software_downloadLocation")),
            **_of_purposes(one),
        },
    )


def _identifiers(outer: list[dict[str, Any]], kind: str) -> Words:
    found = (each for each in outer if each.get("externalIdentifierType") == kind)
    return words(*(each.get("identifier") for each in found))


def _contacts(agents: list[dict[str, Any]]) -> Words:
    """Return e-mail and web addresses of agents: their identifiers, or what stands in the name."""
    outer = [each for agent in agents for each in objects(agent, "externalIdentifier")]
    stated = [e.get("identifier") for e in outer if e.get("externalIdentifierType") == "email"]
    stated += [e.get("identifier") for e in outer if e.get("externalIdentifierType") == "urlScheme"]
    return contacts(words(*stated, *(agent.get("name") for agent in agents)))


def _of_purposes(one: dict[str, Any]) -> dict[str, Words]:
    """Return the properties that TR-03183-2 puts into the purposes of an element."""
    purposes = set(words(one.get("software_primaryPurpose"), one.get("software_additionalPurpose")))
    return {name: (name,) for name in ("executable", "archive") if name in purposes} | (
        {"structured": ("structured",)} if "container" in purposes else {}
    )
