"""What the rules of a stage say of one finding (docs/policy.md).

A rule asks: `score`, `severity`, `epss`, `unscored`, `kev`, `ssvc`, each unknown, each condition of
the policy's own. A relief (`reliefs.py`) answers instead where the rule's answer is graver.
"""

from collections.abc import Iterator

from gate.policy.model import Rules
from gate.rules.reliefs import BANDS, soften
from gate.rules.said import Circumstances, Said
from gate.score import band, score_of
from match.model import Finding
from match.severity import WORDS


def weigh(finding: Finding, under: Circumstances) -> tuple[Said, ...]:
    """Return what every rule that speaks of the finding comes to, each after its reliefs."""
    asked = tuple(_asked(finding, under))
    if under.relieves:
        asked = tuple([soften(each, finding, under) for each in asked])
    if under.policy:
        whose = f" (policy {under.policy})"
        asked = tuple([each._replace(because=each.because + whose) for each in asked])
    return asked


def unknowns_of(finding: Finding) -> list[str]:
    """Return the names of the unknowns a finding has, sorted; `unscored` has a rule of its own."""
    if not finding.unknowns and finding.outcome == "affected":
        return []
    names = set(finding.unknowns)
    if finding.outcome == "undecided":
        names.add("undecided")
    return sorted(names - {"unscored"})


def _asked(finding: Finding, under: Circumstances) -> Iterator[Said]:
    """Yield what each rule says, the score's first.

    What an undecided finding is rated by does not deny by itself: whether it is one at all is
    unknown, and `undecided` answers for that.
    """
    rules = under.rules
    score, rated = score_of(finding, rules.cvss, rules.severity_sources)
    undecided = finding.outcome == "undecided"
    yield _by_score(score, rated, rules, undecided=undecided)
    if not undecided:
        yield from _by_rating(finding, score, rules)
    for name in unknowns_of(finding):
        because = _silence(finding) if name == "vendor_silent" else name
        yield Said(under.answers.get(name, under.usual), name, because, name)
    for each in under.conditions:
        if not each.condition.at_most:
            yield from each.ask(finding)


def _by_score(score: float | None, rated: str, rules: Rules, *, undecided: bool) -> Said:
    if score is None:
        return Said(rules.unscored, "unscored", "no feed gives it a score", "unscored")
    if rules.score is None:
        return Said("pass", "score", f"{rated}; the policy has no threshold", "score")
    if undecided:
        return Said("pass", "score", f"{rated}; not held against it while undecided", "score")
    if score >= rules.score:
        return Said("deny", "score", f"{rated} >= {rules.score:.1f}", "score")
    return Said("pass", "score", f"{rated} < {rules.score:.1f}", "score")


def _by_rating(finding: Finding, score: float | None, rules: Rules) -> Iterator[Said]:
    """Yield what is said by word, by likelihood, by decision, and by known exploitation."""
    if rules.severity:
        word, whose = _word(finding, score)
        if word in BANDS and BANDS.index(word) >= BANDS.index(rules.severity):
            yield Said("deny", "severity", f"{whose} >= {rules.severity}", "severity")
    vulnerability = finding.vulnerability
    likely = vulnerability.epss
    if rules.epss is not None and likely and likely.probability >= rules.epss:
        because = f"EPSS {likely.probability:.3f} >= {rules.epss:.3f}"
        yield Said("deny", "epss", because, "epss")
    if rules.ssvc and vulnerability.ssvc:
        yield from _by_decision(vulnerability.ssvc, rules)
    kev = vulnerability.kev
    if kev and rules.kev != "ignore":
        yield Said(rules.kev, "kev", f"known to be exploited since {kev.added}", "kev")


def _by_decision(stated: str, rules: Rules) -> Iterator[Said]:
    from gate.rules.ssvc import at_least, decision_of

    decision = decision_of(stated, rules.mission)
    if decision and at_least(decision, rules.ssvc):
        how = "" if decision == stated.lower() else f" ({stated}, mission {rules.mission})"
        yield Said("deny", "ssvc", f"SSVC {decision}{how} >= {rules.ssvc}", "ssvc")


def _word(finding: Finding, score: float | None) -> tuple[str, str]:
    """Return the band of the word of who speaks for the package, else of the score, and why."""
    shown = finding.severity
    for rating in (*((shown,) if shown else ()), *finding.vulnerability.severities):
        if rating.label and (rating is shown or rating.source == finding.feed):
            least = WORDS.get(rating.label.lower())
            if least is not None:
                return band(least), f"severity {rating.label.lower()} ({rating.source})"
    word = band(score)
    return word, f"severity {word} (by its score)"


def _silence(finding: Finding) -> str:
    days = finding.silent_days
    return "vendor silent" if days is None else f"vendor silent for {days} days"
