"""Each noun is a frozen struct whose fields are values."""

import enum
import types
import typing

import msgspec
import pytest

import gate.model
import match.model
import sbom.model

VALUES = (str, int, float, bool, bytes, type(None))
STRUCTS = [
    thing
    for module in (sbom.model, match.model, gate.model)
    for thing in vars(module).values()
    if isinstance(thing, type)
    and issubclass(thing, msgspec.Struct)
    and thing.__module__ == module.__name__
]


def is_value(kind) -> bool:
    origin = typing.get_origin(kind)
    if origin in (tuple, frozenset, types.UnionType, typing.Union):
        return all(is_value(k) for k in typing.get_args(kind) if k is not Ellipsis)
    if origin is typing.Literal:
        return True
    if isinstance(kind, typing.NewType):
        return is_value(kind.__supertype__)
    return kind in VALUES or kind in STRUCTS or issubclass(kind, enum.Enum)


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda s: f"{s.__module__}.{s.__name__}")
def test_nouns_are_frozen_values(struct):
    config = struct.__struct_config__
    assert config.frozen
    assert not config.gc
    for name, kind in typing.get_type_hints(struct).items():
        assert is_value(kind), f"{struct.__name__}.{name}: {kind} is no value"


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda s: f"{s.__module__}.{s.__name__}")
def test_nouns_say_what_they_are(struct):
    assert struct.__doc__
