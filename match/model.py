"""The nouns of matching: what feeds say, and what it comes to for one component."""

from typing import Literal, NewType

from msgspec import Struct

from sbom.model import Component, Problem

AdvisoryId = NewType("AdvisoryId", str)
"""An advisory's own id: `CVE-…`, `GHSA-…`, `DSA-…`, `LDG-2026-0007`."""

HOUSE_FEED = "house"
"""The feed of the house's own advisories: it is written here, so it is never fetched nor stale."""

FixState = Literal[
    "fixed",
    "upstream_only",
    "wont_fix",
    "deferred",
    "under_investigation",
    "not_affected",
    "none",
]


class Interval(Struct, frozen=True, kw_only=True, gc=False):
    """Versions from `introduced` (None: the lowest) on.

    They end before `fixed` or `limit`, or with `last_affected`; all three None: they never end.
    """

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Affected(Struct, frozen=True, kw_only=True, gc=False):
    """What one advisory says of one package.

    scheme, release, product, stream, name: the package key of the join (rule 1 of the rules).
        An empty release means no distribution (language ecosystems); `stream` None means unknown.
    names: whether `name` is a source package's, a binary package's, a language package's, or a
        product's (`vendor:product` of a CPE), to which packages are mapped one by one.
    versions: versions listed one by one; united with the intervals.
    ecosystem: the publisher's own word for it, for `because` and `explain`.
    """

    scheme: str
    name: str
    release: str = ""
    product: str = ""
    stream: str | None = ""
    names: Literal["source", "binary", "language", "cpe"] = "language"
    claim: Literal["affected", "not_affected", "unknown"] = "affected"
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    fix: FixState = "none"
    ecosystem: str = ""
    arches: tuple[str, ...] = ()
    severity: str = ""


class Severity(Struct, frozen=True, kw_only=True, gc=False):
    """One source's rating. `version` is the CVSS version (`2.0`, `3.1`, `4.0`) or empty for a word.

    source: the feed or, within a record, who scored (`nvd`, `cna:…`, `debian` …).
    """

    source: str
    score: float | None = None
    vector: str | None = None
    version: str = ""
    label: str = ""


class Advisory(Struct, frozen=True, kw_only=True, gc=False):
    """One record of one feed.

    aliases: other ids of the same vulnerability, as the record asserts.
    related: ids that are related or upstream and no aliases.
    names: the CVEs an advisory of several is about (rule 6): one finding per CVE, never grouped.
    published, modified, withdrawn: RFC 3339 in UTC, or empty.
    unmatchable: ranges that cannot be matched (GIT), counted in coverage.
    disputed: whether somebody who has a say disputes that it is a vulnerability.
    ssvc: as in `Vulnerability`.
    """

    id: AdvisoryId
    feed: str
    aliases: tuple[AdvisoryId, ...] = ()
    related: tuple[AdvisoryId, ...] = ()
    names: tuple[AdvisoryId, ...] = ()
    affected: tuple[Affected, ...] = ()
    severities: tuple[Severity, ...] = ()
    summary: str = ""
    published: str = ""
    modified: str = ""
    withdrawn: str = ""
    url: str = ""
    unmatchable: int = 0
    disputed: bool = False
    ssvc: str = ""


class Exploited(Struct, frozen=True, kw_only=True, gc=False):
    """KEV's word on one CVE: seen exploited, since when, due when (dates)."""

    id: AdvisoryId
    added: str
    due: str = ""
    ransomware: bool = False


class Likelihood(Struct, frozen=True, kw_only=True, gc=False):
    """EPSS's word on one CVE: probability and percentile, 0 to 1, of a date."""

    id: AdvisoryId
    probability: float
    percentile: float
    date: str = ""


