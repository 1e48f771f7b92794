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
    statements: Iterable[Statement],
    opened: Opened,
    keys: Sequence[Trusted],
    *,
    found_at: str = "",
) -> tuple[Statement, ...]:
    """Return the statements of a document with who signed it, or why it is in doubt.

    Whether a key counts may depend on when a statement was made, so each is weighed by itself.

    Args:
        statements: of the document.
        opened: the document, and the keys that signed it.
        keys: those that the caller trusts.
        found_at: where the document was discovered; empty where the caller gave it.
    """
    return tuple(_weighed(each, opened, keys, found_at) for each in statements)


def _weighed(
    statement: Statement, opened: Opened, keys: Sequence[Trusted], found_at: str
) -> Statement:
    good, doubts = counted(opened.signed_by, keys, "vex", statement.timestamp)
    doubt = ""
    if not good and (found_at or (opened.sealed and keys)):
        told = "; ".join(f"key {each.name}: {each.because}" for each in doubts)
        doubt = told or _unsigned(opened, keys)
        doubt = f"discovered at {found_at}, {doubt}" if found_at else doubt
    names = tuple(sorted(each.name for each in good))
    return replace(statement, discovered=bool(found_at), signed_by=names, doubt=doubt)


def _unsigned(opened: Opened, keys: Sequence[Trusted]) -> str:
    if not opened.sealed:
        return "it is not signed"
    return "no trusted key signed it" if keys else "no key is trusted (--vex-key)"
