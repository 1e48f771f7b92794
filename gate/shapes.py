"""A YAML document against the structs that describe it: every fault at its line, in plain words.

The structs are the one truth of a document: what is checked here, what is read, and the JSON Schema
that editors complete by (`schema`). `Meta(extra={"is": …})` says in words what is right; `wrong`
in it tells what the types cannot.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, UnsetType

from gate.places import Place, bare, fault, meant
from sbom.model import Fault

Kind = type[Struct]


def faults_of(place: Place, kind: Kind, where: str, what: str) -> Iterator[Fault]:
    """Yield what is wrong with a mapping; `what` says what it is, where it is none."""
    if not isinstance(place.value, dict) or not place.value:
        yield fault(place, what)
        return
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, each in place.value.items():
        if key not in fields:
            told = f"{where}{key} is not known; one of {', '.join(fields)}"
            yield fault(each, f"{told}{meant(key, fields)}")
        else:
            yield from _value_faults(each, hints[fields[key].name], f"{where}{key}")
    for key, field in fields.items():
        if field.required and key not in place.value:
            yield fault(place, f"there is no `{where}{key}`")


def read(place: Place, kind: type[Any]) -> Any:
    """Return the struct of a place without faults."""
    return msgspec.convert(bare(place), kind)


def schema(kind: Kind, name: str, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a document as it is published under schemas/."""
    (_,), parts = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    for part in (tidied := _tidied(parts)).values():
        if part.get("type") == "object":
            part["minProperties"] = 1
    parts = tidied
    top = parts.pop(kind.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:lading:schema:{name}",
        **top,
        "title": title,
        "$defs": parts,
    }


def _tidied(part: Any) -> Any:
    """Return a schema without defaults that say nothing, and with the titles left to the top."""
    if isinstance(part, list):
        return [_tidied(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _tidied(value)
        for key, value in part.items()
        if not (key == "default" and not value) and not (key == "required" and value == [])
    }


def _value_faults(place: Place, hint: Any, where: str) -> Iterator[Fault]:
    """Yield what is wrong with a value of a type, going into structs, lists and mappings."""
    plain, meta = _unwrapped(hint)
    what = f"{where} is {meta.get('is') or _words(plain)}"
    part = _part(place.value, plain)
    if part is not None:
        yield from _part_faults(place, part, where, what)
    elif isinstance(place.value, list | dict):
        yield fault(place, what)
    else:
        try:
            msgspec.convert(place.value, _set(hint))
        except msgspec.ValidationError:
            yield fault(place, what)
            return
    wrong = meta.get("wrong")
    if wrong and wrong(bare(place)):
        yield fault(place, what)


def _part_faults(place: Place, part: Any, where: str, what: str) -> Iterator[Fault]:
    if isinstance(part, type) and issubclass(part, Struct):
        yield from faults_of(place, part, f"{where}.", what)
    elif get_origin(part) is dict:
        if not place.value:
            yield fault(place, what)
        key_hint, value_hint = get_args(part)
        for key, each in place.value.items():
            yield from _value_faults(Place(key, each.line), key_hint, f"{where}.{key}")
            yield from _value_faults(each, value_hint, f"{where}.{key}")
    else:
        for number, each in enumerate(place.value):
            yield from _value_faults(each, get_args(part)[0], f"{where}[{number}]")


def _part(value: Any, plain: Any) -> Any:
    """Return the member of a type that a list or a mapping is read as; None where there is none."""
    for each in _members(plain):
        origin = get_origin(each)
        is_mapping = origin is dict or (isinstance(each, type) and issubclass(each, Struct))
        if (isinstance(value, dict) and is_mapping) or (
            isinstance(value, list) and origin is tuple
        ):
            return each
    only = _members(plain)
    if len(only) == 1 and isinstance(only[0], type) and issubclass(only[0], Struct):
        return only[0]
    return None


def _members(plain: Any) -> tuple[Any, ...]:
    if get_origin(plain) in {Union, UnionType}:
        parts = (_unwrapped(each)[0] for each in get_args(plain) if each is not UnsetType)
        return tuple(member for part in parts for member in _members(part))
    return (plain,)


def _set(hint: Any) -> Any:
    """Return the type of a value that is there; only a struct's field may be left out."""
    if get_origin(hint) is Annotated:
        inner, *metas = get_args(hint)
        return Annotated[(_set(inner), *metas)] if _set(inner) is inner else _set(inner)
    if get_origin(hint) in {Union, UnionType} and UnsetType in get_args(hint):
        there = [each for each in get_args(hint) if each is not UnsetType]
        return reduce(or_, there)
    return hint


def _unwrapped(hint: Any) -> tuple[Any, dict[str, Any]]:
    """Return a type without its `Meta`, and what they say in `extra`, the outermost first."""
    said: dict[str, Any] = {}
    for meta in _metas(hint):
        said |= meta.extra or {}
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in {Union, UnionType}:
        there = [each for each in get_args(hint) if each is not UnsetType]
        if len(there) == 1:
            said = _unwrapped(there[0])[1] | said
    return hint, said


def _metas(hint: Any) -> list[Meta]:
    if get_origin(hint) is not Annotated:
        return []
    return [each for each in get_args(hint)[1:] if isinstance(each, Meta)]


def _words(plain: Any) -> str:
    """Say what is right for a type that does not say it itself."""
    told = []
    for each in _members(plain):
        if get_origin(each) is Literal:
            told.append(f"one of {', '.join(map(str, get_args(each)))}")
        elif each in WORDS:
            told.append(WORDS[each])
        elif get_origin(each) is tuple:
            told.append("a list")
        else:
            told.append("a mapping")
    return ", or ".join(told)


WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    NoneType: "null",
}
