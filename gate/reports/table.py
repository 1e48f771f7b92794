"""The table people read in a terminal: packages with their findings, what is unknown, the verdict.

Plain text without control codes unless the view asks for colour; control characters in names from
the image are shown as U+FFFD, so that no name can move the cursor.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from gate.columns import Cell, Column, lay_out
from gate.model import Decision, Judged, Run, Verdict, View
from gate.score import band
from gate.summary import (
    Summary,
    decided,
    ecosystem,
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
from sbom.model import Digest
from sbom.text import plain, plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = {
    "critical": "bold white on red3",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "none": "dim",
    "unscored": "magenta",
}
ANSWERS = {"deny": "bold red", "warn": "yellow", "ignore": "dim", "": "yellow"}
PER_PACKAGE = 8
"""Findings shown of one package; the rest is counted, with how grave it is."""
PROBLEMS = 10
OTHERS = 3
STEPS = 10
COLUMNS = (
    Column("PACKAGE", 12),
    Column("INSTALLED", 9),
    Column("SEVERITY", 13),
    Column("VULNERABILITY", 16),
    Column("FIXED IN", 8),
    Column("LAYER", 5, right=True),
    Column("NOTE", 8),
)
NARROW = 84
MINIMUM = 60
PAGE = 120
"""The width of what is no table where there is no terminal."""


def render(run: Run, view: View) -> bytes:
    """Return the report as text in UTF-8."""
    console = _console(view)
    summary = summarise(run)
    _head(console, run, summary)
    if summary.counted:
        console.print()
        _write(console, _findings(run, summary.counted, view))
    if view.everything:
        _cleared(console, summary)
        _dismissed(console, run)
    _open(console, run)
    if line := reach_line(run):
        console.print()
        _line(console, (plain(line), "dim"))
    _image(console, run, view)
    _statements(console, run, view)
    _exceptions(console, run)
    _problems(console, run, view)
    if run.verdict:
        _verdict(console, run, run.verdict)
    file = console.file
    text = file.getvalue() if isinstance(file, StringIO) else ""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines()).encode(errors="replace")


def _console(view: View) -> "Console":
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=max(view.width, MINIMUM) if view.width else PAGE,
        height=1000,
        force_terminal=view.color,
        color_system="256" if view.color else None,
        no_color=not view.color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )


def _head(console: "Console", run: Run, summary: Summary) -> None:
    subject, distro = run.sbom.subject, run.sbom.distro
    system = (distro.name or f"{distro.id} {distro.version}".strip()) if distro else ""
    _line(console, ("", ""), (plain(subject.name) or "image", "bold"))
    facts = [subject.platform, system, plural(run.coverage.components, "component")]
    if run.sbom.layers:
        facts.append(plural(len(run.sbom.layers), "layer"))
    facts.append(f"advisories of {run.state.as_of[:10]}" if run.state.as_of else "")
    _line(console, (" · ".join(plain(fact) for fact in facts if fact), "dim"))
    console.print()
    style = "bold" if summary.counted else "bold green" if summary.clean else "bold yellow"
    _line(console, (summary.headline, style))
    if summary.by_band:
        parts: list[tuple[str, str]] = []
        for name, count in summary.by_band:
            parts += [("  ", ""), (f"{count:,} {name}", STYLES[name])]
        _line(console, *parts[1:])
    if summary.why_out:
        out = " · ".join(f"{count:,} {why}" for why, count in summary.why_out)
        _line(console, (f"Not counted: {out}", "dim"))


def _findings(run: Run, counted: Sequence[Judged], view: View) -> Iterator[Cell]:
    """Yield the lines of the table; in a narrow one there is no layer and no note.

    Nor is there a column of which every cell is empty: its room is the others'.
    """
    wide = not view.width or view.width >= NARROW
    decisions = {id(judged): decision for judged, decision in decided(run)}
    numbers = {layer.diff_id: number for number, layer in enumerate(run.sbom.layers, 1)}
    rows = []
    for group in _packages(counted):
        shown = group if view.everything else group[:PER_PACKAGE]
        for row, judged in enumerate(shown):
            cells = _row(judged, first=row == 0, wide=wide)
            if wide:
                cells += _margin(judged, decisions[id(judged)], numbers, first=row == 0)
            rows.append(cells)
        if len(group) > len(shown):
            more = ((f"+ {len(group) - len(shown)} more", "dim"),)
            worst = _severity(score(group[len(shown)].finding))
            rows.append([(), (), worst, more, (), *([(), ()] if wide else [])])
    filled = [
        place for place, cells in enumerate(zip(*rows, strict=True)) if any(map(_says, cells))
    ]
    columns = [COLUMNS[place] for place in filled]
    kept = [[row[place] for place in filled] for row in rows]
    return lay_out(columns, kept, max(view.width, MINIMUM) if view.width else None)


def _says(cell: Cell) -> bool:
    return any(text for text, _ in cell)


def _row(judged: Judged, *, first: bool, wide: bool) -> list[Cell]:
    finding = judged.finding
    component = finding.component
    known = "bold" if finding.vulnerability.kev else ""
    fixed = _fixed(finding.fixed, 2 if wide else 1)
    name = ((plain(component.name), "bold"), (f" {plain(ecosystem(finding))}", "dim"))
    return [
        name if first else (),
        ((plain(component.version), ""),) if first else (),
        _severity(score(finding)),
        ((plain(finding.vulnerability.id), known),),
        ((fixed, ""),),
    ]


def _fixed(versions: Sequence[str], most: int) -> str:
    """Return the first versions that fix it; three dots say that there are more."""
    more = ["…"] if len(versions) > most else []
    return ", ".join([*map(plain, versions[:most]), *more]) or "-"


def _margin(
    judged: Judged, decision: Decision | None, numbers: dict[Digest, int], *, first: bool
) -> list[Cell]:
    """Return the layer, and what sets the finding apart."""
    finding = judged.finding
    layers = (numbers.get(each.layer) for each in finding.component.evidence if each.layer)
    number = next((each for each in layers if each), None) if first else None
    vex = [f"VEX {judged.status}"] if judged.status else []
    notes = " · ".join([*leniency(decision), *signs(finding), *vex])
    return [((str(number or ""), "dim"),), ((notes, "dim"),)]


def _packages(counted: Sequence[Judged]) -> Iterator[list[Judged]]:
    """Yield the findings of each package together, the package with the gravest one first."""
    groups: dict[str, list[Judged]] = {}
    for each in counted:
        component = each.finding.component
        groups.setdefault(f"{component.purl}\0{component.ref}", []).append(each)
    yield from groups.values()


def _severity(value: float | None) -> Cell:
    name = band(value)
    number = "" if value is None else f"{value:4.1f} "
    return ((f"{number}{name}", STYLES[name]),)


def _cleared(console: "Console", summary: Summary) -> None:
    if not summary.left_out:
        return
    console.print()
    _line(console, ("Not counted", "bold"))
    for judged in summary.left_out:
        finding = judged.finding
        named = f"  {finding.vulnerability.id}  {finding.component.name}"
        _line(console, (plain(named), ""), (plain(f"  {judged.because}"), "dim"))


def _dismissed(console: "Console", run: Run) -> None:
    if not run.dismissals:
        return
    console.print()
    _line(console, ("Looked at and dismissed", "bold"))
    for each in run.dismissals:
        named = f"  {each.vulnerability}  {each.component.name} {each.component.version}"
        _line(console, (plain(named), ""), (plain(f"  {each.because}"), "dim"))


def _open(console: "Console", run: Run) -> None:
    questions = open_questions(run)
    if not questions:
        return
    console.print()
    _line(console, ("Unknown", "bold"))
    for _, _, what, answer in questions:
        mark = f"  {answer or 'note'}".ljust(9)
        _line(console, (mark, ANSWERS[answer]), (plain(what), ""))


def _image(console: "Console", run: Run, view: View) -> None:
    """Print what the image as a whole is not as the policy asks."""
    found = sorted(of_image(run), key=lambda each: each.answer != "deny")
    if not found:
        return
    console.print()
    _line(console, ("Image", "bold"))
    shown = found if view.everything else found[:PROBLEMS]
    for each in shown:
        mark = f"  {each.answer}".ljust(9)
        told = plain(f"{each.because} ({each.rule})")
        _line(console, (mark, ANSWERS.get(each.answer, "")), (told, ""))
    if len(found) > len(shown):
        _line(console, (f"  and {len(found) - len(shown):,} more (--all)", "dim"))


def _exceptions(console: "Console", run: Run) -> None:
    """Print the exceptions that somebody has to look at, and how many there are in all."""
    uses = run.verdict.exceptions if run.verdict else ()
    if not uses:
        return
    console.print()
    states = [each.state for each in uses]
    counts = ", ".join(f"{states.count(each):,} {each}" for each in dict.fromkeys(sorted(states)))
    _line(console, ("Exceptions", "bold"), (f"  {counts}", ""))
    for word, what in exception_notes(run):
        _line(console, (f"  {word}".ljust(11), "yellow"), (plain(what), ""))


def _statements(console: "Console", run: Run, view: View) -> None:
    if not run.applications:
        return
    used = [each for each in run.applications if each.applied]
    idle = [each for each in run.applications if not each.applied]
    console.print()
    count = plural(len(run.applications), "statement")
    _line(console, ("VEX", "bold"), (f"  {len(used)} of {count} decide a finding", ""))
    for each in idle if view.everything else idle[:PROBLEMS]:
        named = f"  not used: {'/'.join(each.vulnerabilities[:1])} {each.status}"
        _line(console, (plain(named), ""), (plain(f"  {each.because}"), "dim"))
    if len(idle) > PROBLEMS and not view.everything:
        _line(console, (f"  and {len(idle) - PROBLEMS} more that are not used", "dim"))


def _problems(console: "Console", run: Run, view: View) -> None:
    """Print the image's own problems first; of the advisory set's only the first few."""
    if not run.problems:
        return
    own = [each for each in run.problems if each in set(run.sbom.problems)]
    others = [each for each in run.problems if each not in set(own)]
    shown = [*own, *others] if view.everything else [*own[:PROBLEMS], *others[:OTHERS]]
    console.print()
    _line(console, (plural(len(run.problems), "problem"), "bold yellow"))
    for each in shown:
        _line(console, (plain(f"  {each.where}"), ""), (plain(f"  {each.what}"), "dim"))
    if len(run.problems) > len(shown):
        _line(console, (f"  and {len(run.problems) - len(shown)} more (--all)", "dim"))


def _verdict(console: "Console", run: Run, verdict: Verdict) -> None:
    console.print()
    denied = verdict.outcome == "deny"
    word, style = ("DENY", "bold white on red3") if denied else ("PASS", "bold white on green4")
    where = f"  stage {verdict.stage}, policy {plain(verdict.policy)}"
    _line(console, (f" {word} ", style), (where, "bold"))
    for reason in verdict.reasons:
        _line(console, (plain(f"  {reason}"), ""))
    steps = [each for each in upgrades(run) if each.version]
    if steps:
        console.print()
        _line(console, ("Next", "bold"))
    for step in steps[:STEPS]:
        more = f", leaves {step.unfixed} without a fix" if step.unfixed else ""
        named = f"  upgrade {step.name} {step.installed} to {step.version}"
        clears = f"  clears {plural(step.clears, 'finding')}{more}"
        _line(console, (plain(named), ""), (clears, "dim"))
    if len(steps) > STEPS:
        _line(console, (f"  and {len(steps) - STEPS} further packages", "dim"))


def _write(console: "Console", lines: Iterable[Cell]) -> None:
    """Write lines as they are, with the control codes of their styles where there is colour."""
    from rich.color import ColorSystem
    from rich.style import Style

    for line in lines:
        if console.is_terminal:
            parts = (
                Style.parse(style).render(text, color_system=ColorSystem.EIGHT_BIT)
                if style
                else text
                for text, style in line
            )
        else:
            parts = (text for text, _ in line)
        console.file.write("".join(parts).rstrip() + "\n")


def _line(console: "Console", *parts: tuple[str, str]) -> None:
    console.print(_text(*parts), soft_wrap=not console.is_terminal)


def _text(*parts: tuple[str, str]) -> "Text":
    from rich.text import Text

    text = Text()
    for part, style in parts:
        text.append(part, style or None)
    return text
