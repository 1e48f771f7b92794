"""What need not be read again: bytes that are known, and what they came to when they were read."""

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from match.model import Advisory

Known = Callable[[Sequence[tuple[str, bytes]]], Container[bytes]]
"""Called with members of an archive, the id that each has by its name and the digest of its bytes.

Returns digests: what they came to is known, and counts as read. Many are asked for at a time.
"""


class Sole(NamedTuple):
    """A record that is all that its bytes come to, without any problem; `raw` is their digest."""

    record: Advisory
    raw: bytes
