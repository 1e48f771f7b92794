"""YAML records as plain texts, lists and mappings: nothing in them is given a type, or a meaning.

So a version `1.10` stays what was written, and a date that no calendar has costs that date alone.
"""

from collections.abc import Mapping
from typing import Any

LONGEST = 1 << 20
"""No advisory written by hand is longer."""


class BadText(ValueError):  # noqa: N818 (named as every `BadX` and `InvalidX` of the project is)
    """It is no YAML mapping, or too long or deep to be an advisory."""


def read_yaml(data: bytes) -> Mapping[str, Any]:
    """Read a YAML mapping, all of whose scalars are texts.

    Raises:
        BadText: where it is none.
    """
    import yaml

    if len(data) > LONGEST:
        raise BadText(f"it is longer than {LONGEST >> 20} MiB")
    # The base loaders build texts, lists and mappings only, which is less than the safe ones do.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        found = yaml.load(data, loader)  # noqa: S506 (see above)
    except RecursionError:
        raise BadText("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise BadText(f"it is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise BadText("it is no mapping")
    return found


def text_of(record: Mapping[str, Any], field: str) -> str:
    """Return a field's text on one line; empty where there is none."""
    value = record.get(field)
    return " ".join(value.split()) if isinstance(value, str) else ""


def texts_of(record: Mapping[str, Any], field: str) -> list[str]:
    """Return the texts of a field that is a list; empty where it is none."""
    value = record.get(field)
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
