"""A trace as people and programs read it, with the VEX statement and the rule that settled it.

The answer comes first, then each component's case: why, what was compared, what settled it. What
is about other packages is counted, and named where everything is asked for.
"""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from gate.evaluate import CLEARED
from gate.model import Judged, Run, View
from gate.score import band
from match.trace import FINDINGS, Case, Place, Range, Step, Told, Trace
from sbom.text import plain, plural

SCHEMA: Literal["lading-explain/1"] = "lading-explain/1"
ENCODER = msgspec.json.Encoder(order="sorted")
BOLD, DIM, RED, YELLOW, GREEN = "1", "2", "1;31", "33", "32"
COLORS = {"affected": RED, "undecided": YELLOW, "deny": RED, "warn": YELLOW, "pass": GREEN}
CASES, IDS, PLACES, NAMES = 20, 6, 3, 12
NARROWEST = 50
PAGE = 120
"""The width where there is no terminal."""
WAYS = {
    "wont_fix": "the vendor will not fix it",
    "deferred": "the vendor has deferred the fix",
    "under_investigation": "the vendor is investigating",
    "upstream_only": "it is fixed upstream only",
}


class Settled(Struct, frozen=True, kw_only=True):
    """What a finding came to beyond matching: by a VEX statement, and under a policy.

    status, statement, vex: the statement's status, place and words; empty where none applies.
    answer, rule, because: the policy's; empty where none was asked.
    """

    purl: str
    vulnerability: str
    status: str = ""
    statement: str = ""
    vex: str = ""
    answer: str = ""
    rule: str = ""
    because: str = ""


class Unused(Struct, frozen=True, kw_only=True):
    """A statement of this vulnerability that decides nothing here, and what it misses by."""

    statement: str
    status: str
    miss: str
    because: str


class Settlement(Struct, frozen=True, kw_only=True):
    """What settled the findings of a trace, and which statements of it did not."""

    settled: tuple[Settled, ...] = ()
    unused: tuple[Unused, ...] = ()


class Explained(Trace, frozen=True, kw_only=True):
    """The document: a trace with what settled its findings."""

    schema: Literal["lading-explain/1"] = SCHEMA
    settled: tuple[Settled, ...] = ()
    unused: tuple[Unused, ...] = ()


NOTHING = Settlement()


def settle(trace: Trace, run: Run) -> Settlement:
    """Return what became of the findings of `trace` in a run of the same SBOM and set."""
    asked = {(case.purl, case.vulnerability) for case in trace.cases if case.outcome in FINDINGS}
    decisions = run.verdict.decisions if run.verdict else ()
    settled = []
    for place, judged in enumerate(run.judged):
        component = judged.finding.component
        pair = component.purl or component.ref, str(judged.finding.vulnerability.id)
        if pair in asked and (decisions or judged.status):
            decision = decisions[place] if decisions else None
            settled.append(
                Settled(
                    purl=pair[0],
                    vulnerability=pair[1],
                    **_stated(judged),
                    answer=decision.answer if decision else "",
                    rule=decision.rule if decision else "",
                    because=decision.because if decision else "",
                )
            )
    ids = set(trace.ids)
    unused = tuple(
        Unused(statement=a.statement, status=a.status, miss=a.miss, because=a.because)
        for a in run.applications
        if not a.applied and ids.intersection(a.vulnerabilities)
    )
    return Settlement(settled=tuple(settled), unused=unused)


def render_json(trace: Trace, settlement: Settlement = NOTHING) -> bytes:
    """Return the document `lading-explain/1`, keys sorted."""
    document = Explained(**asdict(trace), settled=settlement.settled, unused=settlement.unused)
    return ENCODER.encode(document) + b"\n"


def render_text(trace: Trace, view: View, settlement: Settlement = NOTHING) -> str:
    """Return the trace for people; `view.everything` adds other packages' records and the keys."""
    width = max(view.width, NARROWEST) if view.width else PAGE
    lines: list[str] = []
    for style, indent, text in _lines(trace, settlement, everything=view.everything):
        # In a pipe no purl is broken, so that it can be searched for and copied.
        margins = _margins(indent)
        broken = wrap(plain(text), width, break_long_words=bool(view.width), **margins) or [""]
        lines += [
            f"\x1b[{style}m{each}\x1b[0m" if style and view.color else each for each in broken
        ]
    return "\n".join(lines) + "\n"


