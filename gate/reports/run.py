"""A stored run, `lading-run/1`: all that any report needs, so that each can be made again from it.

The JSON follows `gate/model.py` field by field; `schemas/run.schema.json` is made from it.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from gate.model import Run, View
from sbom.errors import InputError

SCHEMA: Literal["lading-run/1"] = "lading-run/1"
REMEDY = "name a file that `-o run=FILE` wrote"


class Stored(Struct, frozen=True, kw_only=True, gc=False):
    """The document: which schema it follows, and the run."""

    schema: Literal["lading-run/1"]
    run: Run


def render(run: Run, view: View) -> bytes:  # noqa: ARG001 (a run is stored whole)
    """Return the run as a document with a final newline."""
    return msgspec.json.encode(Stored(schema=SCHEMA, run=run)) + b"\n"


def read(data: bytes, name: str) -> Run:
    """Read a stored run.

    Raises:
        InputError: where the document is none, with the place of its first fault.
    """
    try:
        return msgspec.json.decode(data, type=Stored).run
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise InputError(f"{name}: no stored run: {what}", REMEDY) from None
