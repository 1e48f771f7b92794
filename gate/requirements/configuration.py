"""What the image's configuration has to be (NIST SP 800-190, 4.1.2); docs/facts.md has the facts.

A fact that a rule asks for and nobody knows is the unknown `no_facts`, never a pass.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from gate.model import Answer, Decision, Run
from gate.policy.model import Configuration, Rules
from sbom.days import days_between

FACT_OF = {
    "no_healthcheck": "healthcheck",
    "root": "runs-as-root",
    "secret_variable": "config",
    "ssh": "ssh",
}
"""The fact that each question is answered by."""


def unmet(run: Run, rules: Rules, day: str) -> Iterator[Decision]:
    """Yield what is not as it has to be."""
    asked = rules.image
    if asked is None:
        return
    facts = _facts(run)
    for name, answer in asked.answers:
        for because in _found(name, facts):
            yield _decision(name, answer, because)
    if asked.ports is not None:
        wrong = [each for each in facts.get("exposed-port", ()) if each not in asked.ports]
        if wrong:
            yield _decision("ports", asked.answer, f"it exposes {', '.join(wrong)}")
    bases = facts.get("base-name", ())
    if asked.bases and bases and not any(fnmatchcase(b, g) for b in bases for g in asked.bases):
        yield _decision("bases", asked.answer, f"its base is {', '.join(bases)}")
    yield from _old(asked, facts, day)


def missing(run: Run, rules: Rules) -> tuple[str, ...]:
    """Return the facts that the rules ask for and nobody knows, sorted."""
    asked = rules.image
    if asked is None:
        return ()
    facts = _facts(run)
    wanted = {FACT_OF[name] for name, answer in asked.answers if answer != "ignore"}
    if asked.ports is not None:
        wanted.add("config")
    wanted |= {"base-name"} if asked.bases else set()
    wanted |= {"base-created"} if asked.base_days is not None else set()
    wanted |= {"created"} if asked.days is not None else set()
    unread = "config" in wanted and "read" not in facts.get("config", ())
    known = facts.keys() - ({"config"} if unread else set())
    if "unknown" in facts.get("runs-as-root", ()):
        known -= {"runs-as-root"}
    return tuple(sorted(wanted - known))


def _facts(run: Run) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {}
    for name, value in run.sbom.facts:
        facts[name] = (*facts.get(name, ()), value)
    if "created" not in facts and run.sbom.subject.created:
        facts["created"] = (run.sbom.subject.created,)
    return facts


def _found(name: str, facts: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield what a question found wrong."""
    if name == "root" and "yes" in facts.get("runs-as-root", ()):
        yield f"it runs as {', '.join(facts.get('user', ('root',)))}"
    elif name == "no_healthcheck" and {"none", "disabled"} & set(facts.get("healthcheck", ())):
        yield "it has no health check"
    elif name == "ssh":
        signs = [each for each in facts.get("ssh", ()) if each != "none"]
        if signs:
            yield f"it has an SSH server: {', '.join(signs)}"
    elif name == "secret_variable":
        names = facts.get("secret-variable", ())
        if names:
            yield f"variables that look like secrets have values: {', '.join(names)}"


def _old(asked: Configuration, facts: dict[str, tuple[str, ...]], day: str) -> Iterator[Decision]:
    ages = (("base_days", "base-created", "its base is"), ("days", "created", "it is"))
    for rule, fact, words in ages:
        most: int | None = getattr(asked, rule)
        for value in facts.get(fact, ()) if most is not None else ():
            days = days_between(value, day)
            if days is None or most is None or days > most:
                age = "of unknown age" if days is None else f"{days} days old"
                yield _decision(rule, asked.answer, f"{words} {age}, the policy allows {most}")


def _decision(name: str, answer: Answer, because: str) -> Decision:
    return Decision(answer=answer, rule=f"image.{name}", because=because)
