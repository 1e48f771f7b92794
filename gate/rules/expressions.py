"""Conditions of a policy's own, in CEL: typed variables, checked when the policy is read.

An expression that does not fit its variables is a fault of the policy. One that fails on a finding
(a key that is not there, a division by zero, too much work) counts as true where it asks, as false
where it would soften, and is an unknown of the verdict: it fails closed. CEL has no side effects,
its regular expressions are linear, and the runtime bounds depth and loops (decision 0011).
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from gate.model import Run
from gate.policy.model import Condition
from gate.rules.said import Said
from gate.score import band, score_of
from match.model import Finding
from sbom.days import days_between
from sbom.errors import InputError
from sbom.model import Component, Digest

MAX_LENGTH = 4096
INSTALL = "pip install 'lading[cel]'"
TEXT, NUMBER, WHOLE, SWITCH, TEXTS = "STRING", "DOUBLE", "INT", "BOOL", "LIST"
FINDING = {
    "finding.id": TEXT,
    "finding.aliases": TEXTS,
    "finding.score": NUMBER,
    "finding.severity": TEXT,
    "finding.kev": SWITCH,
    "finding.epss": NUMBER,
    "finding.ssvc": TEXT,
    "finding.fix": TEXT,
    "finding.fixed": TEXTS,
    "finding.feed": TEXT,
    "finding.summary": TEXT,
    "finding.undecided": SWITCH,
    "finding.disputed": SWITCH,
    "finding.rejected": SWITCH,
    "finding.by_cpe": SWITCH,
    "finding.days": WHOLE,
}
COMPONENT = {
    "component.purl": TEXT,
    "component.type": TEXT,
    "component.namespace": TEXT,
    "component.name": TEXT,
    "component.version": TEXT,
    "component.source": TEXT,
    "component.vendor": TEXT,
    "component.licences": TEXTS,
    "component.paths": TEXTS,
    "component.layer": WHOLE,
    "component.origin": TEXT,
    "component.optional": SWITCH,
}
IMAGE = {
    "image.name": TEXT,
    "image.distro": TEXT,
    "image.platform": TEXT,
    "image.layers": WHOLE,
    "image.components": WHOLE,
    "image.facts": "FACTS",
    "scope": "MAP",
    "stage": TEXT,
    "now": "TIMESTAMP",
}
VARIABLES = {
    "finding": FINDING | COMPONENT | IMAGE,
    "component": COMPONENT | IMAGE,
    "image": IMAGE,
}
"""The variables of a condition by what it looks at, with their types."""


class Around(NamedTuple):
    """What is the same for every finding of a run: the image's variables, its layers, the day."""

    variables: dict[str, Any]
    layers: dict[Digest, int]
    origin: Callable[[Component], str]
    today: str


class Asked(NamedTuple):
    """A condition, its program, and what is around it."""

    condition: Condition
    program: Any
    names: tuple[str, ...]
    around: Around

    def ask(self, subject: Finding | Component | None) -> Iterator[Said]:
        """Yield what the condition says of a finding, a component or (None) the image."""
        condition = self.condition
        rule = f"condition.{condition.name}"
        because = condition.because or f"condition {condition.name}: {condition.when}"
        holds, error = self._holds(subject)
        if holds:
            yield Said(condition.answer, rule, because, rule)
        elif error and not condition.at_most:
            told = f"{because}; it could not be evaluated ({error}), which counts as yes"
            yield Said(condition.answer, rule, told, "unevaluated")

    def _holds(self, subject: Finding | Component | None) -> tuple[bool, str]:
        values = _values(subject, self.names, self.around)
        try:
            answer = self.program.eval(data=values)
        except (RuntimeError, ValueError, TypeError, OverflowError) as error:
            return False, _told(error)
        value = answer.value()
        return (value, "") if isinstance(value, bool) else (False, _told(value))


def fault_of(condition: Condition) -> str:
    """Return what is wrong with a condition's expression; empty where nothing is.

    Raises:
        InputError: where CEL is not installed.
    """
    if len(condition.when) > MAX_LENGTH:
        return f"longer than {MAX_LENGTH} characters"
    try:
        _program(condition.on, condition.when)
    except (RuntimeError, ValueError, TypeError) as error:
        return _told(error)
    return ""


def prepare(condition: Condition, around: Around) -> Asked:
    """Return a condition that can be asked; its expression has to be without faults."""
    program, names = _program(condition.on, condition.when)
    return Asked(condition, program, names, around)


def surroundings(
    run: Run, stage: str, decided_at: str, origin: Callable[[Component], str]
) -> Around:
    """Return the variables of an image."""
    sbom = run.sbom
    facts: dict[str, list[str]] = {}
    for name, value in sbom.facts:
        facts.setdefault(name, []).append(value)
    variables: dict[str, Any] = {
        "image.name": sbom.subject.name,
        "image.distro": f"{sbom.distro.id}:{sbom.distro.version}" if sbom.distro else "",
        "image.platform": sbom.subject.platform,
        "image.layers": len(sbom.layers),
        "image.components": len(sbom.components),
        "image.facts": facts,
        "scope": dict(run.scope),
        "stage": stage,
    }
    if decided_at:
        from datetime import datetime

        variables["now"] = datetime.fromisoformat(decided_at)
    layers = {layer.diff_id: number for number, layer in enumerate(sbom.layers, 1)}
    return Around(variables, layers, origin, decided_at[:10])


