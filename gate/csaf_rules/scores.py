"""Tests of CVSS scores: one of each version for a product, computed rightly, one story.

The vector is taken as the truth, as the standard says.
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sbom.model import Fault

Node = dict[str, Any]
FIELDS = ("cvss_v2", "cvss_v3")
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
# fmt: on
"""By JSON name: the metric in a vector, and its values as the JSON form writes them."""


def repeated_scores(document: Node) -> Iterator[Fault]:
    """6.1.7: a product has one score of each CVSS version."""
    for index, vulnerability in enumerate(document.get("vulnerabilities", ())):
        counted = Counter(
            (product, score[field]["version"])
            for score in vulnerability.get("scores", ())
            for field in FIELDS
            if field in score
            for product in set(score["products"])
        )
        for (product, version), count in sorted(counted.items()):
            if count > 1:
                what = f"{product!r} has {count} scores of CVSS {version}"
                yield Fault(place=f"vulnerabilities[{index}].scores", what=what)


def wrong_scores(document: Node) -> Iterator[Fault]:
    """6.1.9: scores and severities are those that the vector computes to."""
    for place, field, cvss in _objects(document):
        computed = _computed(cvss["vectorString"], field)
        if computed is None:
            yield Fault(place=f"{place}.vectorString", what="no score can be computed of it")
            continue
        for name, (score, severity) in zip(SCORES, computed, strict=True):
            stated = cvss.get(f"{name}Score")
            if stated is not None and score is not None and stated != score:
                yield Fault(place=f"{place}.{name}Score", what=f"it is {score}, not {stated}")
            word = cvss.get(f"{name}Severity")
            if field == "cvss_v3" and word is not None and severity and word != severity.upper():
                what = f"it is {severity.upper()}, not {word}"
                yield Fault(place=f"{place}.{name}Severity", what=what)


def contradicting_metrics(document: Node) -> Iterator[Fault]:
    """6.1.10: a metric that is spelled out says what the vector says, where that says anything."""
    for place, field, cvss in _objects(document):
        vector = dict(part.split(":", 1) for part in cvss["vectorString"].split("/") if ":" in part)
        table = METRICS_2 if field == "cvss_v2" else METRICS_3
        for name, (short, words) in table.items():
            said = words.get(vector.get(short, ""))
            if said and cvss.get(name, said) != said:
                what = f"{cvss[name]} contradicts the vector, which says {said}"
                yield Fault(place=f"{place}.{name}", what=what)


def _objects(document: Node) -> Iterator[tuple[str, str, Node]]:
    for index, vulnerability in enumerate(document.get("vulnerabilities", ())):
        for number, score in enumerate(vulnerability.get("scores", ())):
            for field in FIELDS:
                if field in score:
                    place = f"vulnerabilities[{index}].scores[{number}].{field}"
                    yield place, field, score[field]


@lru_cache(maxsize=1024)
def _computed(vector: str, field: str) -> tuple[tuple[float | None, str], ...] | None:
    """Return (score, severity) for base, temporal, environmental; None where it is no vector."""
    from cvss import CVSS2, CVSS3
    from cvss.exceptions import CVSSError

    try:
        cvss = CVSS2(vector) if field == "cvss_v2" else CVSS3(vector)
    except (CVSSError, ValueError, KeyError):
        return None
    scores = (float(score) if score is not None else None for score in cvss.scores())
    return tuple(zip(scores, cvss.severities(), strict=True))
