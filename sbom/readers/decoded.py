"""Not a reader: JSON documents decoded into a struct, or the problem that says why they cannot be.

People's and tools' files begin with a byte order mark now and then; JSON's decoders refuse it.
"""

from typing import Literal, TypeVar

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from sbom.model import Problem

Document = TypeVar("Document")
MARK = b"\xef\xbb\xbf"


def whole(
    decoder: Decoder[Document], data: bytes, source: str, path: str, what: str
) -> Document | Problem:
    """Decode a file; `what` names it for people (`lock file`)."""
    return _decoded(decoder, data.removeprefix(MARK), (source, path, what), "source_lost")


def entry(
    decoder: Decoder[Document], data: Raw, source: str, where: str, what: str
) -> Document | Problem:
    """Decode one entry of a file that was read as a whole; `what` names it (`package`)."""
    return _decoded(decoder, data, (source, where, what), "record_lost")


def _decoded(
    decoder: Decoder[Document],
    data: bytes | Raw,
    told: tuple[str, str, str],
    effect: Literal["source_lost", "record_lost"],
) -> Document | Problem:
    try:
        return decoder.decode(data)
    except (DecodeError, UnicodeError, RecursionError) as fault:
        source, where, what = told
        return Problem(
            source=source, where=where, what=f"unreadable {what}: {fault}", effect=effect
        )
