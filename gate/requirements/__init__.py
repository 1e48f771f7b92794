"""What a stage asks of the image as a whole: one file for each question, all of one shape.

`unmet(run, rules, day)` yields a `Decision` for each thing that is not as the rules ask; `day` is
the verdict's, a date as text.
"""

from collections.abc import Iterator
from importlib import import_module

from gate.model import Decision, Run
from gate.policy.model import Rules

MODULES = ("configuration", "coverage", "licences", "quality")


def unmet(run: Run, rules: Rules, day: str) -> Iterator[Decision]:
    """Yield what is not as the rules ask; only modules that have something to do are imported."""
    for name in _asked(rules):
        yield from import_module(f"gate.requirements.{name}").unmet(run, rules, day)


def missing_facts(run: Run, rules: Rules) -> tuple[str, ...]:
    """Return what the rules ask of the image's configuration and nobody knows."""
    if rules.image is None:
        return ()
    from gate.requirements.configuration import missing

    return missing(run, rules)


def _asked(rules: Rules) -> Iterator[str]:
    asked = (
        rules.image,
        rules.coverage is not None or rules.feeds,
        rules.licences,
        rules.sbom,
    )
    yield from (name for name, given in zip(MODULES, asked, strict=True) if given)