class Vulnerability(Struct, frozen=True, kw_only=True, gc=False):
    """The thing itself: one alias group, with everything known of it by any feed.

    ssvc: a decision (`act`, `attend`, `track*`, `track`), or CISA's three points of it
        (`active/yes/total`: exploitation, automatable, technical impact); empty where unknown.
    disputed: whether a record of it says that it is disputed.
    rejected: when its CVE was rejected (RFC 3339), where no CVE record of it stands; else empty.
    """

    id: AdvisoryId
    aliases: tuple[AdvisoryId, ...] = ()
    related: tuple[AdvisoryId, ...] = ()
    severity: Severity | None = None
    severities: tuple[Severity, ...] = ()
    summary: str = ""
    published: str = ""
    first_seen: str = ""
    kev: Exploited | None = None
    epss: Likelihood | None = None
    ssvc: str = ""
    disputed: bool = False
    rejected: str = ""


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """A component and a vulnerability it has, with the record that decided.

    advisory, feed: the deciding record.
    related: ids that are related to this vulnerability and no aliases, the deciding record's
        own id among them where it is neither the vulnerability's id nor an alias.
    fixed: versions that fix it for this package, lowest first.
    unknowns: reasons that keep the answer uncertain, by name (`vendor_silent`, `undecided` …).
    silent_days: days the distribution has said nothing, where it should speak.
    fix_published: when the deciding record was published, where it names a fix; else empty.
    by: whether the deciding record names the package, or a product (CPE) that it is mapped to.
    """

    component: Component
    vulnerability: Vulnerability
    advisory: AdvisoryId
    feed: str
    outcome: Literal["affected", "undecided"]
    because: str
    related: tuple[AdvisoryId, ...] = ()
    fixed: tuple[str, ...] = ()
    fix: FixState = "none"
    severity: Severity | None = None
    unknowns: tuple[str, ...] = ()
    silent_days: int | None = None
    fix_published: str = ""
    by: Literal["package", "cpe"] = "package"


class Dismissal(Struct, frozen=True, kw_only=True, gc=False):
    """A component that a record named and that is not affected, with the reason."""

    component: Component
    vulnerability: AdvisoryId
    advisory: AdvisoryId
    feed: str
    reason: Literal[
        "fixed",
        "out_of_range",
        "not_affected",
        "owned",
        "precedence",
        "withdrawn",
        "stream",
        "arch",
    ]
    because: str


class Reach(Struct, frozen=True, kw_only=True, gc=False):
    """How much of what was published lately the set can match at all.

    days: how many, counted back from the set's date; since: the first of them, empty where the set
        has no date.
    cves: published first in these days, and not rejected; matchable: those of them that a record
        names a package in. feeds, areas: the same by feed, and by release or ecosystem.
    """

    days: int = 0
    since: str = ""
    cves: int = 0
    matchable: int = 0
    feeds: tuple[tuple[str, int], ...] = ()
    areas: tuple[tuple[str, int], ...] = ()


class Coverage(Struct, frozen=True, kw_only=True, gc=False):
    """How far the advisory set can speak of these components at all.

    without_feed: components no feed of the set speaks for, by reason
        (`no feed for debian:12`, `no feed for hex`), with their number.
    reach: how much of what was published lately the set can match, in the releases and
        ecosystems of these components; None where the set does not say.
    """

    components: int
    matchable: int
    without_purl: int = 0
    optional: int = 0
    without_feed: tuple[tuple[str, int], ...] = ()
    unmatchable_ranges: int = 0
    reach: Reach | None = None


class FeedState(Struct, frozen=True, kw_only=True, gc=False):
    """One feed as the set holds it: how many records, and the date of the newest.

    learned: when a record of it last began or ended. confirmed: by when its publisher was known to
        say just this, whether that was new or not; empty where nobody was ever asked for all of it.
    """

    name: str
    records: int
    as_of: str = ""
    learned: str = ""
    confirmed: str = ""

    @property
    def dated(self) -> str:
        """The day its age is counted from: when it was confirmed, else learned, else its newest."""
        return self.confirmed or self.learned or self.as_of

    @property
    def dated_by(self) -> str:
        """What happened on the day that `dated` is, as a word for people."""
        if self.confirmed or self.learned:
            return "confirmed" if self.confirmed else "learned"
        return "newest record"


class SetState(Struct, frozen=True, kw_only=True, gc=False):
    """The advisory set's state: a content digest, its date, and its feeds."""

    digest: str
    as_of: str
    feeds: tuple[FeedState, ...] = ()


class FeedReport(Struct, frozen=True, gc=False):
    """What one import brought of one feed: records read, and which were new to the set."""

    feed: str
    records: int
    added: int = 0
    changed: int = 0
    gone: int = 0
    problems: int = 0


class Resolution(Struct, frozen=True, kw_only=True, gc=False):
    """Everything matching has to say of one SBOM, ordered (score descending, id, purl)."""

    state: SetState
    findings: tuple[Finding, ...]
    coverage: Coverage
    dismissals: tuple[Dismissal, ...] = ()
    problems: tuple[Problem, ...] = ()