Line = tuple[str, int, str]
"""Style, indent and text."""


def _margins(indent: int) -> dict[str, Any]:
    """Return how a line is wrapped: what follows stands two further in, so each entry is one."""
    pad = " " * indent
    return {
        "initial_indent": pad,
        "subsequent_indent": f"{pad}  ",
        "break_on_hyphens": False,
    }


def _stated(judged: Judged) -> dict[str, str]:
    if judged.status is None:
        return {}
    return {
        "status": str(judged.status),
        "statement": judged.statement or "",
        "vex": judged.because,
    }


def _lines(trace: Trace, settlement: Settlement, *, everything: bool) -> Iterator[Line]:
    yield (RED if trace.answer == "finding" else BOLD), 0, trace.conclusion
    hit = [case for case in trace.cases if case.outcome in FINDINGS]
    cleared = sum(each.status in CLEARED for each in settlement.settled)
    if cleared:
        which = "it" if cleared == len(hit) else f"{cleared:,} of {plural(len(hit), 'finding')}"
        yield GREEN, 0, f"A VEX statement clears {which}; what is cleared does not count."
    if len(trace.ids) > 1:
        yield DIM, 2, f"ids: {_some(trace.ids, IDS, everything=everything)}"
    settled = {(each.purl, each.vulnerability): each for each in settlement.settled}
    shown = trace.cases if everything else trace.cases[:CASES]
    several = len({case.vulnerability for case in trace.cases}) > 1
    for case in shown:
        yield "", 0, ""
        yield from _case(case, several=several, everything=everything)
        if told := settled.get((case.purl, case.vulnerability)):
            yield from _settled(told)
    if len(trace.cases) > len(shown):
        yield "", 0, ""
        yield "", 0, f"and {len(trace.cases) - len(shown):,} more components (--all)"
    if settlement.unused:
        yield "", 0, ""
        yield BOLD, 0, "VEX statements of it that decide nothing here"
        for each in settlement.unused:
            yield "", 2, f"{each.status}: {each.because} ({each.statement})"
    yield from _records(trace, everything=everything)
    yield "", 0, ""
    state = trace.state
    as_of = f"as of {state.as_of[:10]}" if state.as_of else "of no date"
    yield DIM, 0, f"Advisory set {state.digest[:19]} {as_of}."


def _case(case: Case, *, several: bool, everything: bool) -> Iterator[Line]:
    of = f" {case.vulnerability}" if several else ""
    word = case.outcome.replace("_", " ")
    yield COLORS.get(case.outcome, BOLD), 0, f"{word}{of}: {case.purl}"
    yield "", 2, case.because
    if facts := " · ".join(_facts(case)):
        yield DIM, 2, facts
    if case.places:
        places = [_place(each) for each in case.places]
        yield DIM, 2, f"seen in {_some(places, PLACES, everything=everything)}"
    for step in sorted(case.steps, key=lambda each: not each.decides):
        yield from _step(step, keys=everything)


def _place(place: Place) -> str:
    layer = f" (layer {place.layer[:19]})" if place.layer else ""
    return f"{place.path or 'no path'}{layer}"


def _facts(case: Case) -> Iterator[str]:
    if case.outcome not in FINDINGS:
        return
    if case.fixed:
        yield f"fixed in {', '.join(case.fixed)}"
    elif case.fix in WAYS:
        yield WAYS[case.fix]
    else:
        yield "no fix is known"
    severity = case.severity
    if severity:
        scored = severity.score is not None
        rated = f"{severity.score:.1f} {band(severity.score)}" if scored else severity.label
        by = f", CVSS {severity.version}" if severity.version else ""
        yield f"severity {rated} ({severity.source}{by})"
    else:
        yield "no severity is known"
    if case.exploited:
        yield f"known exploited since {case.exploited[:10]}"
    if case.likelihood is not None:
        yield f"EPSS {case.likelihood:.1%}"
    if case.disputed:
        yield "disputed"


