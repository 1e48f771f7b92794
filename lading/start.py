"""Imports msgspec without the modules that it looks at and Lading never asks it for.

They are 12 of the 15 ms that msgspec's import takes beside `typing`; a cold `match` has 30 in all.
"""

import sys
import typing
from importlib import import_module
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """Stands for a module, which is imported when something is asked of it that is not given."""

    def __init__(self, name: str, **given: Any) -> None:
        super().__init__(name)
        self.__dict__.update(given)

    def __getattr__(self, name: str) -> Any:
        """Return what the real module has by that name."""
        leave(self.__name__, self)
        return getattr(import_module(self.__name__), name)


class Nobody:
    """Stands for types that no value of Lading's has: msgspec refuses theirs as any other's."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take whatever the type would."""


HELD: dict[str, Any] = {
    # Tried first, and not needed from 3.11 on: as if it were not installed. With `inspect`, 7 ms.
    "typing_extensions": None,
    "decimal": Later("decimal", Decimal=Nobody),  # 1.0 ms
    "uuid": Later("uuid", UUID=Nobody, SafeUUID=Later("SafeUUID", unknown=None)),  # 1.7 ms
    # For a JSON Schema of our structs alone: 1.0 ms.
    "msgspec.inspect": Later("msgspec.inspect"),
    "textwrap": Later("textwrap"),
}
"""What msgspec finds in the place of modules while it is imported; nobody else does."""


def leave(name: str, stand_in: Any) -> None:
    """Give a module's place back, where the stand-in still has it."""
    if name in sys.modules and sys.modules[name] is stand_in:
        del sys.modules[name]


if sys.version_info < (3, 12):
    # From 3.12 on `datetime` is its part in C. 3.11 runs it all in Python first and throws that
    # away (0.9 ms): the names are the same objects, so the part in C is the module for everybody.
    sys.modules.setdefault("datetime", import_module("_datetime"))

held = {name: stand_in for name, stand_in in HELD.items() if name not in sys.modules}
sys.modules.update(held)
# msgspec makes one to see what its constructor takes, out of a text. For the first text that it
# compiles, Python makes the types of its syntax trees: 0.7 ms.
asked = typing.ForwardRef
vars(typing).update(ForwardRef=Nobody)

import msgspec  # noqa: E402, F401

vars(typing).update(ForwardRef=asked)
for name, stand_in in held.items():
    leave(name, stand_in)
