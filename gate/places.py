"""YAML read into values with their lines, so that a fault can say where it is.

Nothing but plain scalars, lists and mappings with words as keys; depth and number of nodes are
bounded, for the file may be anyone's (aliases count each time they are used).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sbom.model import Fault

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 8
MAX_NODES = 100_000


class Place(NamedTuple):
    """A node's value with its line: a scalar, a list of places, or a mapping from word to place."""

    value: Any
    line: int


def compose(data: bytes, kind: str) -> Place | Fault:
    """Read a document; `kind` is what it is called when it is empty (`policy`)."""
    import yaml

    if len(data) > MAX_BYTES:
        return Fault(place="line 1", what=f"larger than {MAX_BYTES} bytes")
    try:
        node = yaml.compose(data, Loader=yaml.SafeLoader)
        if node is None:
            return Fault(place="line 1", what=f"the {kind} is empty")
        return _Composer(yaml.SafeLoader(b"")).place(node, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Fault(place=f"line {mark.line + 1 if mark else 1}", what=f"no YAML: {error.problem}")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Fault(place="line 1", what=f"no YAML: {' '.join(str(error).split())[:120]}")


def bare(place: Place) -> Any:
    """Return the value without lines."""
    if isinstance(place.value, dict):
        return {key: bare(each) for key, each in place.value.items()}
    if isinstance(place.value, list):
        return [bare(each) for each in place.value]
    return place.value


def fault(place: Place, what: str) -> Fault:
    """Return a fault at the line of a place."""
    return Fault(place=f"line {place.line}", what=what)


def meant(word: str, known: Iterable[str]) -> str:
    """Return what was perhaps meant by a word that is not known, as the end of a sentence."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


class _Composer:
    """Turns the nodes of one document into places, counting them."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._nodes = 0

    def place(self, node: Any, depth: int) -> Place:
        from yaml import MappingNode, ScalarNode

        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise _error("deeper or longer than any such document is", node)
        line = node.start_mark.line + 1
        if isinstance(node, ScalarNode):
            value = self._scalar(node)
            return Place(value.isoformat() if isinstance(value, date) else value, line)
        if isinstance(node, MappingNode):
            return Place(self._mapping(node, depth), line)
        return Place([self.place(each, depth + 1) for each in node.value], line)

    def _scalar(self, node: Any) -> Any:
        """Return the value of a scalar; PyYAML fails in its own ways where a tag does not fit."""
        try:
            return self._loader.construct_object(node)
        except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
            kind = node.tag.rpartition(":")[2]
            told = f": {error}" if isinstance(error, ValueError) else ""
            raise _error(f"{node.value[:40]!r} is no {kind}{told[:80]}", node) from None

    def _mapping(self, node: Any, depth: int) -> dict[str, Place]:
        from yaml import ScalarNode

        values: dict[str, Place] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise _error("a key is a word", key_node)
            key = key_node.value
            if key in values:
                raise _error(f"{key} is given twice", key_node)
            value = self.place(value_node, depth + 1)
            values[key] = Place(value.value, key_node.start_mark.line + 1)
        return values


def _error(what: str, node: Any) -> Exception:
    from yaml.constructor import ConstructorError

    return ConstructorError(None, None, what, node.start_mark)
