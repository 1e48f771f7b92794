"""What a VEX document says of itself, and the digest it is named by."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gate.model import Statement


class Heading(Struct, frozen=True, kw_only=True):
    """What a document says of itself.

    author: who makes the statements.
    timestamp: when the document is written, RFC 3339 in UTC.
    namespace: an address of the author's own, under which documents are named; CSAF demands it.
    id: the document's, where it has one already; else it is named by a digest of its content.
    """

    author: str
    timestamp: str
    namespace: str = ""
    id: str = ""


def digest(statements: Sequence[Statement], heading: Heading) -> str:
    """Return the digest that names a document: of its author, time and statements."""
    from hashlib import sha256

    from gate.statements.assertions import assertions

    content = [[heading.author, heading.timestamp], *map(assertions, statements)]
    return sha256(msgspec.json.encode(content)).hexdigest()
