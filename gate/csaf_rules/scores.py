"""Tests of CVSS scores: one of each version for a product, computed rightly, one story.

The vector is taken as the truth, as the standard says.
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sbom.model import Fault

Node = dict[str, Any]
FIELDS = ("cvss_v2", "cvss_v3", "cvss_v4")
SCORES = ("base", "temporal", "environmental")
# fmt: off
METRICS_2 = {
    "accessVector": ("AV", {"L": "LOCAL", "A": "ADJACENT_NETWORK", "N": "NETWORK"}),
    "accessComplexity": ("AC", {"H": "HIGH", "M": "MEDIUM", "L": "LOW"}),
    "authentication": ("Au", {"M": "MULTIPLE", "S": "SINGLE", "N": "NONE"}),
    "confidentialityImpact": ("C", {"N": "NONE", "P": "PARTIAL", "C": "COMPLETE"}),
    "integrityImpact": ("I", {"N": "NONE", "P": "PARTIAL", "C": "COMPLETE"}),
    "availabilityImpact": ("A", {"N": "NONE", "P": "PARTIAL", "C": "COMPLETE"}),
    "exploitability": ("E", {
        "U": "UNPROVEN", "POC": "PROOF_OF_CONCEPT", "F": "FUNCTIONAL", "H": "HIGH",
        "ND": "NOT_DEFINED",
    }),
    "remediationLevel": ("RL", {
        "OF": "OFFICIAL_FIX", "TF": "TEMPORARY_FIX", "W": "WORKAROUND", "U": "UNAVAILABLE",
        "ND": "NOT_DEFINED",
    }),
    "reportConfidence": ("RC", {
        "UC": "UNCONFIRMED", "UR": "UNCORROBORATED", "C": "CONFIRMED", "ND": "NOT_DEFINED",
    }),
    "collateralDamagePotential": ("CDP", {
        "N": "NONE", "L": "LOW", "LM": "LOW_MEDIUM", "MH": "MEDIUM_HIGH", "H": "HIGH",
        "ND": "NOT_DEFINED",
    }),
    "targetDistribution": ("TD", {
        "N": "NONE", "L": "LOW", "M": "MEDIUM", "H": "HIGH", "ND": "NOT_DEFINED",
    }),
    **{
        f"{word}Requirement": (f"{word[0].upper()}R", {
            "L": "LOW", "M": "MEDIUM", "H": "HIGH", "ND": "NOT_DEFINED",
        })
        for word in ("confidentiality", "integrity", "availability")
    },
}
BASE_3 = {
    "attackVector": ("AV", {
        "N": "NETWORK", "A": "ADJACENT_NETWORK", "L": "LOCAL", "P": "PHYSICAL",
    }),
    "attackComplexity": ("AC", {"L": "LOW", "H": "HIGH"}),
    "privilegesRequired": ("PR", {"N": "NONE", "L": "LOW", "H": "HIGH"}),
    "userInteraction": ("UI", {"N": "NONE", "R": "REQUIRED"}),
    "scope": ("S", {"U": "UNCHANGED", "C": "CHANGED"}),
    "confidentialityImpact": ("C", {"N": "NONE", "L": "LOW", "H": "HIGH"}),
    "integrityImpact": ("I", {"N": "NONE", "L": "LOW", "H": "HIGH"}),
    "availabilityImpact": ("A", {"N": "NONE", "L": "LOW", "H": "HIGH"}),
}
METRICS_3 = {
    **BASE_3,
    "exploitCodeMaturity": ("E", {
        "U": "UNPROVEN", "P": "PROOF_OF_CONCEPT", "F": "FUNCTIONAL", "H": "HIGH",
        "X": "NOT_DEFINED",
    }),
    "remediationLevel": ("RL", {
        "O": "OFFICIAL_FIX", "T": "TEMPORARY_FIX", "W": "WORKAROUND", "U": "UNAVAILABLE",
        "X": "NOT_DEFINED",
    }),
    "reportConfidence": ("RC", {
        "U": "UNKNOWN", "R": "REASONABLE", "C": "CONFIRMED", "X": "NOT_DEFINED",
    }),
    **{
        f"{word}Requirement": (f"{word[0].upper()}R", {
            "L": "LOW", "M": "MEDIUM", "H": "HIGH", "X": "NOT_DEFINED",
        })
        for word in ("confidentiality", "integrity", "availability")
    },
    **{
        f"modified{name[0].upper()}{name[1:]}": (f"M{short}", {**words, "X": "NOT_DEFINED"})
        for name, (short, words) in BASE_3.items()
    },
}
REQUIREMENT_4 = {"L": "LOW", "M": "MEDIUM", "H": "HIGH", "X": "NOT_DEFINED"}
IMPACT_4 = {"N": "NONE", "L": "LOW", "H": "HIGH"}
BASE_4 = {
    "attackVector": ("AV", {
        "N": "NETWORK", "A": "ADJACENT", "L": "LOCAL", "P": "PHYSICAL",
    }),
    "attackComplexity": ("AC", {"L": "LOW", "H": "HIGH"}),
    "attackRequirements": ("AT", {"N": "NONE", "P": "PRESENT"}),
    "privilegesRequired": ("PR", IMPACT_4),
    "userInteraction": ("UI", {"N": "NONE", "P": "PASSIVE", "A": "ACTIVE"}),
    **{
        f"{where}{word}Impact": (f"{where[0].upper()}{word[0]}", IMPACT_4)
        for where in ("vuln", "sub")
        for word in ("Confidentiality", "Integrity", "Availability")
    },
}
METRICS_4 = {
    **BASE_4,
    "exploitMaturity": ("E", {
        "A": "ATTACKED", "P": "PROOF_OF_CONCEPT", "U": "UNREPORTED", "X": "NOT_DEFINED",
    }),
    **{
        f"{word}Requirement": (f"{word[0].upper()}R", REQUIREMENT_4)
        for word in ("confidentiality", "integrity", "availability")
    },
    **{
        f"modified{name[0].upper()}{name[1:]}": (
            f"M{short}", {**words, "S": "SAFETY", "X": "NOT_DEFINED"}
        )
        for name, (short, words) in BASE_4.items()
    },
}
METRICS = {"cvss_v2": METRICS_2, "cvss_v3": METRICS_3, "cvss_v4": METRICS_4}
# fmt: on
"""By JSON name: the metric in a vector, and its values as the JSON form writes them."""


def repeated_scores(document: Node) -> Iterator[Fault]:
    """6.1.7: a product has one score of each CVSS version; in 2.1, of each source."""
    for index, vulnerability in enumerate(document.get("vulnerabilities", ())):
        counted = Counter(
            (product, content[field]["version"], holder.get("source", ""))
            for _, holder, content in _holders(vulnerability)
            for field in FIELDS
            if field in content
            for product in set(holder["products"])
        )
        for (product, version, _), count in sorted(counted.items()):
            if count > 1:
                what = f"{product!r} has {count} scores of CVSS {version}"
                yield Fault(place=f"vulnerabilities[{index}]", what=what)


def wrong_scores(document: Node) -> Iterator[Fault]:
    """6.1.9: scores and severities are those that the vector computes to."""
    for place, field, cvss in _objects(document):
        computed = _computed(cvss["vectorString"], field)
        if computed is None:
            yield Fault(place=f"{place}.vectorString", what="no score can be computed of it")
            continue
        for name, (score, severity) in zip(SCORES, computed, strict=False):
            stated = cvss.get(f"{name}Score")
            if stated is not None and score is not None and stated != score:
                yield Fault(place=f"{place}.{name}Score", what=f"it is {score}, not {stated}")
            word = cvss.get(f"{name}Severity")
            if field != "cvss_v2" and word is not None and severity and word != severity.upper():
                what = f"it is {severity.upper()}, not {word}"
                yield Fault(place=f"{place}.{name}Severity", what=what)


def contradicting_metrics(document: Node) -> Iterator[Fault]:
    """6.1.10: a metric that is spelled out says what the vector says, where that says anything."""
    for place, field, cvss in _objects(document):
        vector = dict(part.split(":", 1) for part in cvss["vectorString"].split("/") if ":" in part)
        for name, (short, words) in METRICS[field].items():
            said = words.get(vector.get(short, ""))
            if said and cvss.get(name, said) != said:
                what = f"{cvss[name]} contradicts the vector, which says {said}"
                yield Fault(place=f"{place}.{name}", what=what)


def _objects(document: Node) -> Iterator[tuple[str, str, Node]]:
    for index, vulnerability in enumerate(document.get("vulnerabilities", ())):
        for place, _, content in _holders(vulnerability):
            for field in FIELDS:
                if field in content:
                    yield f"vulnerabilities[{index}].{place}.{field}", field, content[field]


def _holders(vulnerability: Node) -> Iterator[tuple[str, Node, Node]]:
    """Yield (place, what names products, what has the scores): one node in 2.0, two in 2.1."""
    for number, score in enumerate(vulnerability.get("scores", ())):
        yield f"scores[{number}]", score, score
    for number, metric in enumerate(vulnerability.get("metrics", ())):
        yield f"metrics[{number}].content", metric, metric["content"]


@lru_cache(maxsize=1024)
def _computed(vector: str, field: str) -> tuple[tuple[float | None, str], ...] | None:
    """Return (score, severity) for base, temporal, environmental; None where it is no vector."""
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    try:
        cvss = {"cvss_v2": CVSS2, "cvss_v3": CVSS3, "cvss_v4": CVSS4}[field](vector)
    except (CVSSError, ValueError, KeyError):
        return None
    scores = (float(score) if score is not None else None for score in cvss.scores())
    return tuple(zip(scores, cvss.severities(), strict=True))
