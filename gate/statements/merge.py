"""Several documents' statements as those of one: all of them, each once, in an order of their own.

Which statement counts is decided by time as before; the order of the documents never matters.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from gate.instants import sort_key
from gate.model import Statement
from gate.statements.assertions import Assertion, assertions

NOBODY = "an unnamed author"


def merge(documents: Iterable[Sequence[Statement]], author: str = "") -> tuple[Statement, ...]:
    """Return every statement once, by time.

    Args:
        documents: the statements of each.
        author: of the merged document; whoever else made a statement is named in its notes, since
            no format has an author for each statement.
    """
    found: dict[object, Statement] = {}
    for statement in (each for statements in documents for each in statements):
        stated = _stated(statement, author)
        found.setdefault(_content(stated), replace(stated, document="", author=""))
    return tuple(found[key] for key in sorted(found, key=_order))


def authors(documents: Iterable[Sequence[Statement]]) -> str:
    """Name all authors of the documents, by the alphabet."""
    names = {each.author for statements in documents for each in statements}
    return "; ".join(sorted(names - {""}))


def _stated(statement: Statement, author: str) -> Statement:
    """Name the author in the notes, where the merged document has another."""
    if statement.author == author:
        return statement
    told = f"Stated by {statement.author or NOBODY}."
    if statement.notes.endswith(told):
        return statement
    return replace(statement, notes=f"{statement.notes} {told}".strip())


def _content(statement: Statement) -> tuple[Assertion, ...]:
    return tuple(sorted(assertions(statement), key=repr))


def _order(content: object) -> tuple[str, str]:
    first = content[0]  # type: ignore[index]  # what _content gives, which is never empty
    return sort_key(first.timestamp), repr(content)
