"""What became of each statement, as text or JSON: which findings it decides, or why none."""

from collections.abc import Iterator, Sequence

import msgspec

from gate.model import Application
from sbom.model import Problem
from sbom.text import plain

SHOWN = 20


def render_json(applications: Sequence[Application], problems: Sequence[Problem]) -> bytes:
    """Return the accounts in the order of the statements, and what could not be read."""
    document = {"statements": applications, "problems": problems}
    return msgspec.json.encode(document, order="deterministic") + b"\n"


def render_text(applications: Sequence[Application], problems: Sequence[Problem]) -> bytes:
    """Return the same for people."""
    decides = sum(bool(each.applied) for each in applications)
    lines = [f"{decides} of {len(applications)} statements decide a finding.", ""]
    for each in applications:
        lines += _account(each)
    for problem in problems:
        lines.append(f"problem: {problem.where}: {problem.what}")
    return ("\n".join(plain(line).rstrip() for line in lines).rstrip() + "\n").encode()


def _account(each: Application) -> Iterator[str]:
    yield f"{each.statement}"
    said = f"{each.status} {' '.join(each.vulnerabilities)}"
    when = each.timestamp or "without a time"
    yield f"  {said}, by {each.author or 'nobody named'}, {when}"
    if each.signed_by:
        yield f"  signed by {', '.join(each.signed_by)}"
    for vulnerability, purl in each.applied[:SHOWN]:
        yield f"  decides {vulnerability} in {purl or 'a component without purl'}"
    if len(each.applied) > SHOWN:
        yield f"  decides {len(each.applied) - SHOWN} more"
    if each.applied and each.superseded:
        yield f"  superseded in {each.superseded} more, by other statements"
    if each.inherited:
        yield f"  inherited from {each.inherited}"
    if each.applied and each.until:
        yield f"  until {each.until}"
    if not each.applied:
        yield f"  decides nothing ({each.miss}): {each.because}"
    yield ""
