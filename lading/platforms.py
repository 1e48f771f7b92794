"""`--all-platforms`: one SBOM and one verdict for each platform of an index, the worst counts.

Files are named by platform (`{platform}` in the name); of what can go to standard output only
tables stand one after the other. Nothing is written before all platforms are read and judged.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from gate.model import Run
from lading.judging import DENIED, Judging, asked_outputs, judge, open_advisories, view
from lading.output import Wanted, put
from lading.subject import Reading, opened_platforms
from lading.trusting import Loaded, check_trust, load_opened
from sbom.errors import InputError
from sbom.model import Digest, Subject
from sbom.text import plain

if TYPE_CHECKING:
    from sbom.image.opened import Platforms

PLACE = "{platform}"
ODD = re.compile(r"[^A-Za-z0-9._]+")


class Judgements(Struct, frozen=True, kw_only=True):
    """What was read of each platform, what it came to, and what of the index is no image."""

    reference: str
    outputs: tuple[Wanted, ...]
    read: list[Loaded]
    runs: list[Run]
    others: tuple[str, ...]


def each_platform(
    reference: str, reading: Reading, outputs: Sequence[Wanted], listed: str = ""
) -> "Platforms":
    """Open all platforms, after a look at where their outputs go.

    listed: the format that may stand one after the other on standard output.
    """
    for name, file in outputs:
        if file and PLACE not in file:
            told = f"-o {name}={file}: with --all-platforms there is a file for each platform"
            raise InputError(told, f"put {PLACE} into its name")
        if not file and name != listed:
            told = f"-o {name}: with --all-platforms there is one for each platform"
            raise InputError(told, f"give it a file: -o {name}=NAME-{PLACE}")
    return opened_platforms(reference, reading)


def judge_platforms(reference: str, options: Judging) -> Judgements:
    """Read and judge all platforms; nothing is written yet."""
    check_trust(options)
    outputs = asked_outputs(options.output)
    opened = each_platform(reference, options, outputs, "table")
    read = [load_opened(image, reference, options, options.now) for image in opened.images]
    with open_advisories(options.advisories, options.db, options.as_of) as advisories:
        runs = [judge(one.sbom, one.digest, options, advisories, one.origin) for one in read]
    return Judgements(
        reference=reference, outputs=outputs, read=read, runs=runs, others=opened.others
    )


def report_platforms(judged: Judgements, options: Judging) -> int:
    """Write the reports of all platforms; return the exit code of the worst."""
    from gate.reports import render

    def rendered(name: str, number: int, to_terminal: bool) -> bytes:  # noqa: FBT001
        looked_at = view(everything=options.all, to_terminal=to_terminal)
        return render(name, judged.runs[number], looked_at)

    summary = summed_up(judged)
    printed = ("table", "") in judged.outputs
    subjects = [run.sbom.subject for run in judged.runs]
    write_each(judged.outputs, subjects, rendered, summary if printed else b"")
    if not printed:
        sys.stderr.write(summary.decode())
    return DENIED if "deny" in _outcomes(judged.runs) else 0


def write_each(
    outputs: Sequence[Wanted],
    subjects: Sequence[Subject],
    render: Callable[[str, int, bool], bytes],
    last: bytes = b"",
) -> None:
    """Render every output of every platform, then write them, `last` behind them on the terminal.

    render: format, number of the platform, whether it goes to standard output → bytes.
    """
    names = file_names(subjects)
    rendered = [
        (file.replace(PLACE, names[number]), render(name, number, not file))
        for name, file in outputs
        for number in range(len(subjects))
    ]
    printed = b"\n".join([data for file, data in rendered if not file] + [last] * bool(last))
    put([each for each in rendered if each[0]] + ([("", printed)] if printed else []))


def file_names(subjects: Sequence[Subject]) -> list[str]:
    """Return what stands for each platform in a file's name; equal ones are told by digest."""
    names = [ODD.sub("-", subject.platform).strip("-.") or "unknown" for subject in subjects]
    return [
        name
        if names.count(name) == 1
        else f"{name}-{ODD.sub('-', subject.manifest or subject.image_id or '')[7:19]}"
        for name, subject in zip(names, subjects, strict=True)
    ]


def summed_up(judged: Judgements) -> bytes:
    """Return a line on each platform, and one on all: the worst verdict is the index's (rule 4)."""
    runs, outcomes = judged.runs, _outcomes(judged.runs)
    worst = f"{'deny' if 'deny' in outcomes else 'pass'}, " if any(outcomes) else ""
    worst += "the worst of " if worst and len(runs) > 1 else ""
    index = next((f" ({run.sbom.subject.index})" for run in runs if run.sbom.subject.index), "")
    count = f"{len(runs)} platform{'s' * (len(runs) != 1)}"
    lines = [
        *map(_of_one, runs),
        f"{plain(judged.reference)}{index}: {worst}{count}",
        *(f"left out: {each}" for each in judged.others),
    ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _outcomes(runs: Sequence[Run]) -> list[str]:
    return [run.verdict.outcome if run.verdict else "" for run in runs]


def _of_one(run: Run) -> str:
    subject = run.sbom.subject
    digest = Digest(subject.manifest or subject.image_id or Digest(""))
    outcome = f"{run.verdict.outcome}, " if run.verdict else ""
    count = len(run.judged)
    found = f"{count} finding{'s' * (count != 1)}"
    return f"{plain(subject.platform)} ({digest}): {outcome}{found}"
