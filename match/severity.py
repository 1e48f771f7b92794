"""How bad it is: scores of CVSS vectors, and which of several ratings is shown (rules.md 8)."""

from collections.abc import Sequence
from functools import lru_cache

from match.model import Severity

VERSIONS = ("2.0", "3.0", "3.1", "4.0")
"""CVSS versions, lowest first: the highest is shown."""

WORDS = {
    "critical": 9.0,
    "high": 7.0,
    "important": 7.0,
    "medium": 4.0,
    "moderate": 4.0,
    "low": 0.1,
    "minor": 0.1,
    "negligible": 0.1,
    "unimportant": 0.1,
}
"""The least score of the band a distribution's word stands for (CVSS v3.1, section 5)."""

LONGEST_VECTOR = 512


def score(vector: str) -> tuple[float, str] | None:
    """Return the base score and CVSS version of a vector (2.0, 3.0, 3.1, 4.0), or None."""
    return None if len(vector) > LONGEST_VECTOR else _score(vector)


@lru_cache(maxsize=1 << 15)
def _score(vector: str) -> tuple[float, str] | None:
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    text = vector.strip()
    version = text[5:8] if text.startswith("CVSS:") else "2.0"
    try:
        if version in {"3.0", "3.1"}:
            return float(CVSS3(text).scores()[0]), version
        if version == "4.0":
            return float(CVSS4(text).base_score), version
        return float(CVSS2(text.strip("()")).scores()[0]), "2.0"
    except (CVSSError, ValueError, KeyError, TypeError, IndexError, ArithmeticError):
        return None


def pick(severities: Sequence[Severity], speaker: str = "", word: str = "") -> Severity | None:
    """Return the rating that is shown.

    Args:
        severities: all that are known.
        speaker: the feed that speaks for the component as its distribution, or empty.
        word: that distribution's word for the package; it counts only where no score exists.
    """
    scored = [s for s in severities if s.score is not None]
    if scored:
        return max(
            scored, key=lambda s: (_version(s), _source(s, speaker), s.score or 0.0, s.source)
        )
    words = [(speaker, word)] if word else []
    words += [(s.source, s.label) for s in severities if speaker and s.source == speaker]
    for source, label in words:
        mapped = WORDS.get(label.lower())
        if mapped is not None:
            return Severity(source=f"{source} (its word: {label})", score=mapped, label=label)
    return None


def _version(severity: Severity) -> int:
    return VERSIONS.index(severity.version) if severity.version in VERSIONS else -1


def _source(severity: Severity, speaker: str) -> int:
    """Rank who scored: the distribution that speaks, the CNA, CISA, NVD, others."""
    source = severity.source.lower()
    if speaker and severity.source == speaker:
        return 4
    if source.startswith("cna"):
        return 3
    if "cisa" in source or "adp" in source.split(":"):
        return 2
    return 1 if source.startswith("nvd") else 0
