"""What a written document no longer says of the statements it was made of: one problem for each."""

from collections.abc import Iterator, Sequence

from gate.model import Statement
from gate.statements.assertions import Assertion, assertions
from sbom.model import Problem

FIELDS = ("timestamp", "justification", "impact", "action", "notes", "vulnerabilities")


def losses(
    statements: Sequence[Statement], kept: Sequence[Statement], format_: str
) -> tuple[Problem, ...]:
    """Return a problem for each assertion that is not kept, or not kept whole."""
    written = {each for statement in kept for each in assertions(statement)}
    about: dict[object, list[Assertion]] = {}
    for each in sorted(written, key=repr):
        about.setdefault((each.subject, each.status), []).append(each)
    return tuple(
        _problem(statement, each, about.get((each.subject, each.status), ()), format_)
        for statement in statements
        for each in assertions(statement)
        if each not in written
    )


def _problem(
    statement: Statement, lost: Assertion, alike: Sequence[Assertion], format_: str
) -> Problem:
    """Say how the nearest assertion about the same thing differs, if there is one."""
    name = " in ".join(each.shown for each in (lost.part, lost.product) if each)
    near = [each for each in alike if set(each.vulnerabilities) & set(lost.vulnerabilities)]
    if not near:
        what = f"{format_} cannot say this of {name} beside the others; it is left out"
        return Problem(source=format_, where=statement.document, what=what, effect="record_lost")
    fields = min((tuple(_differing(lost, each)) for each in near), key=len)
    what = f"{format_} does not keep the {' and '.join(fields)} for {name}"
    return Problem(source=format_, where=statement.document, what=what, effect="field_lost")


def _differing(one: Assertion, other: Assertion) -> Iterator[str]:
    for field in FIELDS:
        if getattr(one, field) != getattr(other, field):
            yield field
