"""What is signed: an in-toto Statement (v1), a predicate about subjects named by digest."""

import msgspec
from msgspec import Raw, Struct

from sbom.errors import InputError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TYPE = "https://in-toto.io/Statement/v1"
READ_TYPES = frozenset({TYPE, "https://in-toto.io/Statement/v0.1"})


class About(Struct, frozen=True, gc=False, omit_defaults=True):
    """A subject: digests by algorithm (`{"sha256": "ab…"}`), one at least, and a name."""

    digest: dict[str, str]
    name: str = ""


class Statement(Struct, frozen=True, rename="camel"):
    """As it stands in JSON; `predicate` is the JSON of the predicate, not yet decoded."""

    type: str = msgspec.field(name="_type")
    subject: tuple[About, ...]
    predicate_type: str
    predicate: Raw


def about(digest: str, name: str = "") -> About:
    """Return the subject of a digest such as `sha256:…`."""
    algorithm, _, value = digest.partition(":")
    return About({algorithm: value}, name)


def write(subjects: tuple[About, ...], predicate_type: str, predicate: bytes) -> bytes:
    """Return the statement as JSON; `predicate` is JSON already."""
    return msgspec.json.encode(Statement(TYPE, subjects, predicate_type, Raw(predicate)))


def read(payload: bytes, name: str) -> Statement:
    """Read a statement of version 1 or 0.1.

    Raises:
        InputError: where it is none, or names nothing by digest.
    """
    try:
        statement = msgspec.json.decode(payload, type=Statement)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"{name}: no in-toto statement ({error})", "name a signed one") from error
    if statement.type not in READ_TYPES:
        raise InputError(f"{name}: not an in-toto statement of version 1 or 0.1", "sign it anew")
    if not statement.subject or not all(each.digest for each in statement.subject):
        raise InputError(f"{name}: it speaks of nothing that has a digest", "sign it anew")
    return statement


def digests(statement: Statement) -> frozenset[str]:
    """Return the digests of all subjects, as `sha256:…`."""
    return frozenset(
        f"{algorithm}:{value.lower()}"
        for each in statement.subject
        for algorithm, value in each.digest.items()
    )
