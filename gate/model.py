"""The nouns of the gate: statements, policy, decisions, verdict, and the run that reports read."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from match.model import Coverage, Dismissal, Finding, SetState
from sbom.model import Problem, Sbom

Stage = Literal["build", "registry", "deploy"]
Answer = Literal["deny", "warn", "ignore"]


class Status(StrEnum):
    """The four statuses of OpenVEX."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Product(Struct, frozen=True, kw_only=True, gc=False):
    """A product or subcomponent as a statement names it, by as many identifiers as it gives.

    id: IRI or plain id of the document (OpenVEX `@id`, CSAF product_id).
    name, version: in the author's words, where the document gives them.
    purls: every purl it is named by; all of them have to agree.
    hashes: (algorithm, hex digits) of the product's file or manifest.
    serial, ref: a BOM-link, the SBOM's serial number and the bom-ref in it.
    versions: a `vers:` range the product's version has to lie in.
    """

    id: str = ""
    name: str = ""
    version: str = ""
    purls: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    serial: str = ""
    ref: str = ""
    versions: str = ""
    subcomponents: tuple["Product", ...] = ()


class Statement(Struct, frozen=True, kw_only=True, gc=False):
    """One author's word: the status of a vulnerability in products.

    document: id of the document and the statement's place in it (`…#statements[3]`).
    vulnerabilities: every id the statement names it by.
    timestamp: RFC 3339 in UTC; later ones supersede earlier ones.
    """

    document: str
    author: str
    vulnerabilities: tuple[str, ...]
    products: tuple[Product, ...]
    status: Status
    timestamp: str
    justification: str | None = None
    impact: str = ""
    action: str = ""
    notes: str = ""


class Application(Struct, frozen=True, kw_only=True, gc=False):
    """What became of one statement: where it decides, or the nearest miss.

    applied: (vulnerability, purl) of each finding whose status it sets.
    superseded: how many more findings it fits, where a later statement decides.
    miss: what kept it from applying anywhere; empty when it applies.
    because: the same in a sentence.
    """

    statement: str
    author: str
    status: Status
    vulnerabilities: tuple[str, ...]
    timestamp: str
    applied: tuple[tuple[str, str], ...] = ()
    superseded: int = 0
    miss: Literal[
        "", "vulnerability", "product", "subcomponent", "version", "qualifier", "path", "superseded"
    ] = ""
    because: str = ""


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
    unscored: what a finding without score comes to.
    unknowns: (name of an unknown, answer), complete, sorted by name.
    stale_days: a feed older than this is stale; None: feeds do not age.
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


class Judged(Struct, frozen=True, kw_only=True, gc=False):
    """A finding with the VEX statement that applies to it, if any.

    statement: id of the document and the place in it.
    because: who said so, when, and why, in a sentence.
    """

    finding: Finding
    status: Status | None = None
    justification: str | None = None
    statement: str | None = None
    because: str = ""


class Decision(Struct, frozen=True, kw_only=True, gc=False):
    """What one finding, or one unknown, came to under a policy, and by which rule.

    days_left: how long it is still in its grace period, None where it is in none.
    """

    answer: Literal["deny", "warn", "ignore", "pass"]
    rule: str
    because: str
    id: str = ""
    purl: str = ""
    days_left: int | None = None


class ExceptionUse(Struct, frozen=True, kw_only=True, gc=False):
    """What became of one exception: what it softens, or why it does not.

    state: `used`, `unused` (no finding of it that counts), `expired` (it ended, and what it held
        is open again), `refused` (the policy asks for more), `elsewhere` (another image's).
    where: the file, and the place in it.
    findings: (vulnerability, purl) of what it speaks of; all of them, whatever the state.
    days_left: until its last day, None where it ends by an event; expiring: whether it is soon.
    """

    id: str
    state: Literal["used", "unused", "expired", "refused", "elsewhere"]
    where: str
    owner: str
    approver: str = ""
    ticket: str = ""
    reason: str = ""
    until: str = ""
    findings: tuple[tuple[str, str], ...] = ()
    days_left: int | None = None
    expiring: bool = False
    because: str = ""


class Unknown(Struct, frozen=True, kw_only=True, gc=False):
    """Something the verdict could not know (rule 10), and what the policy makes of it."""

    name: str
    what: str
    count: int
    answer: Answer


class Verdict(Struct, frozen=True, kw_only=True, gc=False):
    """Pass or deny for one subject at one stage, with every decision and every unknown.

    decisions: one for each finding in the order of the findings, then what the image as a whole
        does not meet, then one for each unknown.
    left_out: (why, how many) findings do not count: `not_affected`, `fixed`, `kernel`, `optional`.
    reasons: why it denies, a sentence for each rule that does; empty when it passes.
    baseline: digest of the run that new findings were told apart by; empty where there was none.
    exceptions: what became of each exception that was given, in the order of their ids.
    """

    outcome: Literal["pass", "deny"]
    stage: Stage
    policy: str
    policy_digest: str
    decisions: tuple[Decision, ...]
    unknowns: tuple[Unknown, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    reasons: tuple[str, ...] = ()
    decided_at: str = ""
    baseline: str = ""
    exceptions: tuple[ExceptionUse, ...] = ()


class Run(Struct, frozen=True, kw_only=True, gc=False):
    """One stored run: all that any report needs, so that each can be made again from it.

    end_of_life: the day the distribution's support ended or will end, empty where unknown.
    scope: (name, value) of where the image belongs (`namespace`, `team`), sorted.
    signed_by: who signed the SBOM, where a signature was verified.
    """

    sbom: Sbom
    sbom_digest: str
    state: SetState
    judged: tuple[Judged, ...]
    coverage: Coverage
    dismissals: tuple[Dismissal, ...] = ()
    problems: tuple[Problem, ...] = ()
    applications: tuple[Application, ...] = ()
    end_of_life: str = ""
    scope: tuple[tuple[str, str], ...] = ()
    signed_by: tuple[str, ...] = ()
    verdict: Verdict | None = None


class View(Struct, frozen=True, kw_only=True, gc=False):
    """How a report is looked at: what else it shows, and the terminal it is for.

    everything: dismissals too.
    width: columns of the terminal, or of the page it is piped to.
    color: whether control codes may be written.
    """

    everything: bool = False
    width: int = 120
    color: bool = False
