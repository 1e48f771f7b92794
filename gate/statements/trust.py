"""Whose statements count (docs: rule 20): the caller's, and those that a trusted key signed.

What the caller gives is trusted as the caller is; where that is an envelope and the caller names
keys, one of them has to have signed it. What was discovered needs a trusted key, always.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from gate.model import Statement
from gate.statements.wrapped import Opened
from sbom.signing.trust import Trusted, counted


def weighed(
    statements: Iterable[Statement], opened: Opened, keys: Sequence[Trusted], *, discovered: bool
) -> tuple[Statement, ...]:
    """Return the statements of a document with who signed it, or why it is in doubt.

    Whether a key counts may depend on when a statement was made, so each is weighed by itself.
    """
    return tuple(_weighed(each, opened, keys, discovered=discovered) for each in statements)


def _weighed(
    statement: Statement, opened: Opened, keys: Sequence[Trusted], *, discovered: bool
) -> Statement:
    good, doubts = counted(opened.signed_by, keys, "vex", statement.timestamp)
    doubt = ""
    if not good and (discovered or (opened.sealed and keys)):
        told = "; ".join(f"key {each.name}: {each.because}" for each in doubts)
        doubt = told or _unsigned(opened, keys)
    names = tuple(sorted(each.name for each in good))
    return replace(statement, discovered=discovered, signed_by=names, doubt=doubt)


def _unsigned(opened: Opened, keys: Sequence[Trusted]) -> str:
    if not opened.sealed:
        return "it was discovered and is not signed"
    if not keys:
        return "it was discovered, and no key is trusted (--key)"
    return "no trusted key signed it"
