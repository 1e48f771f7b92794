"""The nouns of policies and exceptions: what the house asks of an image, and what it accepts."""

from typing import Literal

from msgspec import Struct

from gate.model import Answer, Stage

SeveritySource = Literal["distribution", "cna", "cisa", "nvd", "ghsa", "house"]
"""Who rates: the distribution that made the package, the CVE's own authority, CISA, NVD, GitHub."""


class Licences(Struct, frozen=True, kw_only=True, gc=False):
    """Which licences components may have, as globs of SPDX ids (or of the publisher's own words).

    allow: where there are any, nothing else is. answer: to a licence that is not allowed.
    unknown: to a component without licence.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    answer: Answer = "deny"
    unknown: Answer = "ignore"


class Quality(Struct, frozen=True, kw_only=True, gc=False):
    """What the SBOM has to be: shares (0 to 1) of components with a field, and a signature.

    signers: globs of who may have signed; empty: anybody whose signature was verified.
    """

    shares: tuple[tuple[str, float], ...] = ()
    signed: bool = False
    signers: tuple[str, ...] = ()
    answer: Answer = "deny"


class Configuration(Struct, frozen=True, kw_only=True, gc=False):
    """What the image's configuration has to be.

    answers: (what was found wrong, answer) of `root`, `no_healthcheck`, `ssh`, `secret_variable`.
    ports: the only ports it may expose (`8080`, `53/udp`); None: any.
    base_days, days: how old its base, and itself, may be; bases: globs of the bases it may have.
    answer: to a port, an age or a base that may not be.
    """

    answers: tuple[tuple[str, Answer], ...] = ()
    ports: tuple[str, ...] | None = None
    base_days: int | None = None
    days: int | None = None
    bases: tuple[str, ...] = ()
    answer: Answer = "deny"


class Condition(Struct, frozen=True, kw_only=True, gc=False):
    """A rule of its own in CEL: where `when` holds, `answer` is what it comes to.

    on: what is looked at, one by one. at_most: it softens findings instead of asking.
    """

    name: str
    on: Literal["finding", "component", "image"]
    when: str
    answer: Answer
    at_most: bool = False
    because: str = ""


class Rules(Struct, frozen=True, kw_only=True, gc=False):
    """What one stage asks of an image.

    score: findings with this CVSS score or more deny; None: no score denies.
    cvss: the CVSS version to score by (`4.0`, `3`, `2`); empty: the highest there is (rule 8).
    severity_sources: whose score counts, the first that has one; empty: the order of rule 8.
    unscored: what a finding without score comes to.
    unknowns: (name of an unknown, answer), complete, sorted by name.
    stale_days: a feed confirmed longer ago than this is stale; None: feeds do not age.
    kernel, optional: whether findings of these classes count (rules 5 and 15).
    kev: what a finding that is known to be exploited comes to; `ignore`: the same as any other.
    epss: findings with this probability of exploitation (0 to 1) or more deny.
    severity: findings of this severity word or a graver one deny; empty: no word denies.
    unfixed: what a finding without a fix comes to at most.
    grace: (band, days) in which a finding is only warned of, counted from `since`.
    types: (purl type, what its findings come to at most), sorted.
    baseline: what a finding that the baseline had comes to at most.
    ssvc: findings with this SSVC decision or a graver one deny; `mission` is the point of that tree
        that no feed can know.
    layers: (`base` or `own`, what findings in these layers come to at most), sorted.
    coverage: the least share of the components that a feed speaks for; None: none is asked.
    feeds: (feed that has to be there, its age in days at most or None), sorted.
    """

    score: float | None = None
    cvss: str = ""
    severity_sources: tuple[SeveritySource, ...] = ()
    unscored: Answer = "deny"
    unknowns: tuple[tuple[str, Answer], ...] = ()
    stale_days: int | None = None
    kernel: bool = False
    optional: bool = False
    kev: Answer = "ignore"
    epss: float | None = None
    severity: Literal["", "low", "medium", "high", "critical"] = ""
    unfixed: Answer = "deny"
    grace: tuple[tuple[str, int], ...] = ()
    since: Literal["published", "first_seen", "fix"] = "published"
    types: tuple[tuple[str, Answer], ...] = ()
    baseline: Answer = "warn"
    ssvc: Literal["", "track", "track*", "attend", "act"] = ""
    mission: Literal["low", "medium", "high"] = "high"
    layers: tuple[tuple[str, Answer], ...] = ()
    coverage: float | None = None
    feeds: tuple[tuple[str, int | None], ...] = ()
    licences: Licences | None = None
    sbom: Quality | None = None
    image: Configuration | None = None
    conditions: tuple[Condition, ...] = ()


class Scope(Struct, frozen=True, kw_only=True, gc=False):
    """Images that are judged by stages of their own; each pattern is a glob, of a list one counts.

    images: of the image's name; namespaces, teams: of what `--scope` says.
    labels: (name, pattern) of the image's labels; all have to fit.
    """

    stages: tuple[tuple[Stage, Rules], ...]
    name: str = ""
    images: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


class Terms(Struct, frozen=True, kw_only=True, gc=False):
    """What a policy asks of an exception before it softens anything.

    files: where exceptions are read from, as the policy names them.
    require: fields that have to be filled in; `end` is a day or an event.
    separate: whether owner and approver have to be two.
    max_days: how long one may hold, from its acceptance to its day; None: as long as it says.
    expiring_days: how many days before its end one is named as expiring.
    """

    files: tuple[str, ...] = ()
    require: tuple[str, ...] = ("owner", "reason", "end")
    separate: bool = False
    max_days: int | None = None
    expiring_days: int = 14


class Policy(Struct, frozen=True, kw_only=True, gc=False):
    """A named set of rules, one entry per stage; never empty. `digest` is of the file's bytes.

    scopes: stages that stand instead of `stages` for the images they select.
    extends: policies that judge beside this one: the gravest answer of all counts. The digest
        covers theirs.
    """

    name: str
    digest: str
    stages: tuple[tuple[Stage, Rules], ...]
    scopes: tuple[Scope, ...] = ()
    extends: tuple["Policy", ...] = ()
    terms: Terms = Terms()


class Acceptance(Struct, frozen=True, kw_only=True, gc=False):
    """How things were when an exception was accepted; events are told by what differs from it.

    score: the score shown; fix: whether a fix was known; kev: whether it was known to be exploited;
    base: digest of the base image.
    """

    score: float | None = None
    fix: bool = False
    kev: bool = False
    base: str = ""


class HouseException(Struct, frozen=True, kw_only=True, gc=False):
    """A dated, owned departure of the house: what these findings come to at most, until it ends.

    vulnerabilities: any alias will do. packages: purls, with or without version, or globs of names;
    versions, types, paths, images: globs of which one has to fit; empty fits everything.
    accepted, until: the first and the last day it holds (dates); `until` is empty for no such day.
    events: what ends it besides (`fix_published`, `kev_listed`, `base_rebuilt`, `severity_raised`);
    epss_over: so does a likelihood above this.
    """

    id: str
    where: str
    vulnerabilities: tuple[str, ...]
    owner: str = ""
    approver: str = ""
    ticket: str = ""
    reason: str = ""
    packages: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    answer: Literal["warn", "ignore"] = "ignore"
    accepted: str = ""
    until: str = ""
    events: tuple[str, ...] = ()
    epss_over: float | None = None
    at: Acceptance = Acceptance()


class HouseExceptions(Struct, frozen=True, kw_only=True, gc=False):
    """What files hold: the exceptions by id, and (file, digest of its bytes) of each file."""

    exceptions: tuple[HouseException, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
