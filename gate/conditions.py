"""What the rules of a stage say of one finding, and what softens it (docs/policy.md).

A rule asks: `score`, `severity`, `epss`, `unscored`, `kev`, and each unknown. A relief (`unfixed`,
`grace`, `types`, `baseline`) answers instead where the rule's own answer is graver. One rule
settles every conflict: the gravest answer counts, of several rules as of several reliefs.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from gate.baseline import Baseline
from gate.model import Answer, Rules
from gate.score import band, score_of
from match.model import Finding
from match.severity import WORDS

WEIGHT = {"pass": 0, "ignore": 1, "warn": 2, "deny": 3}
BANDS = ("none", "low", "medium", "high", "critical")
"""Words for how grave a finding is, the mildest first."""
RATED = {"score", "severity", "epss", "unscored"}
"""What `unfixed` and `grace` soften; unknowns yield to `types` and `baseline` only, `kev` never."""


class Said(NamedTuple):
    """An answer, by which rule and why; `asked` is the rule that was softened, or the rule itself.

    days_left: how long a grace period still holds, None where none does.
    """

    answer: str
    rule: str
    because: str
    asked: str
    days_left: int | None = None


class Circumstances(NamedTuple):
    """What every finding is judged under: the rules of the stage, the time and the baseline.

    answers: to every unknown; `usual` is for one the rules do not name.
    relieves: whether anything can soften an answer at all.
    """

    rules: Rules
    answers: dict[str, Answer]
    usual: Answer
    decided_at: str
    baseline: Baseline | None
    relieves: bool


def circumstances(
    rules: Rules, usual: Answer, decided_at: str, baseline: Baseline | None
) -> Circumstances:
    """Return what holds for every finding of a run."""
    relieves = bool(rules.unfixed != "deny" or rules.grace or rules.types or baseline)
    return Circumstances(rules, dict(rules.unknowns), usual, decided_at, baseline, relieves)


def weigh(finding: Finding, under: Circumstances) -> tuple[Said, ...]:
    """Return what every rule that speaks of the finding comes to, each after its reliefs."""
    asked = tuple(_asked(finding, under))
    if not under.relieves:
        return asked
    return tuple([_soften(each, finding, under) for each in asked])


def gravest(said: Sequence[Said]) -> Said:
    """Return the one that counts; of equally grave ones the rule that comes first."""
    return said[0] if len(said) == 1 else max(said, key=lambda each: WEIGHT[each.answer])


def unknowns_of(finding: Finding) -> list[str]:
    """Return the names of the unknowns a finding has, sorted; `unscored` has a rule of its own."""
    if not finding.unknowns and finding.outcome == "affected":
        return []
    names = set(finding.unknowns)
    if finding.outcome == "undecided":
        names.add("undecided")
    return sorted(names - {"unscored"})


def has_fix(finding: Finding) -> bool:
    """Tell whether a version that fixes the finding is known for its package."""
    return bool(finding.fixed) or finding.fix == "fixed"


def _asked(finding: Finding, under: Circumstances) -> Iterator[Said]:
    """Yield what each rule says, the score's first.

    What an undecided finding is rated by does not deny by itself: whether it is one at all is
    unknown, and `undecided` answers for that.
    """
    rules = under.rules
    score, rated = score_of(finding, rules.cvss)
    undecided = finding.outcome == "undecided"
    yield _by_score(score, rated, rules, undecided=undecided)
    if not undecided:
        yield from _by_rating(finding, score, rules)
    for name in unknowns_of(finding):
        because = _silence(finding) if name == "vendor_silent" else name
        yield Said(under.answers.get(name, under.usual), name, because, name)


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
    """Yield what is said by word, by likelihood, and by known exploitation."""
    if rules.severity:
        word, whose = _word(finding, score)
        if word in BANDS and BANDS.index(word) >= BANDS.index(rules.severity):
            yield Said("deny", "severity", f"{whose} >= {rules.severity}", "severity")
    likely = finding.vulnerability.epss
    if rules.epss is not None and likely and likely.probability >= rules.epss:
        because = f"EPSS {likely.probability:.3f} >= {rules.epss:.3f}"
        yield Said("deny", "epss", because, "epss")
    kev = finding.vulnerability.kev
    if kev and rules.kev != "ignore":
        yield Said(rules.kev, "kev", f"known to be exploited since {kev.added}", "kev")


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


def _soften(said: Said, finding: Finding, under: Circumstances) -> Said:
    """Return the gravest relief of what was said, or the same where there is none."""
    if WEIGHT[said.answer] <= WEIGHT["ignore"]:
        return said
    reliefs = tuple(_reliefs(said, finding, under))
    milder = [each for each in reliefs if WEIGHT[each.answer] < WEIGHT[said.answer]]
    if milder:
        return gravest(milder)
    spent = next((each for each in reliefs if each.rule == "grace"), None)
    return said._replace(because=spent.because) if spent else said


def _reliefs(said: Said, finding: Finding, under: Circumstances) -> Iterator[Said]:
    """Yield the reliefs of a rule; a grace period that is over gives the rule's answer again."""
    rules, asked, because = under.rules, said.asked, said.because
    if asked == "kev":
        return
    if asked in RATED:
        if not has_fix(finding):
            yield Said(rules.unfixed, "unfixed", f"{because}; no fix is known", asked)
        if rules.grace and WEIGHT[said.answer] > WEIGHT["warn"]:
            yield _grace(said, finding, rules, under.decided_at)
    kind = finding.component.purl.removeprefix("pkg:").partition("/")[0]
    answer = dict(rules.types).get(kind)
    if answer:
        yield Said(answer, "types", f"{because}; a package of type {kind}", asked)
    if under.baseline and under.baseline.holds(finding):
        yield Said(rules.baseline, "baseline", f"{because}; known to the baseline", asked)


def _grace(said: Said, finding: Finding, rules: Rules, decided_at: str) -> Said:
    """Return a warning for as long as the finding has time left, and how long that is."""
    word = band(score_of(finding, rules.cvss)[0])
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
    """Return the day the period begins; a date that lies ahead of the verdict is none."""
    vulnerability = finding.vulnerability
    stated = [vulnerability.first_seen]
    if since == "published":
        stated.insert(0, vulnerability.published)
    today = _day(decided_at)
    days = (_day(each) for each in stated)
    return next((day for day in days if day and today and day <= today), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
