"""A policy as it judges: every rule of each stage beside those of the policies it extends."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from gate.model import Stage
from gate.policy.document import STAGES
from gate.policy.model import Policy, Rules, Scope, Terms
from gate.policy.strictness import Asked, Key, asked, beneath, strictness

UNSAID = "-"
IDLE = {each.key: each.text for each in asked(Rules(baseline="deny"))} | {("unscored",): ""}
"""What asks and softens nothing, and is not worth a line."""


class Section(NamedTuple):
    """The rules of one stage: a line for each that any of the policies has.

    columns: the policies that judge, and, where there are several, `strictest`.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(policy: Policy) -> Iterator[Section]:
    """Yield the rules of each stage, of each scope's stages, and what is asked of exceptions.

    What is extended stands there with its own stages; its scopes, if any, are named in `notes`.
    """
    others = tuple(dict.fromkeys(beneath(policy)))
    for stage in STAGES:
        if stage in dict(policy.stages):
            yield _of_stage(f"stage {stage}", policy.name, policy.stages, stage, others)
    for number, scope in enumerate(policy.scopes):
        title = f"scope {scope.name or number} ({selected(scope)})"
        for stage in STAGES:
            if stage in dict(scope.stages):
                named = f"stage {stage}, {title}"
                yield _of_stage(named, policy.name, scope.stages, stage, others)
    yield _of_exceptions((policy, *others))


def notes(policy: Policy) -> Iterator[str]:
    """Yield how the columns come together."""
    if policy.extends:
        yield "every policy judges by itself, and the gravest answer counts"
    for each in dict.fromkeys(beneath(policy)):
        for number, scope in enumerate(each.scopes):
            where = f"scope {scope.name or number} of {each.name} ({selected(scope)})"
            yield f"{where}: its stages stand there instead of {each.name}'s own"


def selected(scope: Scope) -> str:
    """Say which images a scope selects."""
    parts = (("images", scope.images), ("namespaces", scope.namespaces), ("teams", scope.teams))
    told = [f"{name} {', '.join(globs)}" for name, globs in parts if globs]
    told += [f"label {name}={glob}" for name, glob in scope.labels]
    return "; ".join(told)


def _of_stage(
    title: str,
    name: str,
    stages: tuple[tuple[Stage, Rules], ...],
    stage: Stage,
    others: Sequence[Policy],
) -> Section:
    columns = [(name, dict(stages)[stage])]
    columns += [
        (each.name, dict(each.stages)[stage]) for each in others if stage in dict(each.stages)
    ]
    given = [{each.key: each for each in asked(rules)} for _, rules in columns]
    keys = tuple(dict.fromkeys(key for each in given for key in each))
    rows = [_row(key, [each.get(key) for each in given]) for key in keys]
    spoken = [
        row
        for key, row in zip(keys, rows, strict=True)
        if any(text not in {UNSAID, IDLE.get(key)} for text in row[1 : len(columns) + 1])
    ]
    named = (*(each for each, _ in columns), *(("strictest",) * (len(columns) > 1)))
    return Section(title, named, _short(spoken))


def _short(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the lines with one for all that is unknown, where it is answered alike."""
    unknowns = {row[1:] for row in rows if row[0].startswith("unknowns.")}
    if len(unknowns) != 1:
        return tuple(rows)
    short = (
        (row[0].partition(".")[0], *row[1:])
        if row[1:] in unknowns and row[0].startswith("unknowns.")
        else row
        for row in rows
    )
    return tuple(dict.fromkeys(short))


def _row(key: Key, given: Sequence[Asked | None]) -> tuple[str, ...]:
    texts = [each.text if each else UNSAID for each in given]
    if len(given) == 1:
        return (".".join(key), *texts)
    ranks = [strictness(key, each) for each in given]
    if any(each and each.strict is None for each in given):
        said = sum(text != UNSAID for text in texts)
        return (
            ".".join(key),
            *texts,
            "both" if said > 1 else next(t for t in texts if t != UNSAID),
        )
    best = max(range(len(given)), key=lambda i: -inf if (rank := ranks[i]) is None else rank)
    return (".".join(key), *texts, texts[best] if given[best] else "none")


def _of_exceptions(policies: Sequence[Policy]) -> Section:
    """Return what is asked of exceptions: every policy's terms have to hold."""
    terms = [each.terms for each in policies]
    rows = [(name, *map(told, terms)) for name, told in TERMS if any(map(told, terms))]
    filled = tuple(tuple(cell or UNSAID for cell in row) for row in rows)
    return Section("exceptions", tuple(each.name for each in policies), filled)


def _days(days: int | None) -> str:
    return "" if days is None else str(days)


def _files(terms: Terms) -> str:
    return ", ".join(terms.files)


TERMS = (
    ("files", _files),
    ("require", lambda terms: ", ".join(terms.require)),
    ("separate_approver", lambda terms: "true" * terms.separate),
    ("max_days", lambda terms: _days(terms.max_days)),
    ("expiring_days", lambda terms: _days(terms.expiring_days)),
)
