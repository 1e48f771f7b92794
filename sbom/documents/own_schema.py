"""A document against one of our JSON Schemas: every fault with its place, in plain words."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sbom.model import Fault

MAX_SHOWN = 120


def schema_faults(document: Any, schema: str) -> Iterator[Fault]:
    """Yield why `document` (decoded JSON or YAML) breaks the schema file `schema`."""
    for where, what in schema_errors(_validator(schema), document):
        yield Fault(place=where, what=what if len(what) <= MAX_SHOWN else what[:MAX_SHOWN] + " …")


def schema_errors(validator: Any, document: Any) -> Iterator[tuple[str, str]]:
    """Yield (place, message) of what a validator of any schema says is wrong.

    The validator refuses what is nested more than 255 deep; no document that we read is.
    """
    try:
        for error in validator.iter_errors(document):
            yield place(error.instance_path), error.message
    except ValueError:
        yield "", "nested too deeply to be validated"


def place(path: Any) -> str:
    """Write a path into a document as `statements[3].status`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


@lru_cache
def _validator(schema: str) -> Any:
    import jsonschema_rs

    from schemas import text

    return jsonschema_rs.validator_for(text(schema))
