"""Markdown for a comment on a pull request: the verdict, its reasons, the gravest findings.

Short by design: what is not shown is counted. Everything that comes from an image or a feed stands
in code spans, in which nothing is a link, a mention, an issue number or HTML.
"""

from collections.abc import Iterator, Sequence

from gate.model import Decision, Judged, Run, View
from gate.score import band
from gate.summary import (
    decided,
    exception_notes,
    leniency,
    of_image,
    open_questions,
    reach_line,
    score,
    signs,
    summarise,
)
from gate.upgrades import upgrades
from sbom.text import plain, plural

ROWS = 15
STEPS = 10
PROBLEMS = 5
LONGEST = 400
"""Characters of one code span; a comment may have 65,536 in all on GitHub."""
ORDER = {"deny": 0, "warn": 1}


def render(run: Run, view: View) -> bytes:
    """Return the comment; with `view.everything` every row and step of it."""
    blocks = [
        _heading(run),
        _headline(run),
        *_reasons(run),
        *_findings(run, view),
        *_steps(run, view),
        *_unknowns(run),
        *_image(run),
        *_exceptions(run),
        *_problems(run, view),
        _foot(run),
    ]
    return ("\n\n".join(blocks) + "\n").encode()


def _heading(run: Run) -> str:
    name = _code(run.sbom.subject.name or "image")
    if run.verdict is None:
        return f"### {name}"
    word = {"deny": "❌ Denied", "pass": "✅ Passed"}[run.verdict.outcome]
    return f"### {word} at {run.verdict.stage}: {name}"


def _headline(run: Run) -> str:
    summary = summarise(run)
    bands = ", ".join(f"{count:,} {name}" for name, count in summary.by_band)
    out = ", ".join(f"{count:,} {why}" for why, count in summary.why_out)
    line = f"**{summary.headline}**" + (f" ({bands})" if bands else "")
    return line + (f". Not counted: {out}." if out else "")


def _reasons(run: Run) -> Iterator[str]:
    if run.verdict and run.verdict.reasons:
        yield "\n".join(f"- {_code(reason)}" for reason in run.verdict.reasons)


def _findings(run: Run, view: View) -> Iterator[str]:
    """Yield the table of what counts: what denies first, and then the gravest."""
    counted = {id(each) for each in summarise(run).counted}
    rows = [pair for pair in decided(run) if id(pair[0]) in counted]
    rows.sort(key=lambda pair: ORDER.get(pair[1].answer, 2) if pair[1] else 0)
    if not rows:
        return
    shown = rows if view.everything else rows[:ROWS]
    head = (
        "| | Vulnerability | Severity | Package | Fixed in | |\n|---|---|---|---|---|---|",
        *map(_row, shown),
    )
    yield "\n".join(head)
    if len(rows) > len(shown):
        yield f"… and {plural(len(rows) - len(shown), 'more finding')}."


def _row(pair: tuple[Judged, Decision | None]) -> str:
    finding = pair[0].finding
    value = score(finding)
    number = "" if value is None else f"{value:.1f} "
    cells = (
        {"deny": "❌", "warn": "⚠️"}.get(pair[1].answer, "") if pair[1] else "",
        _cell(finding.vulnerability.id),
        f"{number}{band(value)}",
        _cell(f"{finding.component.name} {finding.component.version}"),
        _cell(finding.fixed[0]) + (" …" if finding.fixed[1:] else "") if finding.fixed else "-",
        ", ".join([*leniency(pair[1]), *signs(finding)]),
    )
    return f"| {' | '.join(cells)} |"


def _steps(run: Run, view: View) -> Iterator[str]:
    steps = [each for each in upgrades(run) if each.version]
    if not steps:
        return
    shown = steps if view.everything else steps[:STEPS]
    lines = [
        f"- upgrade {_code(each.name)} {_code(each.installed)} to {_code(each.version)}"
        f" (clears {plural(each.clears, 'finding')})"
        for each in shown
    ]
    if len(steps) > len(shown):
        lines.append(f"- … and {plural(len(steps) - len(shown), 'further package')}")
    yield "**Next**\n\n" + "\n".join(lines)


def _unknowns(run: Run) -> Iterator[str]:
    questions = open_questions(run)
    if questions:
        rows = [f"- {answer or 'note'}: {_code(what)}" for _, _, what, answer in questions]
        yield _folded(f"{plural(len(questions), 'unknown')}", rows)


def _image(run: Run) -> Iterator[str]:
    found = of_image(run)
    if found:
        rows = [f"- {each.answer}: {_code(each.because)}" for each in found[:PROBLEMS]]
        if len(found) > len(rows):
            rows.append(f"- … and {len(found) - len(rows):,} more")
        yield _folded(f"{len(found):,} of the image as a whole", rows)


def _exceptions(run: Run) -> Iterator[str]:
    notes = exception_notes(run)
    if notes:
        rows = [f"- {word}: {_code(what)}" for word, what in notes]
        yield _folded(f"{plural(len(notes), 'exception')} to look at", rows)


def _problems(run: Run, view: View) -> Iterator[str]:
    if not run.problems:
        return
    shown = run.problems if view.everything else run.problems[:PROBLEMS]
    rows = [f"- {_code(each.where)}: {_code(each.what)}" for each in shown]
    if len(run.problems) > len(shown):
        rows.append(f"- … and {len(run.problems) - len(shown):,} more")
    yield _folded(plural(len(run.problems), "problem"), rows)


def _folded(title: str, rows: Sequence[str]) -> str:
    return f"<details><summary>{title}</summary>\n\n" + "\n".join(rows) + "\n\n</details>"


def _foot(run: Run) -> str:
    policy = f"policy {_code(run.verdict.policy)}, " if run.verdict else ""
    as_of = f"advisories of {_code(run.state.as_of[:10])}" if run.state.as_of else ""
    line = reach_line(run)
    reach = f"<br>{_code(line)}" if line else ""
    return f"<sub>Lading: {policy}{as_of or 'advisories of unknown date'}{reach}</sub>"


def _code(text: str) -> str:
    """Return a code span that nothing in `text` can end (CommonMark 6.1)."""
    text = plain(text)[:LONGEST].strip()
    if not text:
        return ""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _cell(text: str) -> str:
    """Return a code span for a table, where a bar has to be escaped (GFM 4.10)."""
    return _code(text).replace("|", "\\|")
