"""OpenVEX 0.0.1 and 0.2 (openvex/spec, OPENVEX-SPEC.md): documents to statements.

A statement that breaks the truth table of status and reason, or says nothing we can hold to, is a
problem and not applied: a finding stays rather than going by a doubtful word.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gate.instants import utc
from gate.model import Product, Statement, Status
from gate.statements.assertions import (
    NO_ACTION,
    Assertion,
    Named,
    assertions,
    bom_link,
    write_bom_link,
)
from gate.statements.foreign import stripped
from gate.statements.heading import Heading, digest
from sbom.model import Fault, Problem

CONTEXT = "openvex.dev/ns"
STATUSES = {status.value: status for status in Status}
JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)
FORBIDDEN = {
    Status.NOT_AFFECTED: ("action_statement",),
    Status.AFFECTED: ("justification", "impact_statement"),
    Status.FIXED: ("justification", "impact_statement", "action_statement"),
    Status.UNDER_INVESTIGATION: ("justification", "impact_statement", "action_statement"),
}
"""Fields that contradict a status (the specification's sections on status and justification)."""
CONTEXT_WRITTEN = "https://openvex.dev/ns/v0.2.0"
NAMESPACE = "https://openvex.dev/docs/public"
"""Where documents without a namespace of their own are named, by the project's convention."""
UNDATED = "1970-01-01T00:00:00Z"
"""Written for a statement without time, so that it stays the earliest."""
NAME = "urn:lading:product:"
"""Before the name, percent-encoded, of a product that has nothing better; ids are IRIs here."""
IRI = r"(?!pkg:|cpe:|urn:cdx:)[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+"
LONGEST_VERSION = 19
HASHES = frozenset(
    {
        *("md5", "sha1", "sha-256", "sha-384", "sha-512"),
        *("sha3-224", "sha3-256", "sha3-384", "sha3-512"),
        *("blake2s-256", "blake2b-256", "blake2b-512"),
    }
)
"""The algorithms OpenVEX names, as it spells them."""
CPE_KEYS = ("cpe23", "cpe22", "@cpe23", "@cpe22", "cpe")


def recognises(document: Mapping[str, Any]) -> bool:
    """OpenVEX documents name their context."""
    context = document.get("@context")
    contexts = context if isinstance(context, list) else [context]
    return any(isinstance(each, str) and CONTEXT in each for each in contexts)


def read(document: Mapping[str, Any], name: str) -> Iterator[Statement | Problem]:
    """Yield the document's statements; times and author come down from the document."""
    statements = document.get("statements")
    if not isinstance(statements, list):
        yield _problem(name, "statements", "the document has no list of statements", "source_lost")
        return
    for index, each in enumerate(statements):
        yield from _read_statement(document, each, name, f"statements[{index}]")


def faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what the schema refuses, and what contradicts itself or cannot be ordered in time."""
    from sbom.documents.own_schema import schema_faults

    structural = tuple(schema_faults(document, "openvex.schema.json"))
    yield from structural
    if structural:
        return
    for index, each in enumerate(document["statements"]):
        place = f"statements[{index}]"
        for field, what in _contradictions(each):
            yield Fault(place=f"{place}.{field}", what=what)
        if _time(document, each) is None:
            yield Fault(place=f"{place}.timestamp", what="neither it nor the document has a time")


def write(statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
    """Return an OpenVEX 0.2 document; a product that OpenVEX cannot name is left out."""
    written = (write_statement(statement) for statement in statements)
    return {
        "@context": CONTEXT_WRITTEN,
        "@id": heading.id
        or f"{heading.namespace.rstrip('/') or NAMESPACE}/vex-{digest(statements, heading)}",
        "author": heading.author,
        "timestamp": heading.timestamp,
        "version": 1,
        "tooling": "lading",
        "statements": [each for each in written if each],
    }


def appended(
    document: Mapping[str, Any], statements: Sequence[Statement], timestamp: str
) -> dict[str, Any]:
    """Return the document's next version, with further statements; what was there stays as it is.

    The document keeps its id and time, which earlier statements may rely on, and states when it was
    last updated (section "Updating statements" of the specification).
    """
    written = [each for each in map(write_statement, statements) if each]
    version = str(document.get("version"))
    number = int(version) if version.isdecimal() and len(version) < LONGEST_VERSION else 1
    return {
        **document,
        "last_updated": timestamp,
        "version": number + 1,
        "statements": [*(document.get("statements") or ()), *written],
    }


def contradictions(statement: Statement) -> tuple[Fault, ...]:
    """Return where a statement breaks the truth table of status and reasons."""
    fields = {
        "status": statement.status.value,
        "justification": statement.justification,
        "impact_statement": statement.impact,
        "action_statement": statement.action,
    }
    return tuple(Fault(place=field, what=what) for field, what in _contradictions(fields))


def write_statement(statement: Statement) -> dict[str, Any] | None:
    """Return an OpenVEX statement, None where OpenVEX can name no product or lacks a reason."""
    products = _write_products(assertions(statement))
    reason = statement.justification in JUSTIFICATIONS or statement.impact
    if not products or (statement.status is Status.NOT_AFFECTED and not reason):
        return None
    name, *aliases = statement.vulnerabilities
    fields = {
        "vulnerability": {"name": name} | ({"aliases": aliases} if aliases else {}),
        "products": products,
        "status": statement.status.value,
        "status_notes": statement.notes,
        "justification": statement.justification
        if statement.justification in JUSTIFICATIONS
        else "",
        "impact_statement": statement.impact,
        "action_statement": statement.action
        or (NO_ACTION if statement.status is Status.AFFECTED else ""),
        "timestamp": statement.timestamp or UNDATED,
    }
    forbidden = FORBIDDEN[statement.status]
    return {key: value for key, value in fields.items() if value and key not in forbidden}


def _write_products(asserted: Sequence[Assertion]) -> list[dict[str, Any]]:
    """Return the products; one as a whole stands beside itself with its parts."""
    products: dict[tuple[Named, bool], dict[str, Any]] = {}
    for each in asserted:
        key = each.product, each.part is None
        product = products.get(key) or _write_named(each.product)
        part = _write_named(each.part) if each.part else None
        if product is None or (each.part and part is None):
            continue
        products[key] = product
        if part:
            product.setdefault("subcomponents", []).append(part)
    return list(products.values())


def _write_named(product: Named) -> dict[str, Any] | None:
    """Return a product as OpenVEX names it; None where that would be another or more."""
    import re
    from urllib.parse import quote

    link = write_bom_link(product) if product.serial else ""
    name = product.label
    if name and not re.fullmatch(IRI, name, re.IGNORECASE):
        name = NAME + quote(name, safe="")
    names = [*([link] if link else ()), *product.purls, name]
    hashes = {"sha1" if key == "sha-1" else key: value for key, value in product.hashes}
    purls = product.purls if link else product.purls[1:]
    cpes = {"cpe23" if c.lower().startswith("cpe:2.3:") else "cpe22": c for c in product.cpes}
    left = len(hashes) < len(product.hashes) or len(cpes) < len(product.cpes) or len(purls) > 1
    if product.versions or left or not hashes.keys() <= HASHES:
        return None
    identifiers = ({"purl": (purls or product.purls)[0]} if product.purls else {}) | cpes
    fields = {"@id": names[0], "identifiers": identifiers, "hashes": hashes}
    return {key: value for key, value in fields.items() if value} or None


def _read_statement(
    document: Mapping[str, Any], each: Any, name: str, place: str
) -> Iterator[Statement | Problem]:
    if not isinstance(each, dict):
        yield _problem(name, place, "the statement is no object", "record_lost")
        return
    status = STATUSES.get(stripped(each.get("status")))
    names = _vulnerabilities(each.get("vulnerability"))
    broken = _broken(each, status, names)
    if broken or status is None:
        yield _problem(name, f"{place}.{broken[0]}", broken[1], "record_lost")
        return
    products, lost = _products(each, name, place)
    yield from lost
    time = _time(document, each)
    if time is None:
        what = "no time, here or in the document; every dated statement supersedes it"
        yield _problem(name, f"{place}.timestamp", what, "field_lost")
    yield Statement(
        document=f"{stripped(document.get('@id')) or name}#{place}",
        author=stripped(document.get("author")),
        vulnerabilities=names,
        products=products,
        status=status,
        timestamp=time or "",
        justification=stripped(each.get("justification")) or None,
        impact=stripped(each.get("impact_statement")),
        action=_action(each),
        notes=stripped(each.get("status_notes")),
    )


def _broken(each: Mapping[str, Any], status: Status | None, names: tuple[str, ...]) -> Any:
    """Return (field, why) where the statement cannot be applied, else nothing."""
    if status is None:
        return "status", f"{_shown(each.get('status'))} is no status of OpenVEX"
    if not names:
        return "vulnerability", "it names no vulnerability"
    loosens = status in {Status.NOT_AFFECTED, Status.FIXED}
    return next(_contradictions(each), ()) if loosens else ()


def _contradictions(each: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (field, why) for each breach of the truth table of status and reasons."""
    status = STATUSES.get(stripped(each.get("status")))
    if status is None:
        yield "status", f"{_shown(each.get('status'))} is no status of OpenVEX"
        return
    justification = stripped(each.get("justification"))
    if justification and justification not in JUSTIFICATIONS:
        yield "justification", f"{_shown(justification)} is no justification of OpenVEX"
    if status is Status.NOT_AFFECTED and not (
        justification or stripped(each.get("impact_statement"))
    ):
        yield "justification", "not_affected needs a justification or an impact_statement"
    if status is Status.AFFECTED and not stripped(each.get("action_statement")):
        yield "action_statement", "affected needs an action_statement"
    for field in FORBIDDEN[status]:
        if stripped(each.get(field)):
            yield field, f"a statement of {status.value} has no {field}"


def _vulnerabilities(value: Any) -> tuple[str, ...]:
    """Return every id of the vulnerability: 0.0.1 has a text, 0.2 an object with aliases."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        return ()
    aliases = value.get("aliases")
    ids = [value.get("name"), *(aliases if isinstance(aliases, list) else ())]
    if not stripped(value.get("name")):
        ids.append(stripped(value.get("@id")).rpartition("/")[2])
    return tuple(dict.fromkeys(text for each in ids if (text := stripped(each))))


def _products(
    each: Mapping[str, Any], name: str, place: str
) -> tuple[tuple[Product, ...], list[Problem]]:
    """Read the products; 0.0.1 lists subcomponents beside them, for all of them."""
    lost: list[Problem] = []
    shared = _list(each, "subcomponents", name, place, lost)
    products = []
    for index, value in enumerate(_list(each, "products", name, place, lost)):
        where = f"{place}.products[{index}]"
        inner = value.get("subcomponents") if isinstance(value, dict) else None
        if inner is not None and not isinstance(inner, list):
            # Without its subcomponents the product would cover far more than its author said.
            lost.append(_problem(name, f"{where}.subcomponents", "not a list", "record_lost"))
            continue
        named = [_product(part) for part in inner or shared]
        subcomponents = tuple(part for part in named if part)
        product = _product(value, subcomponents)
        if product is None or (named and not subcomponents):
            lost.append(_problem(name, where, "nothing identifies it", "record_lost"))
            continue
        if len(subcomponents) < len(named):
            what = "nothing identifies one of them"
            lost.append(_problem(name, f"{where}.subcomponents", what, "field_lost"))
        products.append(product)
    return tuple(products), lost


def _list(
    each: Mapping[str, Any], field: str, name: str, place: str, lost: list[Problem]
) -> list[Any]:
    value = each.get(field)
    if isinstance(value, list):
        return value
    if value is not None:
        lost.append(_problem(name, f"{place}.{field}", "not a list", "field_lost"))
    return []


def _product(value: Any, subcomponents: tuple[Product, ...] = ()) -> Product | None:
    """Read a product or subcomponent; None where nothing identifies it."""
    if isinstance(value, str):
        value = {"@id": value}
    if not isinstance(value, dict):
        return None
    identifiers = value.get("identifiers")
    identifiers = identifiers if isinstance(identifiers, dict) else {}
    hashes = value.get("hashes")
    texts = (stripped(value.get("@id")), stripped(identifiers.get("purl")))
    cpes = (stripped(identifiers.get(key)) for key in CPE_KEYS)
    serial, ref = bom_link(texts[0]) or ("", "")
    product = Product(
        id=texts[0],
        name=_name(texts[0]),
        serial=serial,
        ref=ref,
        purls=tuple(dict.fromkeys(t for t in texts if t.lower().startswith("pkg:"))),
        cpes=tuple(c for c in (*cpes, texts[0]) if c.lower().startswith("cpe:")),
        hashes=tuple(sorted((k, stripped(v)) for k, v in hashes.items() if stripped(v)))
        if isinstance(hashes, dict)
        else (),
        subcomponents=subcomponents,
    )
    named = product.id or product.purls or product.cpes or product.hashes
    return product if named else None


def _name(id_: str) -> str:
    """Return the name in an id that we made of one."""
    if not id_.startswith(NAME):
        return ""
    from urllib.parse import unquote

    return unquote(id_[len(NAME) :])


def _action(each: Mapping[str, Any]) -> str:
    action = stripped(each.get("action_statement"))
    return "" if action == NO_ACTION else action


def _time(document: Mapping[str, Any], each: Mapping[str, Any]) -> str | None:
    """Return when the statement was made: its own time, else the document's."""
    for holder in (each, document):
        for field in ("timestamp", "last_updated"):
            if (time := utc(holder.get(field))) is not None:
                return time
    return None


def _shown(value: Any) -> str:
    return repr(value)[:60] if value is not None else "nothing"


def _problem(name: str, place: str, what: str, effect: Any) -> Problem:
    return Problem(source="openvex", where=f"{name}: {place}", what=what, effect=effect)
