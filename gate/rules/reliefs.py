"""What softens a rule's answer: no fix, grace, type, layer, baseline, a condition, an exception.

Each says what a finding comes to at most; where several do, the gravest of them counts. An
exception names its finding and its owner, so it softens every rule; no other relief softens `kev`.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from gate.exceptions.holding import accepted_by, days_until, holds
from gate.policy.model import HouseException, Rules
from gate.rules.said import WEIGHT, Circumstances, Said, gravest
from gate.score import band, score_of
from match.model import Finding

BANDS = ("none", "low", "medium", "high", "critical")
"""Words for how grave a finding is, the mildest first."""
RATED = {"score", "severity", "epss", "ssvc", "unscored"}
"""What `unfixed` and `grace` soften; unknowns and conditions do not yield to them."""


def soften(said: Said, finding: Finding, under: Circumstances) -> Said:
    """Return the gravest relief of what was said, or the same where there is none."""
    if WEIGHT[said.answer] <= WEIGHT["ignore"]:
        return said
    reliefs = tuple(_reliefs(said, finding, under))
    milder = [each for each in reliefs if WEIGHT[each.answer] < WEIGHT[said.answer]]
    if milder:
        return gravest(milder)
    spent = next((each for each in reliefs if each.rule == "grace"), None)
    return said._replace(because=spent.because) if spent else said


def has_fix(finding: Finding) -> bool:
    """Tell whether a version that fixes the finding is known for its package."""
    return bool(finding.fixed) or finding.fix == "fixed"


def _exceptions_for(finding: Finding, under: Circumstances) -> Iterator[HouseException]:
    """Yield the exceptions that hold for a finding."""
    vulnerability = finding.vulnerability
    for id_ in (vulnerability.id, *vulnerability.aliases):
        for each in under.exceptions.get(id_, ()):
            if holds(each, finding, under.decided_at):
                yield each


def _reliefs(said: Said, finding: Finding, under: Circumstances) -> Iterator[Said]:
    """Yield the reliefs of a rule; a grace period that is over gives the rule's answer again."""
    rules, asked, because = under.rules, said.asked, said.because
    if under.exceptions:
        for each in _exceptions_for(finding, under):
            told = f"{because}; {accepted_by(each)}"
            left = days_until(each, under.decided_at)
            yield Said(each.answer, "exception", told, asked, left)
    if asked == "kev":
        return
    if asked in RATED:
        if not has_fix(finding):
            yield Said(rules.unfixed, "unfixed", f"{because}; no fix is known", asked)
        if rules.grace and WEIGHT[said.answer] > WEIGHT["warn"]:
            yield _grace(said, finding, rules, under.decided_at)
    yield from _by_place(said, finding, under)
    if under.baseline and under.baseline.holds(finding):
        yield Said(rules.baseline, "baseline", f"{because}; known to the baseline", asked)
    for own in under.conditions:
        if own.condition.at_most:
            yield from (
                each._replace(because=f"{because}; {each.because}", asked=asked)
                for each in own.ask(finding)
            )


def _by_place(said: Said, finding: Finding, under: Circumstances) -> Iterator[Said]:
    """Yield what the type of the package and its layer soften."""
    rules, because = under.rules, said.because
    if rules.types:
        kind = finding.component.purl.removeprefix("pkg:").partition("/")[0]
        answer = dict(rules.types).get(kind)
        if answer:
            yield Said(answer, "types", f"{because}; a package of type {kind}", said.asked)
    if rules.layers:
        place = under.origin(finding.component)
        answer = dict(rules.layers).get(place)
        if answer:
            named = "the base image" if place == "base" else "a layer of one's own"
            yield Said(answer, "layers", f"{because}; in {named}", said.asked)


def _grace(said: Said, finding: Finding, rules: Rules, decided_at: str) -> Said:
    """Return a warning for as long as the finding has time left, and how long that is."""
    word = band(score_of(finding, rules.cvss, rules.severity_sources)[0])
    days = _days_of(word, rules)
    if not days:
        return said
    today, start = _day(decided_at), _start(finding, rules.since, decided_at)
    if today is None or start is None:
        return said._replace(rule="grace", because=f"{said.because}; no grace without a date")
    try:
        end = start + timedelta(days=days)
    except OverflowError:
        return said
    left = (end - today).days
    if left <= 0:
        because = f"{said.because}; its {days} days of grace ended on {end}"
        return said._replace(rule="grace", because=because)
    because = f"{said.because}; in grace until {end}, {left} {'day' if left == 1 else 'days'} left"
    return Said("warn", "grace", because, said.asked, left)


def _days_of(word: str, rules: Rules) -> int:
    """Return the days a band has: its own, else those of the nearest graver band that is named."""
    if word not in BANDS:
        return 0
    named = dict(rules.grace)
    return next((named[each] for each in BANDS[BANDS.index(word) :] if each in named), 0)


def _start(finding: Finding, since: str, decided_at: str) -> date | None:
    """Return the day the period begins; a date that lies ahead of the verdict is none.

    Counted from the fix, it begins when the record that names the fix was published: never before
    that, and where this is not known with the vulnerability itself, which leaves fewer days.
    """
    vulnerability = finding.vulnerability
    stated = [vulnerability.first_seen]
    if since != "first_seen":
        stated.insert(0, vulnerability.published)
    if since == "fix" and has_fix(finding):
        stated.insert(0, finding.fix_published)
    today = _day(decided_at)
    days = (_day(each) for each in stated)
    return next((day for day in days if day and today and day <= today), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
