"""The nouns of `explain`: what was looked at for a vulnerability, and what it came to.

Everything a record says is in them, with the bytes that were compared; what people read of it is
made in `gate/explained.py`.
"""

from typing import Literal

from msgspec import Struct

from match.model import FixState, SetState, Severity

Outcome = Literal[
    "affected",
    "undecided",
    "fixed",
    "out_of_range",
    "not_affected",
    "owned",
    "precedence",
    "withdrawn",
    "stream",
    "arch",
    "not_named",
    "no_feed",
    "no_purl",
]
"""A finding's outcome, a dismissal's reason, or why no record of the set speaks of a component."""
FINDINGS = frozenset({"affected", "undecided"})


class Comparison(Struct, frozen=True, kw_only=True):
    """The component's version held against one bound, by the bytes that were compared (hex).

    sign: `?` where one of them has no key.
    """

    bound: Literal["introduced", "fixed", "last_affected", "limit"]
    version: str
    sign: Literal["<", "=", ">", "?"]
    key: str
    component_key: str


class Range(Struct, frozen=True, kw_only=True):
    """One range of a claim: in words, where the version lies, and what was compared."""

    words: str
    verdict: Literal["inside", "outside", "undecided"]
    comparisons: tuple[Comparison, ...]


class Step(Struct, frozen=True, kw_only=True):
    """One record's claim about the package, and where the version lies.

    of: the distribution package that owns the component, where the claim is about that.
    version: what was compared; the source package's where the record speaks of sources.
    listed: how many versions the claim lists one by one.
    decides: whether it is of the record that the outcome follows.
    """

    advisory: str
    feed: str
    package: str
    area: str
    version: str
    claim: Literal["affected", "not_affected", "unknown"]
    ranges: tuple[Range, ...]
    listed: int
    verdict: Literal["inside", "outside", "undecided", "withdrawn", "stream", "arch", "refused"]
    why: str = ""
    of: str = ""
    fix: FixState = "none"
    decides: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """Where the component was seen: the path, and the layer since which it is there."""

    path: str
    layer: str | None = None


class Case(Struct, frozen=True, kw_only=True):
    """One component and one vulnerability: what it came to, in a word and in a sentence.

    advisory, feed: the deciding record; empty where no record names the component.
    exploited: the day since which the vulnerability is known to be exploited, or empty.
    likelihood: that it will be, within 30 days (EPSS). disputed: whether a record says so.
    """

    purl: str
    vulnerability: str
    outcome: Outcome
    because: str
    advisory: str = ""
    feed: str = ""
    fixed: tuple[str, ...] = ()
    fix: FixState = "none"
    severity: Severity | None = None
    exploited: str = ""
    likelihood: float | None = None
    disputed: bool = False
    unknowns: tuple[str, ...] = ()
    silent_days: int | None = None
    places: tuple[Place, ...] = ()
    steps: tuple[Step, ...] = ()


class Told(Struct, frozen=True, kw_only=True):
    """A record of the vulnerability; `names` are the packages it is about.

    kind: what it says: an advisory's claims, that it is exploited, or how likely that is.
    unmatchable: how many of its ranges no version can be held against (ranges of commits).
    """

    advisory: str
    feed: str
    kind: Literal["advisory", "exploited", "likelihood"]
    learned: str
    modified: str
    withdrawn: str
    names: tuple[str, ...]
    unmatchable: int = 0


class Trace(Struct, frozen=True, kw_only=True):
    """Everything there is to say of one vulnerability in one SBOM.

    ids: every id of it, the canonical one first; empty where the set does not know it.
    unsaid: why no feed of the set speaks for some of the SBOM's components, with their number.
    """

    asked: str
    ids: tuple[str, ...]
    answer: Literal["finding", "no_finding", "no_component", "unknown_id"]
    conclusion: str
    cases: tuple[Case, ...]
    records: tuple[Told, ...]
    unsaid: tuple[tuple[str, int], ...]
    state: SetState
