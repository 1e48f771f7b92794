"""What rules ask, key by key, and which of two is the stricter.

Policies that extend one another all judge, and the gravest answer counts: a rule that is looser
than the same one of an extended policy lets nothing pass that this denies. Its author is told.
"""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from gate.model import Stage
from gate.places import Place, compose, fault
from gate.policy.document import STAGES
from gate.policy.model import Policy, Rules
from gate.policy.reading import read
from gate.rules.said import WEIGHT
from gate.rules.ssvc import DECISIONS, MISSIONS
from sbom.model import Fault

BANDS = ("low", "medium", "high", "critical")
SOFTENING = {"grace", "layers", "types"}
"""Keys that only ever soften: where one is not said, nothing is as strict."""
SINCE = {"published": "publication", "first_seen": "first seen", "fix": "the fix"}
"""What the days of grace are counted from."""
Key = tuple[str, ...]


class Asked(NamedTuple):
    """One key of a stage's rules, as it is written; the higher `strict` the stricter.

    strict: None where two of them cannot be told apart so, and both count.
    """

    key: Key
    text: str
    strict: float | None


def looser(data: bytes, name: str) -> tuple[Fault, ...]:
    """Return what a policy says more loosely than one that it extends, each with its line.

    data: a policy without faults. name: its file, from whose folder the others are read.

    Raises:
        InputError: where one that it extends cannot be read.
    """
    policy, root = read(data, name), compose(data, "policy")
    if isinstance(root, Fault):
        return (root,)
    found = list(_of_table(root, "stages", policy.stages, policy))
    scopes = root.value.get("scopes")
    for number, each in enumerate(policy.scopes):
        place = scopes.value[number]
        found += _of_table(place, f"scopes[{number}].stages", each.stages, policy)
    # Stages that share their rules by an anchor share the note.
    return tuple(
        {(each.place, each.what.partition(" is ")[2]): each for each in found[::-1]}.values()
    )[::-1]


def beneath(policy: Policy) -> Iterator[Policy]:
    """Yield the policies that one extends, and those that they extend."""
    for each in policy.extends:
        yield each
        yield from beneath(each)


def asked(rules: Rules) -> Iterator[Asked]:
    """Yield what a stage asks, in the order of docs/policy.md."""
    yield from _thresholds(rules)
    yield from _whole(rules)
    for each in rules.conditions:
        softens = "at most " * each.at_most
        yield Asked(("conditions", each.name), f"{softens}{each.answer} ({each.on})", None)
    yield _answer(("unscored",), rules.unscored)
    for name, answer in rules.unknowns:
        yield _answer(("unknowns", name), answer)
    yield from _softening(rules)
    if rules.severity_sources:
        yield Asked(("severity_sources",), ", ".join(rules.severity_sources), None)
    if rules.cvss:
        yield Asked(("cvss",), rules.cvss, None)
    yield from (_switch("kernel", given=rules.kernel), _switch("optional", given=rules.optional))


def strictness(key: Key, given: Asked | None) -> float | None:
    """Return how strict a key is where it may not be said at all."""
    if given is not None:
        return given.strict
    return inf if key[0] in SOFTENING else -inf


def _of_table(
    root: Place, where: str, stages: tuple[tuple[Stage, Rules], ...], policy: Policy
) -> Iterator[Fault]:
    """Yield what one table of stages says more loosely than the stages of what is extended."""
    own = dict(stages)
    for stage in STAGES:
        if stage not in own:
            continue
        place = root.value["stages"].value[stage]
        for other in dict.fromkeys(beneath(policy)):
            theirs = dict(other.stages).get(stage)
            named = f"{where}.{stage}"
            if theirs is None and not other.scopes:
                yield fault(place, f"{named}: {other.name} has no rules for it, and is asked too")
            elif theirs is not None:
                yield from _of_stage(place, named, own[stage], theirs, other.name)


def _of_stage(place: Place, where: str, own: Rules, theirs: Rules, name: str) -> Iterator[Fault]:
    others = {each.key: each for each in asked(theirs)}
    told = set()
    for each in asked(own):
        path, said = _said(place, each.key)
        strict, least = each.strict, strictness(each.key, others.get(each.key))
        if said is None or path in told or strict is None or least is None or strict >= least:
            continue
        told.add(path)
        other = others[each.key].text if each.key in others else "not said"
        what = f"{where}.{'.'.join(path)} is {each.text}, looser than in {name} ({other})"
        yield fault(said, f"{what}; both judge, and the gravest answer counts")


