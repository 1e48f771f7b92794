"""What every report says of a run, in the same words and numbers."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from gate.evaluate import CLEARED, unknowns_of
from gate.model import Decision, ExceptionUse, Judged, Run
from gate.policy.model import Rules
from gate.rules.classes import class_of
from gate.score import band, severity_of
from match.model import Finding
from sbom.base import base_layers, base_of, origin
from sbom.text import plural

BANDS = ("critical", "high", "medium", "low", "none", "unscored")
STATUS_WORDS = {"fixed": "fixed by VEX", "not_affected": "not affected by VEX"}
CLASS_WORDS = {"kernel": "of the kernel, which is the host's", "optional": "not installed"}
LEFT_OUT = STATUS_WORDS | CLASS_WORDS
FACT_WORDS = {
    "user": "Runs as",
    "exposed-port": "Ports",
    "ssh": "Signs of ssh",
    "secret-variable": "Variables like secrets",
    "healthcheck": "Health check",
    "base-name": "Base image",
}
"""The facts of the configuration that reports show (docs/facts.md)."""


class Summary(Struct, frozen=True, kw_only=True, gc=False):
    """The counts and the one sentence every report opens with.

    counted: findings that count (rule 18), gravest first; left_out: the others.
    by_band: (severity word, how many of `counted`).
    why_out: (why, how many of `left_out`), in words.
    headline: what was found, or how far *nothing found* reaches.
    clean: nothing counts, and every component could be judged.
    """

    counted: tuple[Judged, ...]
    left_out: tuple[Judged, ...]
    by_band: tuple[tuple[str, int], ...]
    why_out: tuple[tuple[str, int], ...]
    headline: str
    clean: bool


def summarise(run: Run) -> Summary:
    """Count the findings of a run."""
    rules = _rules(run)
    counted = sorted((j for j in run.judged if not _out(j, rules)), key=rank)
    left_out = sorted((j for j in run.judged if _out(j, rules)), key=rank)
    why: dict[str, int] = {}
    for each in left_out:
        word = LEFT_OUT[_out(each, rules)]
        why[word] = why.get(word, 0) + 1
    bands: dict[str, int] = {}
    for each in counted:
        name = band(score(each.finding))
        bands[name] = bands.get(name, 0) + 1
    return Summary(
        counted=tuple(counted),
        left_out=tuple(left_out),
        by_band=tuple((name, bands[name]) for name in BANDS if name in bands),
        why_out=tuple(sorted(why.items())),
        headline=_headline(run, counted),
        clean=not counted and not open_questions(run),
    )


def open_questions(run: Run) -> tuple[tuple[str, int, str, str], ...]:
    """Return (name, how many, what, the policy's answer or empty) of everything unknown."""
    if run.verdict:
        return tuple((u.name, u.count, u.what, u.answer) for u in run.verdict.unknowns)
    return tuple((*each, "") for each in unknowns_of(run))


def decided(run: Run) -> list[tuple[Judged, Decision | None]]:
    """Return every finding in the order of the reports, with what it came to under a verdict."""
    decisions = run.verdict.decisions if run.verdict else (None,) * len(run.judged)
    return sorted(zip(run.judged, decisions, strict=False), key=lambda pair: rank(pair[0]))


def of_image(run: Run) -> tuple[Decision, ...]:
    """Return what the image as a whole is not as the policy asks; unknowns are told elsewhere."""
    if run.verdict is None:
        return ()
    rest = run.verdict.decisions[len(run.judged) :]
    return tuple(each for each in rest if not each.rule.startswith("unknown."))


def exception_notes(run: Run) -> tuple[tuple[str, str], ...]:
    """Return (word, sentence) of each exception that somebody has to look at, by its id.

    Words: `expires`, `expired`, `refused`; the others of a run are only counted.
    """
    notes = []
    for each in run.verdict.exceptions if run.verdict else ():
        named = f"{each.id} (owner {each.owner or 'nobody'}{_ticket(each)})"
        if each.expiring and each.days_left is not None:
            left = plural(each.days_left, "day")
            notes.append(("expires", f"{named} ends on {each.until}, in {left}"))
        elif each.state in {"expired", "refused"} and (each.findings or each.state == "refused"):
            open_ = f"; open again: {_opened(each)}" if each.findings else ""
            notes.append((each.state, f"{named}: {each.because}{open_}"))
    return tuple(notes)


def configuration(run: Run) -> Iterable[tuple[str, str]]:
    """Yield (label, value) of what the image's configuration says and people ask for."""
    for name, label in FACT_WORDS.items():
        values = [value for known, value in run.sbom.facts if known == name]
        if values and values != ["none"]:
            yield label, ", ".join(values)


def ruling(decision: Decision | None) -> str:
    """Say what the policy made of a finding, by which rule and why; empty where none was asked."""
    if decision is None:
        return ""
    by = f" by rule {decision.rule}" if decision.rule else ""
    return f"{decision.answer}{by}: {decision.because}"


def reach_line(run: Run) -> str:
    """Say what share of the CVEs of the last days the advisory set can match; empty: not known."""
    reach = run.coverage.reach
    if reach is None:
        return ""
    if not reach.cves:
        return f"The advisory set has no CVE published in the {reach.days} days before its date."
    share = f"{reach.matchable / reach.cves:.0%}"
    here = ", ".join(f"{area} {count:,}" for area, count in reach.areas)
    where = f"; in what this image has: {here}" if here else ""
    named = f"{reach.matchable:,} of {plural(reach.cves, 'CVE')}"
    return f"The advisory set can match {share} ({named}) published since {reach.since}{where}."


def leniency(decision: Decision | None) -> Iterable[str]:
    """Yield in a word or two what softened a decision."""
    if decision is None:
        return
    if decision.rule == "exception":
        left = decision.days_left
        yield "accepted" if left is None else f"accepted {plural(left, 'day')} more"
    elif decision.days_left is not None:
        yield f"grace {plural(decision.days_left, 'day')}"
    elif decision.rule == "baseline":
        yield "known"


def remedy(finding: Finding) -> str:
    """Say in a sentence what to do about a finding."""
    name = f"{finding.component.name} {finding.component.version}"
    if finding.fixed:
        return f"Upgrade {name} to {' or '.join(finding.fixed)}."
    return f"No fixed version of {name} is known."


def rank(judged: Judged) -> tuple[float, str, str]:
    """Return the order of every report: score descending, none last, then id and purl."""
    finding = judged.finding
    value = score(finding)
    shown = -1.0 if value is None else value
    return -shown, finding.vulnerability.id, finding.component.purl


def score(finding: Finding) -> float | None:
    """Return the score that is shown (rule 8)."""
    severity = severity_of(finding)
    return severity.score if severity else None


def ecosystem(finding: Finding) -> str:
    """Return the purl's type, the shortest name of where a package comes from."""
    return finding.component.purl.removeprefix("pkg:").partition("/")[0]


def layer_number(run: Run, finding: Finding) -> int | None:
    """Return the layer that holds the component, counted from 1 at the bottom."""
    numbers = {layer.diff_id: number for number, layer in enumerate(run.sbom.layers, 1)}
    for evidence in finding.component.evidence:
        if evidence.layer in numbers:
            return numbers[evidence.layer]
    return None


def whereabouts(run: Run) -> Callable[[Finding], str]:
    """Return what tells the layer of a finding: its number, its step, and whose it is."""
    base = base_of(run.sbom)
    of_base = base_layers(run.sbom, base)
    layers = run.sbom.layers
    whose = {"base": ", of the base image", "own": ", the image's own", "unknown": ""}

    def tell(finding: Finding) -> str:
        number = layer_number(run, finding)
        if number is None:
            return ""
        step = layers[number - 1].step
        at = f"{number} of {len(layers)}{f', step {step}' if step else ''}"
        return at + whose[origin(finding.component, base, of_base)]

    return tell


def command_of(created_by: str) -> str:
    """Return what made a layer, without the wrapping that builders put around it."""
    text = " ".join(created_by.split())
    for noise in ("/bin/sh -c #(nop)", "# buildkit", "/bin/sh -c "):
        text = text.replace(noise, "")
    return " ".join(text.split())


def signs(finding: Finding) -> Iterable[str]:
    """Yield what sets a finding apart, in a word or two each."""
    vulnerability = finding.vulnerability
    if vulnerability.kev:
        yield "known exploited"
    if vulnerability.epss and vulnerability.epss.probability >= 0.1:
        yield f"EPSS {vulnerability.epss.probability:.0%}"
    if finding.outcome == "undecided":
        yield "undecided"
    if vulnerability.disputed:
        yield "disputed"
    if vulnerability.rejected:
        yield "CVE rejected"
    if finding.by == "cpe":
        yield "by CPE"
    if "vendor_silent" in finding.unknowns:
        days = finding.silent_days
        yield "vendor silent" if days is None else f"vendor silent {days:,} d"
    if finding.fix in {"wont_fix", "deferred", "under_investigation", "upstream_only"}:
        yield {
            "wont_fix": "will not be fixed",
            "deferred": "fix deferred",
            "under_investigation": "vendor investigates",
            "upstream_only": "fixed upstream only",
        }[finding.fix]


def _ticket(use: ExceptionUse) -> str:
    return f", {use.ticket}" if use.ticket else ""


def _opened(use: ExceptionUse) -> str:
    ids = dict.fromkeys(id_ for id_, _ in use.findings)
    shown = ", ".join([*ids][:3])
    return f"{shown} and {len(ids) - 3:,} more" if len(ids) > 3 else shown


def _headline(run: Run, counted: Sequence[Judged]) -> str:
    components = plural(run.coverage.components, "component")
    if counted:
        distinct = {each.finding.vulnerability.id for each in counted}
        named = {each.finding.component.purl for each in counted}
        where = f"in {len(named):,} of {components}"
        found = plural(len(counted), "finding")
        if len(distinct) == len(counted):
            return f"{found} {where}"
        many = "1 vulnerability" if len(distinct) == 1 else f"{len(distinct):,} vulnerabilities"
        return f"{found}: {many} {where}"
    if not run.coverage.components:
        return "Nothing was matched: no package was found"
    silent = sum(count for _, count in run.coverage.without_feed)
    unjudged = silent + run.coverage.without_purl
    if unjudged >= run.coverage.components:
        return f"Nothing can be said: no feed speaks for any of {components}"
    if unjudged:
        rest = run.coverage.components - unjudged
        return f"No finding in {rest:,} of {components}; for the other {unjudged:,} no feed speaks"
    return f"No finding in {components}, all of which a feed speaks for"


def _out(judged: Judged, rules: Rules) -> str:
    """Return why a finding does not count, empty where it does."""
    if judged.status in CLEARED:
        return str(judged.status)
    kind = class_of(judged.finding.component)
    return kind if kind and not getattr(rules, kind) else ""


def _rules(run: Run) -> Rules:
    """Return the classes that count under the run's verdict; without one, none of them do."""
    if run.verdict is None:
        return Rules()
    out = {name for name, _ in run.verdict.left_out}
    classes = {class_of(j.finding.component) for j in run.judged if j.status not in CLEARED}
    return Rules(
        kernel="kernel" in classes and "kernel" not in out,
        optional="optional" in classes and "optional" not in out,
    )
