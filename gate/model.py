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
    """A product or subcomponent as a statement names it: any of purl, CPE, digest, plain id."""

    id: str = ""
    purl: str = ""
    cpes: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
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


class Rules(Struct, frozen=True, kw_only=True, gc=False):
    """What one stage asks. `score` None: no score denies. `unknowns`: unknown name to answer."""

    score: float | None = None
    unscored: Answer = "warn"
    unknowns: tuple[tuple[str, Answer], ...] = ()
    kernel: bool = False
    optional: bool = False


class Policy(Struct, frozen=True, kw_only=True, gc=False):
    """A named set of rules, one entry per stage; never empty. `digest` is of the file's bytes."""

    name: str
    digest: str
    stages: tuple[tuple[Stage, Rules], ...]


class Judged(Struct, frozen=True, kw_only=True, gc=False):
    """A finding with the VEX statement that applies to it, if any."""

    finding: Finding
    status: Status | None = None
    justification: str | None = None
    statement: str | None = None


class Decision(Struct, frozen=True, kw_only=True, gc=False):
    """What one finding, or one unknown, came to under a policy, and by which rule."""

    answer: Literal["deny", "warn", "ignore", "pass"]
    rule: str
    because: str
    id: str = ""
    purl: str = ""


class Unknown(Struct, frozen=True, kw_only=True, gc=False):
    """Something the verdict could not know (rule 10), and what the policy makes of it."""

    name: str
    what: str
    count: int
    answer: Answer


class Verdict(Struct, frozen=True, kw_only=True, gc=False):
    """Pass or deny for one subject at one stage, with every decision and every unknown."""

    outcome: Literal["pass", "deny"]
    stage: Stage
    policy: str
    policy_digest: str
    decisions: tuple[Decision, ...]
    unknowns: tuple[Unknown, ...] = ()
    reasons: tuple[str, ...] = ()
    decided_at: str = ""


class Run(Struct, frozen=True, kw_only=True, gc=False):
    """One stored run: all that any report needs, so that each can be made again from it."""

    sbom: Sbom
    sbom_digest: str
    state: SetState
    judged: tuple[Judged, ...]
    coverage: Coverage
    dismissals: tuple[Dismissal, ...] = ()
    problems: tuple[Problem, ...] = ()
    verdict: Verdict | None = None