def _said(place: Place, key: Key) -> tuple[Key, Place | None]:
    """Return where a key is said, itself or in one word for several; None where it is not."""
    for depth, part in enumerate(key):
        if not isinstance(place.value, dict):
            return key[:depth], place
        if part not in place.value:
            return key, None
        place = place.value[part]
    return key, place


def _thresholds(rules: Rules) -> Iterator[Asked]:
    """Yield from where on a finding is denied, and how much of the image a feed speaks for."""
    if rules.score is not None:
        yield Asked(("score",), f"{rules.score:g}", -rules.score)
    else:
        yield Asked(("score",), "none", -inf)
    if rules.severity:
        yield Asked(("severity",), rules.severity, -BANDS.index(rules.severity))
    if rules.ssvc:
        yield Asked(("ssvc", "at"), rules.ssvc, -DECISIONS.index(rules.ssvc))
        yield Asked(("ssvc", "mission"), rules.mission, MISSIONS.index(rules.mission))
    if rules.epss is not None:
        yield Asked(("epss",), f"{rules.epss:g}", -rules.epss)
    yield _answer(("kev",), rules.kev)
    if rules.coverage is not None:
        yield Asked(("coverage",), f"{rules.coverage:g}", rules.coverage)
    for name, days in rules.feeds:
        yield _days(("feeds", name), days)
    if rules.stale_days is not None:
        yield _days(("stale_days",), rules.stale_days)


def _softening(rules: Rules) -> Iterator[Asked]:
    yield _answer(("unfixed",), rules.unfixed)
    named = dict(rules.grace)
    for band in BANDS:
        if band in named:
            days = _days(("grace", band), named[band])
            yield days._replace(text=f"{days.text} since {SINCE[rules.since]}")
    for kind, answer in rules.types:
        yield _answer(("types", kind), answer)
    for layer, answer in rules.layers:
        yield _answer(("layers", layer), answer)
    yield _answer(("baseline",), rules.baseline)


def _whole(rules: Rules) -> Iterator[Asked]:
    """Yield what is asked of licences, of the SBOM and of the image's configuration."""
    licences, sbom, image = rules.licences, rules.sbom, rules.image
    if licences:
        yield from _listed(("licences", "allow"), licences.allow)
        yield from _listed(("licences", "deny"), licences.deny)
        yield _answer(("licences", "answer"), licences.answer)
        yield _answer(("licences", "unknown"), licences.unknown)
    if sbom:
        for name, share in sbom.shares:
            yield Asked(("sbom", name), f"{share:g}", share)
        if sbom.signed:
            yield Asked(("sbom", "signed"), "true", 1)
        yield from _listed(("sbom", "signers"), sbom.signers)
        yield _answer(("sbom", "answer"), sbom.answer)
    if image:
        for name, answer in image.answers:
            yield _answer(("image", name), answer)
        yield from _listed(("image", "ports"), image.ports)
        for name, days in (("base_days", image.base_days), ("days", image.days)):
            if days is not None:
                yield _days(("image", name), days)
        yield from _listed(("image", "bases"), image.bases)
        yield _answer(("image", "answer"), image.answer)


def _answer(key: Key, answer: str) -> Asked:
    return Asked(key, answer, WEIGHT[answer])


def _days(key: Key, days: int | None) -> Asked:
    """Return a number of days at most; any number is the loosest that is still asked."""
    most = -1e9 if days is None else -float(days)
    return Asked(
        key, "any age" if days is None else f"{days} {'day' if days == 1 else 'days'}", most
    )


def _switch(key: str, *, given: bool) -> Asked:
    return Asked((key,), "true" if given else "false", float(given))


def _listed(key: Key, globs: tuple[str, ...] | None) -> Iterator[Asked]:
    """Yield a list of what may or may not be: of two lists neither is the stricter."""
    if globs or (globs is not None and key[-1] == "ports"):
        yield Asked(key, ", ".join(globs) or "none", None)
