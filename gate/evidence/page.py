"""The bundle as one page for auditors: what is asked, the number, its status, and what is missing.

Self-contained, without script: every list opens where it stands, and prints open.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gate.evidence.assess import HALF, counted_kinds
from gate.evidence.controls import framework
from gate.evidence.document import Measures, records_file
from gate.evidence.model import STATUSES, Assessed, Facts, Measured
from gate.pages import asset, content_policy, template

FOLDER = "gate.evidence"
SHOWN = 25
"""Records that a sentence shows; all of them are in its file."""
WORDS = {
    "met": "All that is counted is as asked, and all that is known is counted.",
    "partly": f"At least {HALF:.0%} is as asked, or the records tell a part of the sentence only.",
    "not met": "Less than that, or there is nothing to count.",
    "not applicable": "There is nothing here that the sentence speaks of.",
    "out of scope": "Lading's records say nothing of it.",
}


def render(facts: Facts, assessed: tuple[Assessed, ...], numbers: Measures) -> bytes:
    """Return the page in UTF-8."""
    style = asset(FOLDER, "evidence.css")
    page: str = _template().render(
        facts=facts,
        numbers=numbers,
        style=style,
        csp=content_policy(style),
        tally=[(status, _count(assessed, status), WORDS[status]) for status in STATUSES],
        policies=sorted(set(_policies(facts))),
        standards=[_standard(each.name, assessed) for each in numbers.frameworks],
        shown=SHOWN,
    )
    return page.encode(errors="replace")


def _standard(name: str, assessed: tuple[Assessed, ...]) -> dict[str, Any]:
    told = framework(name)
    mine = [each for each in assessed if each.framework == name]
    return {
        "name": name,
        "title": told.TITLE,
        "source": told.SOURCE,
        "tally": [(s, n) for s in STATUSES if (n := _count(mine, s))],
        "rows": [_row(each) for each in mine],
    }


def _row(each: Assessed) -> dict[str, Any]:
    number = each.measured
    return {
        "control": each.control,
        "status": each.status,
        "key": each.status.replace(" ", "-"),
        "gap": each.gap,
        "number": number,
        "share": f"{100 * number.counted / number.of:.2f}" if number and number.of else "0",
        "percent": _percent(number) if number else "",
        "kinds": counted_kinds(number.items) if number else [],
        "lacking": [item for item in number.items if item.lacks] if number else [],
        "records": records_file(number) if number else "",
    }


def _percent(number: Measured) -> str:
    """Return the share in words; only all of it is 100 %, only nothing 0 %."""
    if not number.of:
        return ""
    if number.counted in {0, number.of}:
        return "100 %" if number.counted else "0 %"
    return f"{min(99, max(1, round(100 * number.counted / number.of)))} %"


def _count(assessed: Any, status: str) -> int:
    return sum(each.status == status for each in assessed)


def _policies(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield (stage, name, digest) of the policies that decided."""
    for image in facts.images:
        for verdict in image.verdicts:
            yield verdict.stage, verdict.policy, verdict.policy_digest


@lru_cache(maxsize=1)
def _template() -> Any:
    return template(FOLDER, "evidence.html.jinja")
