"""Members of foreign JSON, each as the type it should have: empty where it has another."""

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """Return an object, empty where the value is none."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a list, empty where the value is none."""
    return value if isinstance(value, list) else []


def stripped(value: Any) -> str:
    """Return a text without the space around it, empty where the value is none."""
    return value.strip() if isinstance(value, str) else ""