@lru_cache(maxsize=256)
def _program(on: str, when: str) -> tuple[Any, tuple[str, ...]]:
    """Compile an expression; return it with the variables whose names are in it."""
    environment = _environment(on)
    program = environment.compile(when)
    kind = program.return_type().name()
    if kind != "BOOL":
        raise ValueError(f"it is of type {kind}, a condition is true or false")
    return program, tuple(name for name in VARIABLES[on] if name in when)


@lru_cache
def _environment(on: str) -> Any:
    try:
        from cel_expr_python import cel  # type: ignore[import-untyped]
    except ImportError:
        raise InputError("a policy with conditions in CEL needs another package", INSTALL) from None
    kinds = cel.Type
    composed = {
        "LIST": kinds.List(kinds.STRING),
        "MAP": kinds.Map(kinds.STRING, kinds.STRING),
        "FACTS": kinds.Map(kinds.STRING, kinds.List(kinds.STRING)),
    }
    return cel.NewEnv(
        variables={
            name: composed.get(kind) or getattr(kinds, kind) for name, kind in VARIABLES[on].items()
        }
    )


def _values(
    subject: Finding | Component | None, names: tuple[str, ...], around: Around
) -> dict[str, Any]:
    """Return the variables that an expression names."""
    of_image = around.variables
    values = {name: of_image[name] for name in names if name in of_image}
    if subject is None:
        return values
    component = subject.component if isinstance(subject, Finding) else subject
    for name in names:
        group, _, part = name.partition(".")
        if group == "component":
            values[name] = OF_COMPONENT[part](component, around)
        elif group == "finding" and isinstance(subject, Finding):
            values[name] = OF_FINDING[part](subject, around)
    return values


def _days(finding: Finding, around: Around) -> int:
    """Return the days since a vulnerability was published; -1 where that is not known."""
    stated = finding.vulnerability.published or finding.vulnerability.first_seen
    days = days_between(stated, around.today)
    return -1 if days is None else max(days, -1)


def _layer(component: Component, around: Around) -> int:
    numbers = (around.layers.get(each.layer) for each in component.evidence if each.layer)
    return next((number for number in numbers if number), 0)


def _type(component: Component) -> str:
    return component.purl.removeprefix("pkg:").partition("/")[0]


OF_FINDING: dict[str, Any] = {
    "id": lambda f, _: f.vulnerability.id,
    "aliases": lambda f, _: list(f.vulnerability.aliases),
    # Without a score it is -1, below every threshold: `unscored` has a rule of its own.
    "score": lambda f, _: -1.0 if score_of(f)[0] is None else score_of(f)[0],
    "severity": lambda f, _: band(score_of(f)[0]),
    "kev": lambda f, _: f.vulnerability.kev is not None,
    "epss": lambda f, _: f.vulnerability.epss.probability if f.vulnerability.epss else 0.0,
    "ssvc": lambda f, _: f.vulnerability.ssvc,
    "fix": lambda f, _: f.fix,
    "fixed": lambda f, _: list(f.fixed),
    "feed": lambda f, _: f.feed,
    "summary": lambda f, _: f.vulnerability.summary,
    "undecided": lambda f, _: f.outcome == "undecided",
    "disputed": lambda f, _: f.vulnerability.disputed,
    "rejected": lambda f, _: bool(f.vulnerability.rejected),
    "by_cpe": lambda f, _: f.by == "cpe",
    "days": _days,
}
OF_COMPONENT: dict[str, Any] = {
    "purl": lambda c, _: c.purl,
    "type": lambda c, _: _type(c),
    "namespace": lambda c, _: c.namespace,
    "name": lambda c, _: c.name,
    "version": lambda c, _: c.version,
    "source": lambda c, _: c.source,
    "vendor": lambda c, _: c.vendor,
    "licences": lambda c, _: list(c.licenses),
    "paths": lambda c, _: [each.path for each in c.evidence],
    "layer": _layer,
    "origin": lambda c, around: around.origin(c),
    "optional": lambda c, _: c.scope == "optional",
}


def _told(error: object) -> str:
    """Return the first line of an error of CEL's, with the column, without its codes."""
    text = str(error).partition("\n")[0].partition("ERROR: <input>:")
    if not text[1]:
        return " ".join(text[0].replace("[INTERNAL]", "").split())[:200]
    _, column, what = text[2].split(":", 2)
    hint = ""
    if "(double, int)" in what or "(int, double)" in what:
        hint = "; a score is a fraction, write 7.0"
    return f"column {column}: {' '.join(what.split())[:200]}{hint}"
