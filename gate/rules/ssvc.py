"""SSVC decisions (CISA's Coordinator tree): from a word, or from the three points feeds publish.

The fourth point, mission prevalence and public well-being, is the policy's: no feed knows it.
"""

DECISIONS = ("track", "track*", "attend", "act")
"""The mildest first."""
MISSIONS = ("low", "medium", "high")
TREE = {
    "none/no/partial": ("track", "track", "track"),
    "none/no/total": ("track", "track", "track*"),
    "none/yes/partial": ("track", "track", "attend"),
    "none/yes/total": ("track", "track", "attend"),
    "poc/no/partial": ("track", "track", "track*"),
    "poc/no/total": ("track", "track*", "attend"),
    "poc/yes/partial": ("track", "track", "attend"),
    "poc/yes/total": ("track", "track*", "attend"),
    "active/no/partial": ("track", "track", "attend"),
    "active/no/total": ("track", "attend", "act"),
    "active/yes/partial": ("attend", "attend", "act"),
    "active/yes/total": ("attend", "act", "act"),
}
"""Exploitation, automatable, technical impact: the decision for a low, medium and high mission."""


def decision_of(stated: str, mission: str) -> str:
    """Return the decision for what a feed states; empty where it states none that is known."""
    word = stated.lower()
    if word in DECISIONS:
        return word
    return TREE[word][MISSIONS.index(mission)] if word in TREE else ""


def at_least(decision: str, limit: str) -> bool:
    """Tell whether a decision is as grave as another."""
    return DECISIONS.index(decision) >= DECISIONS.index(limit)
