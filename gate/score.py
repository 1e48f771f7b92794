"""The score a finding is judged by (docs: rule 8), and the words for how grave it is."""

from match.model import Finding, Severity

BANDS = (("critical", 9.0), ("high", 7.0), ("medium", 4.0), ("low", 0.1))
"""Qualitative severity ratings (CVSS 3.1, section 5; CVSS 4.0, section 6), worst first."""


def severity_of(finding: Finding, cvss: str = "") -> Severity | None:
    """Return the rating that counts; with `cvss`, the highest of that version if there is one."""
    if cvss:
        wanted = cvss.removesuffix(".0") if cvss in {"2.0", "4.0"} else cvss
        of_version = [
            each
            for each in finding.vulnerability.severities
            if each.score is not None and each.version.startswith(wanted)
        ]
        if of_version:
            return max(of_version, key=lambda each: (each.score or 0.0, each.source))
    return finding.severity or finding.vulnerability.severity


def score_of(finding: Finding, cvss: str = "") -> tuple[float | None, str]:
    """Return the score, and in words whose it is; (None, "") where no feed gives one."""
    severity = severity_of(finding, cvss)
    if severity is None or severity.score is None:
        return None, ""
    named = f"CVSS {severity.version}" if severity.version else severity.label or "score"
    return severity.score, f"{named} {severity.score:.1f} ({severity.source})"


def band(score: float | None) -> str:
    """Return the word for a score: critical, high, medium, low, none; unscored for no score."""
    if score is None:
        return "unscored"
    return next((name for name, lowest in BANDS if score >= lowest), "none")
