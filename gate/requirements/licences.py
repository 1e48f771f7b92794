"""Which licences components may have: SPDX expressions, read as the specification reads them.

Of `A OR B` one has to be allowed, of `A AND B` both (SPDX 2.3, annex D); several licences of one
component are all of them. What is no expression is one licence by the publisher's own words.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from gate.model import Decision, Run
from gate.policy.model import Licences, Rules

TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
OPERATORS = {"AND", "OR"}
NONE = frozenset({"", "NONE", "NOASSERTION"})
MAX_TOKENS = 400
MAX_DEPTH = 50
"""What is longer or deeper than any real expression is not allowed, whatever the rules."""


def unmet(run: Run, rules: Rules, day: str) -> Iterator[Decision]:  # noqa: ARG001
    """Yield a decision for each component whose licence may not be, or is not known."""
    asked = rules.licences
    if asked is None:
        return
    for component in run.sbom.components:
        stated = [each for each in component.licenses if each.strip().upper() not in NONE]
        named = f"{component.name} {component.version}".strip()
        if not stated:
            if asked.unknown != "ignore":
                because = f"{named} has no licence that is known"
                yield Decision(
                    answer=asked.unknown, rule="licences", because=because, purl=component.purl
                )
            continue
        wrong = [each for each in stated if not allowed(each, asked)]
        if wrong:
            because = f"{named} is licensed {', '.join(wrong)}"
            yield Decision(
                answer=asked.answer, rule="licences", because=because, purl=component.purl
            )


@lru_cache(maxsize=4096)
def allowed(expression: str, asked: Licences) -> bool:
    """Tell whether an expression can be fulfilled with licences that are allowed."""
    tokens = TOKEN.findall(expression)
    if len(tokens) > MAX_TOKENS or tokens.count("(") > MAX_DEPTH:
        return False
    rest = _Rest(_joined(tokens))
    verdict = _any(rest, asked)
    return _one(expression.strip(), asked) if verdict is None or rest.tokens else verdict


class _Rest:
    """The tokens that are still to be read, the next one last."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def take(self, word: str) -> bool:
        found = bool(self.tokens) and self.tokens[-1].upper() == word
        if found:
            self.tokens.pop()
        return found


def _joined(tokens: list[str]) -> list[str]:
    """Return the tokens with `A WITH B` as one."""
    found: list[str] = []
    for token in tokens:
        if found and (token.upper() == "WITH" or found[-1].upper().endswith(" WITH")):
            found[-1] = f"{found[-1]} {token}"
        else:
            found.append(token)
    return found


def _any(rest: _Rest, asked: Licences) -> bool | None:
    """Read a chain of OR; None where it is no expression. AND binds more tightly."""
    verdict = _all(rest, asked)
    while verdict is not None and rest.take("OR"):
        other = _all(rest, asked)
        verdict = None if other is None else verdict or other
    return verdict


def _all(rest: _Rest, asked: Licences) -> bool | None:
    verdict = _term(rest, asked)
    while verdict is not None and rest.take("AND"):
        other = _term(rest, asked)
        verdict = None if other is None else verdict and other
    return verdict


def _term(rest: _Rest, asked: Licences) -> bool | None:
    if rest.take("("):
        verdict = _any(rest, asked)
        return verdict if rest.take(")") else None
    if not rest.tokens or rest.tokens[-1].upper() in OPERATORS or rest.tokens[-1] == ")":
        return None
    return _one(rest.tokens.pop(), asked)


def _one(licence: str, asked: Licences) -> bool:
    """Tell whether one licence is allowed; case does not matter (SPDX 2.3, annex D.2)."""
    name = licence.lower()
    bare = name.partition(" with ")[0]
    denied = any(fnmatchcase(each, glob.lower()) for glob in asked.deny for each in (name, bare))
    if denied:
        return False
    return not asked.allow or any(
        fnmatchcase(each, glob.lower()) for glob in asked.allow for each in (name, bare)
    )