def _step(step: Step, *, keys: bool) -> Iterator[Line]:
    mark = "*" if step.decides else "-"
    of = f" (which owns its files: {step.of})" if step.of else ""
    named = f"{mark} {step.advisory} ({step.feed}) on {step.package} in {step.area}{of}"
    yield BOLD if step.decides else "", 2, f"{named}: {_where(step)}"
    for each in step.ranges:
        yield "", 6, _range(step, each)
        for compared in each.comparisons if keys else ():
            own, key = compared.component_key or "no key", compared.key or "no key"
            yield DIM, 8, f"{own} {compared.sign} {key} ({compared.bound})"
    if step.listed:
        beside = " beside them" if step.ranges else ""
        yield "", 6, f"lists {plural(step.listed, 'version')}{beside}: {_listed(step)}"


def _listed(step: Step) -> str:
    in_range = any(each.verdict == "inside" for each in step.ranges)
    return "inside" if step.verdict == "inside" and not in_range else "outside"


def _where(step: Step) -> str:
    """Say what the claim comes to: of what it says, where the version lies, and why."""
    says = {"affected": "", "not_affected": "says not affected, ", "unknown": "not known yet, "}
    why = f" ({step.why})" if step.why else ""
    return f"{says[step.claim]}{step.verdict}{why}"


def _range(step: Step, each: Range) -> str:
    """Return a range with what was compared: `before 2.0: inside, since 1.0 < 2.0`."""
    version = step.version or "(no version)"
    compared = [f"{version} {c.sign} {c.version}" for c in each.comparisons]
    since = f", since {' and '.join(compared)}" if compared else ""
    return f"{each.words}: {each.verdict}{since}"


def _settled(told: Settled) -> Iterator[Line]:
    if told.vex:
        yield GREEN, 2, f"VEX: {told.vex} ({told.statement})"
    if told.answer:
        by = f" by rule {told.rule}" if told.rule else ""
        why = "" if told.rule.startswith("vex.") else f": {told.because}"
        yield COLORS.get(told.answer, ""), 2, f"policy: {told.answer}{by}{why}"


def _records(trace: Trace, *, everything: bool) -> Iterator[Line]:
    """Yield the records that no case has shown: counted by feed, or all by name."""
    held = {(step.advisory, step.feed) for case in trace.cases for step in case.steps}
    others = [each for each in trace.records if (each.advisory, each.feed) not in held]
    lost = [each for each in trace.records if each.unmatchable and each not in others]
    # Two files of a feed may have the same record.
    for record, number in dict.fromkeys((f"{x.advisory} ({x.feed})", x.unmatchable) for x in lost):
        yield "", 0, ""
        ranges = plural(number, "range")
        yield "", 0, f"{record} has {ranges} of commits, held against nothing."
    if not others:
        return
    yield "", 0, ""
    if everything:
        yield BOLD, 0, "Other records of it"
        yield from (("", 2, _record(each)) for each in others)
        return
    feeds: dict[str, int] = {}
    for each in others:
        feeds[each.feed] = feeds.get(each.feed, 0) + 1
    counted = ", ".join(f"{feed} {count:,}" for feed, count in sorted(feeds.items()))
    yield DIM, 0, f"{plural(len(others), 'other record')} of it (--all): {counted}"


def _record(told: Told) -> str:
    dates = [f"modified {told.modified[:10]}"] if told.modified else []
    dates += [f"withdrawn {told.withdrawn[:10]}"] if told.withdrawn else []
    dates += [f"learned {told.learned[:10]}"] if told.learned else []
    what = {"exploited": "that it is exploited", "likelihood": "how likely that is"}.get(told.kind)
    names = what or _some(told.names, NAMES, everything=False) or "no package"
    ranges = f"; {plural(told.unmatchable, 'range')} of commits" if told.unmatchable else ""
    return f"{told.advisory} ({told.feed}){''.join(f', {each}' for each in dates)}: {names}{ranges}"


def _some(texts: Iterable[str], most: int, *, everything: bool) -> str:
    every = [*texts]
    shown = every if everything else every[:most]
    more = f" and {len(every) - len(shown):,} more" if len(every) > len(shown) else ""
    return ", ".join(shown) + more
