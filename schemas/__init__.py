"""JSON Schemas of every document Lading writes, and the official ones it reads against."""

from importlib.resources import files


def text(name: str) -> str:
    """Return the schema file `name` (a path below `schemas/`) as text."""
    return (files(__name__) / name).read_text(encoding="utf-8")


def names(folder: str) -> tuple[str, ...]:
    """Return the names of the files in a folder below `schemas/`, sorted."""
    return tuple(sorted(path.name for path in (files(__name__) / folder).iterdir()))
