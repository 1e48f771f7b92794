"""What a rule says of one finding, and what every finding of a run is judged under.

One rule settles every conflict: the gravest answer counts, of several rules as of several reliefs,
of several policies as of several scopes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gate.model import Answer
from gate.policy.model import Condition, HouseException, Rules
from match.model import Finding
from sbom.model import Component

if TYPE_CHECKING:
    from gate.rules.baseline import Baseline

WEIGHT = {"pass": 0, "ignore": 1, "warn": 2, "deny": 3}


class Said(NamedTuple):
    """An answer, by which rule and why; `asked` is the rule that was softened, or the rule itself.

    days_left: how long a grace period or an exception still holds, None where none does.
    """

    answer: str
    rule: str
    because: str
    asked: str
    days_left: int | None = None


class Own(Protocol):
    """A condition of a policy's own that can be asked (`gate/rules/expressions.py`)."""

    @property
    def condition(self) -> Condition:
        """Return the condition as the policy states it."""

    def ask(self, subject: Finding | Component | None) -> Iterator[Said]:
        """Yield what it says of a finding, a component or (None) the image."""


class Circumstances(NamedTuple):
    """What every finding is judged under: the rules of the stage, the time and the baseline.

    answers: to every unknown; `usual` is for one the rules do not name.
    origin: tells whose a component is (`base`, `own`, `unknown`).
    exceptions: those that hold, by each id of what they speak of.
    conditions: the rules' own conditions about findings, ready to be asked.
    relieves: whether anything can soften an answer at all.
    policy: whose rules these are, where there are several.
    """

    rules: Rules
    answers: Mapping[str, Answer]
    usual: Answer
    decided_at: str
    baseline: "Baseline | None"
    origin: Callable[[Component], str]
    exceptions: Mapping[str, tuple[HouseException, ...]]
    conditions: tuple["Own", ...]
    relieves: bool
    policy: str = ""


def gravest(said: Sequence[Said]) -> Said:
    """Return the one that counts; of equally grave ones the rule that comes first."""
    return said[0] if len(said) == 1 else max(said, key=lambda each: WEIGHT[each.answer])
