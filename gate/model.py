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
    discovered: it was found beside the subject, and not given by the caller.
    signed_by: names of the trusted keys that signed it.
    doubt: why it is not trusted, so that it decides nothing; empty when it is.
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
    discovered: bool = False
    signed_by: tuple[str, ...] = ()
    doubt: str = ""


class Application(Struct, frozen=True, kw_only=True, gc=False):
    """What became of one statement: where it decides, or the nearest miss.

    applied: (vulnerability, purl) of each finding whose status it sets.
    superseded: how many more findings it fits, where another statement decides.
    miss: what kept it from applying anywhere; empty when it applies.
    because: the same in a sentence.
    inherited: the base image it speaks of, where it decides findings through that.
    signed_by: names of the trusted keys that signed it.
    until: the last day it is valid, empty where it has none.
    """

    statement: str
    author: str
    status: Status
    vulnerabilities: tuple[str, ...]
    timestamp: str
    applied: tuple[tuple[str, str], ...] = ()
    superseded: int = 0
    miss: Literal[
        "",
        "vulnerability",
        "product",
        "subcomponent",
        "version",
        "qualifier",
        "path",
        "layer",
        "expired",
        "untrusted",
        "superseded",
    ] = ""
    because: str = ""
    inherited: str = ""
    signed_by: tuple[str, ...] = ()
    until: str = ""


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

    vex: (file name, digest) of each VEX document that was given.
    exception_files: (file name, digest) of each file of exceptions, given or named by a policy.
    end_of_life: the day the distribution's support ended or will end, empty where unknown.
    scope: (name, value) of where the image belongs (`namespace`, `team`), sorted.
    sbom_source: where the SBOM came from, in words, where a key to trust was given; else empty.
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
    vex: tuple[tuple[str, str], ...] = ()
    exception_files: tuple[tuple[str, str], ...] = ()
    end_of_life: str = ""
    scope: tuple[tuple[str, str], ...] = ()
    sbom_source: str = ""
    signed_by: tuple[str, ...] = ()
    verdict: Verdict | None = None


class View(Struct, frozen=True, kw_only=True, gc=False):
    """How a report is looked at: what else it shows, and the terminal it is for.

    everything: dismissals too.
    width: columns of the terminal; 0 where there is none: then no cell of a table is broken, so
        that what reads the pipe finds each version whole.
    color: whether control codes may be written.
    """

    everything: bool = False
    width: int = 0
    color: bool = False
