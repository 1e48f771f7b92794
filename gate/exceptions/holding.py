"""Whether an exception holds: for which finding, on which day, after which events, on whose terms.

Everything is told from the run and from what the exception itself recorded when it was accepted.
What cannot be told ends it: an exception fails closed.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from gate.policy.model import HouseException, Terms
from gate.policy.scopes import fits
from gate.score import score_of
from match.model import Finding
from sbom.days import days_between
from sbom.model import Component


def holds(exception: HouseException, finding: Finding, decided_at: str) -> bool:
    """Tell whether an exception (of the right image and base) softens a finding."""
    return speaks_of(exception, finding) and not ended(exception, finding, decided_at)


def speaks_of(exception: HouseException, finding: Finding) -> bool:
    """Tell whether a finding is one that was accepted, whether or not that has ended."""
    vulnerability, component = finding.vulnerability, finding.component
    ids = {vulnerability.id, *vulnerability.aliases}
    if not ids.intersection(exception.vulnerabilities):
        return False
    kind = component.purl.removeprefix("pkg:").partition("/")[0]
    return (
        (not exception.packages or any(_is(component, each) for each in exception.packages))
        and fits(component.version, exception.versions)
        and (not exception.types or kind in exception.types)
        and (not exception.paths or _all_seen(component, exception.paths))
    )


def ended(exception: HouseException, finding: Finding, decided_at: str) -> str:
    """Return why an exception has ended for a finding; empty while it holds."""
    return over(exception, decided_at) or next(_events(exception, finding), "")


def over(exception: HouseException, decided_at: str) -> str:
    """Return why an exception does not hold on a day; empty where it does."""
    today = decided_at[:10]
    if exception.until and not (today and today <= exception.until):
        return f"it ended on {exception.until}"
    if exception.accepted and not (today and today >= exception.accepted):
        return f"it holds from {exception.accepted} on"
    return ""


def rebuilt(exception: HouseException, base: str) -> str:
    """Return that the base image is another than at acceptance; empty where it is the same."""
    if "base_rebuilt" not in exception.events or (base and base == exception.at.base):
        return ""
    return "the base was rebuilt" if base else "it cannot be told whether the base was rebuilt"


def refusal(exception: HouseException, terms: Terms) -> str:
    """Return why a policy's terms refuse an exception; empty where they do not."""
    has_end = bool(exception.until or exception.events or exception.epss_over is not None)
    for field in terms.require:
        if not (has_end if field == "end" else getattr(exception, field)):
            return f"the policy asks for {'an end' if field == 'end' else f'its {field}'}"
    if terms.separate and exception.approver in {"", exception.owner}:
        return "the policy asks for an approver who is not its owner"
    if terms.max_days is not None:
        if not (exception.accepted and exception.until):
            return (
                f"the policy asks for `accepted` and `until`, {terms.max_days} days apart at most"
            )
        days = days_between(exception.accepted, exception.until)
        if days is None or days > terms.max_days:
            return f"it holds for {days} days, the policy allows {terms.max_days}"
    return ""


def accepted_by(exception: HouseException) -> str:
    """Say who accepted what until when, in a line."""
    who = f"accepted by {exception.owner}"
    if exception.approver:
        who += f", approved by {exception.approver}"
    ticket = f" ({exception.ticket})" if exception.ticket else ""
    return f"exception {exception.id}: {who}{ticket} {end_of(exception)}: {exception.reason}"


def end_of(exception: HouseException) -> str:
    """Say when an exception ends."""
    words = [f"until {exception.until}"] if exception.until else []
    words += [f"until {EVENT_WORDS[each]}" for each in exception.events]
    if exception.epss_over is not None:
        words.append(f"until EPSS is over {exception.epss_over:.3f}")
    return " or ".join(words) or "without an end"


def days_until(exception: HouseException, decided_at: str) -> int | None:
    """Return the days until the last day it holds; None where there is no such day."""
    return days_between(decided_at[:10], exception.until) if exception.until else None


EVENT_WORDS = {
    "fix_published": "a fix is published",
    "kev_listed": "it is known to be exploited",
    "base_rebuilt": "the base is rebuilt",
    "severity_raised": "its severity is raised",
}


def _events(exception: HouseException, finding: Finding) -> Iterator[str]:
    """Yield what has happened to a finding since it was accepted."""
    at, vulnerability = exception.at, finding.vulnerability
    events = exception.events
    if "fix_published" in events and not at.fix and (finding.fixed or finding.fix == "fixed"):
        yield f"a fix was published: {', '.join(finding.fixed) or 'see the advisory'}"
    if "kev_listed" in events and not at.kev and vulnerability.kev:
        yield f"it is known to be exploited since {vulnerability.kev.added}"
    likely = vulnerability.epss
    if exception.epss_over is not None and likely and likely.probability > exception.epss_over:
        yield f"EPSS {likely.probability:.3f} is over {exception.epss_over:.3f}"
    if "severity_raised" in events:
        score = score_of(finding)[0]
        if at.score is None or (score is not None and score > at.score):
            was = "unknown" if at.score is None else f"{at.score:.1f}"
            yield f"its score was {was} and is {'unknown' if score is None else f'{score:.1f}'}"


def _is(component: Component, package: str) -> bool:
    """Tell whether a component is a package: named by a purl, or by a glob of its name."""
    if not package.startswith("pkg:"):
        return fnmatchcase(component.name, package)
    wanted, own = _parts(package), _parts(component.purl)
    return wanted[0] == own[0] and wanted[1] in {"", own[1]}


def _parts(purl: str) -> tuple[str, str]:
    """Return a purl without version and qualifiers, and its version; a scope's `@` stays."""
    stem = purl.partition("?")[0].partition("#")[0]
    folder, slash, last = stem.rpartition("/")
    name, _, version = last.partition("@")
    return f"{folder.replace('%40', '@')}{slash}{name}", version


def _all_seen(component: Component, paths: tuple[str, ...]) -> bool:
    """Tell whether every place of a component is one that was accepted."""
    seen = [each.path for each in component.evidence]
    return bool(seen) and all(fits(path, paths) for path in seen)
