"""The score a finding is judged by (docs: rule 8), and the words for how grave it is."""

from collections.abc import Sequence

from gate.policy.model import SeveritySource
from match.model import HOUSE_FEED, Finding, Severity
from sbom.distro import DISTRIBUTION_TYPES

BANDS = (("critical", 9.0), ("high", 7.0), ("medium", 4.0), ("low", 0.1))
"""Qualitative severity ratings (CVSS 3.1, section 5; CVSS 4.0, section 6), worst first."""


DISTRIBUTIONS = tuple(f"pkg:{type_}/" for type_ in sorted(DISTRIBUTION_TYPES))
NAMES: dict[SeveritySource, tuple[str, ...]] = {
    "cna": ("cna",),
    "cisa": ("cisa", "adp:cisa"),
    "nvd": ("nvd",),
    "ghsa": ("osv:ghsa",),
    "house": (HOUSE_FEED, "osv:ldg"),
}
"""How the names of who rated begin, in lower case (`Severity.source`)."""


def severity_of(
    finding: Finding, cvss: str = "", sources: Sequence[SeveritySource] = ()
) -> Severity | None:
    """Return the rating that counts.

    Args:
        finding: its ratings.
        cvss: the CVSS version to go by, if there is a rating of it.
        sources: whose ratings to go by, the first that has one; else rule 8 chooses.
    """
    wanted = cvss.removesuffix(".0") if cvss in {"2.0", "4.0"} else cvss
    scored = [each for each in finding.vulnerability.severities if each.score is not None]
    fitting = [each for each in scored if each.version.startswith(wanted)] or scored
    for source in sources:
        if of_source := [each for each in fitting if _is_of(each, source, finding)]:
            return max(of_source, key=_height)
    if cvss and fitting and fitting is not scored:
        return max(fitting, key=lambda each: (each.score or 0.0, each.source))
    return finding.severity or finding.vulnerability.severity


def score_of(
    finding: Finding, cvss: str = "", sources: Sequence[SeveritySource] = ()
) -> tuple[float | None, str]:
    """Return the score, and in words whose it is; (None, "") where no feed gives one."""
    severity = severity_of(finding, cvss, sources)
    if severity is None or severity.score is None:
        return None, ""
    named = f"CVSS {severity.version}" if severity.version else severity.label or "score"
    return severity.score, f"{named} {severity.score:.1f} ({severity.source})"


def band(score: float | None) -> str:
    """Return the word for a score: critical, high, medium, low, none; unscored for no score."""
    if score is None:
        return "unscored"
    return next((name for name, lowest in BANDS if score >= lowest), "none")


def _is_of(severity: Severity, source: SeveritySource, finding: Finding) -> bool:
    """Tell whether a rating is of a source, as feeds and records name who rated."""
    who = severity.source.lower()
    if source == "distribution":
        distribution = finding.component.purl.startswith(DISTRIBUTIONS)
        return distribution and severity.source == finding.feed
    return who.startswith(NAMES[source])


def _height(severity: Severity) -> tuple[str, float, str]:
    return severity.version, severity.score or 0.0, severity.source
