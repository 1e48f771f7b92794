"""SPDX 3.0.1 JSON-LD against the official schema, element by element, each by its own class.

The schema as a whole would only say that an element is of no class at all; asked by class it
names the member.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from sbom.documents.own_schema import schema_errors
from sbom.documents.spdx3_members import CONTEXT
from sbom.model import Fault

SCHEMA = "third_party/spdx/spdx-3.0.1.json"
MAX_FAULTS = 200
MAX_TEXT = 200


def spdx3_faults(document: object) -> list[Fault]:
    """Return where a decoded document breaks the schema of 3.0.1, in document order."""
    if not isinstance(document, dict):
        return [Fault(place="", what="not a JSON object")]
    found: list[Fault] = []
    if document.get("@context") != CONTEXT:
        found.append(Fault(place="@context", what=f"must be {CONTEXT}"))
    elements = document.get("@graph")
    if elements is None:
        alone = {key: value for key, value in document.items() if key != "@context"}
        return found + list(_element(alone, ""))
    if not isinstance(elements, list):
        return [*found, Fault(place="@graph", what="not a list")]
    ids: set[str] = set()
    for number, element in enumerate(elements):
        where = f"@graph[{number}]"
        found += _element(element, where)
        found += _repeated(element, where, ids)
        if len(found) >= MAX_FAULTS:
            break
    return found[:MAX_FAULTS]


def _element(element: object, where: str) -> Iterator[Fault]:
    type_ = element.get("type") if isinstance(element, dict) else None
    if not isinstance(type_, str):
        yield Fault(place=where, what="an element without a type")
        return
    if type_ not in _classes():
        # A class of an extension is named by an IRI; its members are its own.
        if ":" not in type_:
            yield Fault(place=f"{where}.type".lstrip("."), what=f"{type_[:80]!r} is no class")
        return
    for inner, what in schema_errors(_validator(type_), element):
        yield Fault(place=f"{where}.{inner}".strip("."), what=" ".join(what.split())[:MAX_TEXT])


def _repeated(element: object, where: str, ids: set[str]) -> Iterator[Fault]:
    id_ = element.get("spdxId") if isinstance(element, dict) else None
    if isinstance(id_, str):
        if id_ in ids:
            yield Fault(place=f"{where}.spdxId", what=f"{id_[:80]} is given to several elements")
        ids.add(id_)


@lru_cache(maxsize=1)
def _definitions() -> dict[str, Any]:
    from schemas import text

    definitions: dict[str, Any] = msgspec.json.decode(text(SCHEMA))["$defs"]
    return definitions


@lru_cache(maxsize=1)
def _classes() -> frozenset[str]:
    """Return the classes that an element may be: those with a `type` of their own."""
    return frozenset(one["$ref"].rpartition("/")[2] for one in _definitions()["AnyClass"]["anyOf"])


@lru_cache(maxsize=64)
def _validator(class_: str) -> Any:
    from jsonschema_rs import Draft202012Validator

    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{class_}",
        "unevaluatedProperties": False,
        "$defs": _definitions(),
    }
    return Draft202012Validator(schema)
