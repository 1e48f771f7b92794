"""Which rules judge an image: all that are returned here do, and the gravest answer counts.

They are those of the policy's scopes that select it, or else its own stages; and those of every
policy it extends, found in the same way.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from gate.model import Run, Stage
from gate.policy.model import Policy, Rules, Scope
from sbom.errors import InputError


class Applying(NamedTuple):
    """Rules that judge an image, and whose they are."""

    policy: str
    rules: Rules


def applying(run: Run, policy: Policy, stage: Stage) -> tuple[Applying, ...]:
    """Return the rules that judge the image of a run at a stage.

    Raises:
        InputError: where a policy, its own or one that it extends, says nothing of the stage.
    """
    found = tuple(_of_one(run, policy, stage))
    for each in policy.extends:
        found += applying(run, each, stage)
    return tuple(dict.fromkeys(found))


def selects(scope: Scope, run: Run) -> bool:
    """Tell whether a scope selects the image: by each kind of pattern that it has."""
    given = dict(run.scope)
    labels = dict(_after("label-", run.sbom.facts)) | dict(_after("label.", run.scope))
    return (
        fits(run.sbom.subject.name, scope.images)
        and fits(given.get("namespace", ""), scope.namespaces)
        and fits(given.get("team", ""), scope.teams)
        and all(fits(labels.get(name, ""), (glob,)) for name, glob in scope.labels)
    )


def fits(text: str, globs: tuple[str, ...]) -> bool:
    """Tell whether a text is what one of the globs means; without any, everything is."""
    return not globs or any(fnmatchcase(text, each) for each in globs)


def _after(prefix: str, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the pairs whose name begins so, without it: no other fact passes for a label."""
    return ((name[len(prefix) :], value) for name, value in pairs if name.startswith(prefix))


def _of_one(run: Run, policy: Policy, stage: Stage) -> Iterator[Applying]:
    chosen = [each for each in policy.scopes if stage in dict(each.stages) and selects(each, run)]
    for scope in chosen:
        name = f"{policy.name}, scope {scope.name}" if scope.name else policy.name
        yield Applying(name, dict(scope.stages)[stage])
    if chosen:
        return
    rules = dict(policy.stages).get(stage)
    if rules is None:
        raise InputError(
            f"policy {policy.name}: no rules for stage {stage}",
            f"it has {', '.join(name for name, _ in policy.stages) or 'none at all'}",
        )
    yield Applying(policy.name, rules)
