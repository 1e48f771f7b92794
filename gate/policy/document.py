"""What a policy file may say, as structs: read by them, checked by them, and made a schema of.

`description` is for an editor's completion; `is` says what is right where something is wrong. What
a file leaves open is answered in `rules`, by rules 9 and 10.
"""

import re
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType, field

from gate.model import Answer, Stage
from gate.policy.model import SeveritySource

Word = Literal["low", "medium", "high", "critical"]
RULES = "a mapping with at least one rule"
TABLE = "a mapping with rules for at least one of build, registry, deploy"
ANSWERS = "one of deny, warn, ignore"
CVSS = ("2", "2.0", "3", "3.0", "3.1", "4", "4.0")
TYPE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-+")
"""Characters of a purl's type."""


def says(description: str, right: str = "", **more: Any) -> Meta:
    """Return what a field means, and in words what is right for it."""
    extra = {"is": right} if right else {}
    wrong = more.pop("wrong", None)
    return Meta(description=description, extra=extra | ({"wrong": wrong} if wrong else {}), **more)


def _no_version(value: Any) -> bool:
    return str(value) not in CVSS


def _no_type(value: Any) -> bool:
    return not isinstance(value, str) or not value or not set(value) <= TYPE_LETTERS


def _no_word(value: Any) -> bool:
    return not isinstance(value, str) or re.fullmatch("[A-Za-z0-9_-]+", value) is None


def _not_a_number(value: Any) -> bool:
    return isinstance(value, float) and value != value  # noqa: PLR0124 (only NaN differs from itself)


Reply = Annotated[Answer, Meta(extra={"is": ANSWERS})]
Days = Annotated[int, Meta(ge=0, extra={"is": "a number of days"})]
Share = Annotated[
    float, Meta(ge=0, le=1, extra={"is": "a share from 0 to 1", "wrong": _not_a_number})
]
Glob = Annotated[str, Meta(min_length=1, extra={"is": "a text, in which * stands for anything"})]
Text = Annotated[str, Meta(min_length=1, extra={"is": "a text"})]
TypeName = Annotated[
    str,
    Meta(
        # Not `pattern`: msgspec 0.22 frees it too early when it is in a union.
        extra_json_schema={"pattern": "^[a-z0-9.+-]+$"},
        extra={"is": "no purl type, which is in small letters", "wrong": _no_type},
    ),
]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in which every key is known."""


class UnknownAnswers(Part, frozen=True):
    """An answer for each thing that can be unknown."""

    empty: Annotated[Reply | UnsetType, says("No package was found at all.", ANSWERS)] = UNSET
    end_of_life: Annotated[
        Reply | UnsetType, says("The distribution's support has ended.", ANSWERS)
    ] = UNSET
    no_facts: Annotated[
        Reply | UnsetType,
        says("A fact of the image's configuration that a rule asks for.", ANSWERS),
    ] = UNSET
    no_feed: Annotated[Reply | UnsetType, says("Components no feed speaks for.", ANSWERS)] = UNSET
    no_purl: Annotated[Reply | UnsetType, says("Components without a package URL.", ANSWERS)] = (
        UNSET
    )
    stale_feed: Annotated[Reply | UnsetType, says("Feeds older than `stale_days`.", ANSWERS)] = (
        UNSET
    )
    undecided: Annotated[
        Reply | UnsetType, says("Findings whose versions cannot be compared.", ANSWERS)
    ] = UNSET
    unreadable: Annotated[
        Reply | UnsetType, says("Parts of the image, or whole feeds, that cannot be read.", ANSWERS)
    ] = UNSET
    vendor_silent: Annotated[
        Reply | UnsetType, says("Findings on which the distribution has said nothing.", ANSWERS)
    ] = UNSET


class Grace(Part, frozen=True):
    """Days in which a finding is only warned of, by its severity."""

    low: Days | UnsetType = UNSET
    medium: Days | UnsetType = UNSET
    high: Days | UnsetType = UNSET
    critical: Days | UnsetType = UNSET
    since: Annotated[
        Literal["published", "first_seen", "fix"],
        says("What the days are counted from. Not said: published."),
    ] = "published"


class Ssvc(Part, frozen=True):
    """An SSVC decision that denies, and the mission of what the image runs for."""

    at: Annotated[
        Literal["track", "track*", "attend", "act"],
        says("Findings with this decision or a graver one deny."),
    ]
    mission: Annotated[
        Literal["low", "medium", "high"],
        says("Mission prevalence and public well-being, which no feed knows. Not said: high."),
    ] = "high"


class LayerAnswers(Part, frozen=True):
    """What findings come to at most, by whose layer they are in."""

    base: Annotated[Reply | UnsetType, says("Layers of the base image.", ANSWERS)] = UNSET
    own: Annotated[Reply | UnsetType, says("Layers put on the base.", ANSWERS)] = UNSET


class LicenceRules(Part, frozen=True):
    """Which licences components may have."""

    allow: Annotated[tuple[Glob, ...], says("SPDX ids (or globs); nothing else is allowed.")] = ()
    deny: Annotated[tuple[Glob, ...], says("SPDX ids (or globs) that are not allowed.")] = ()
    answer: Annotated[Reply, says("To a licence that is not allowed. Not said: deny.")] = "deny"
    unknown: Annotated[Reply, says("To a component without licence. Not said: ignore.")] = "ignore"


class SbomRules(Part, frozen=True):
    """What the SBOM has to be."""

    purl: Annotated[Share | UnsetType, says("Least share of components with a package URL.")] = (
        UNSET
    )
    version: Annotated[Share | UnsetType, says("Least share of components with a version.")] = UNSET
    licence: Annotated[Share | UnsetType, says("Least share of components with a licence.")] = UNSET
    supplier: Annotated[
        Share | UnsetType, says("Least share of components that say who made them.")
    ] = UNSET
    hash: Annotated[Share | UnsetType, says("Least share of components with a checksum.")] = UNSET
    signed: Annotated[bool, says("Whether a verified signature is asked for.")] = False
    signers: Annotated[tuple[Glob, ...], says("Who may have signed; one of them has to.")] = ()
    answer: Annotated[Reply, says("To an SBOM that is not so. Not said: deny.")] = "deny"


class ImageRules(Part, frozen=True):
    """What the image's configuration has to be (NIST SP 800-190, 4.1.2)."""

    root: Annotated[Reply | UnsetType, says("It runs as root, or may.", ANSWERS)] = UNSET
    no_healthcheck: Annotated[Reply | UnsetType, says("It has no health check.", ANSWERS)] = UNSET
    ssh: Annotated[Reply | UnsetType, says("It has an SSH server.", ANSWERS)] = UNSET
    secret_variable: Annotated[
        Reply | UnsetType, says("A variable looks like a secret and has a value.", ANSWERS)
    ] = UNSET
    ports: Annotated[
        tuple[str | int, ...] | UnsetType,
        says("The only ports it may expose (8080, 53/udp).", "a list of ports (8080, 53/udp)"),
    ] = UNSET
    base_days: Annotated[Days | UnsetType, says("How many days ago its base may be from.")] = UNSET
    days: Annotated[Days | UnsetType, says("How many days ago it may have been built.")] = UNSET
    bases: Annotated[tuple[Glob, ...], says("Names of the bases it may have.")] = ()
    answer: Annotated[
        Reply, says("To a port, an age or a base that may not be. Not said: deny.")
    ] = "deny"


class OwnCondition(Part, frozen=True):
    """A rule in CEL (docs/policy.md lists the variables)."""

    name: Annotated[
        str,
        says(
            "Named in decisions as `condition.NAME`.",
            "a word",
            wrong=_no_word,
            extra_json_schema={"pattern": "^[A-Za-z0-9_-]+$"},
        ),
    ]
    when: Annotated[Text, says("CEL; true where the rule speaks.")]
    on: Annotated[
        Literal["finding", "component", "image"],
        says("What it looks at, one by one. Not said: finding."),
    ] = "finding"
    answer: Annotated[Reply | UnsetType, says("What it comes to. Not said: deny.", ANSWERS)] = UNSET
    at_most: Annotated[
        Reply | UnsetType, says("Instead of `answer`: what such findings come to at most.", ANSWERS)
    ] = UNSET
    because: Annotated[str, says("A sentence for people.")] = ""


class StageRules(Part, frozen=True):
    """What one stage asks of an image."""

    score: Annotated[
        Annotated[float, Meta(ge=0, le=10)] | None,
        says(
            "Findings with this CVSS score or more deny. null: no score denies.",
            "a CVSS score from 0 to 10, or null",
            wrong=_not_a_number,
        ),
    ] = None
    severity: Annotated[
        Word | UnsetType,
        says(
            "Findings of this word, the distribution's own where it has one, or a graver one deny.",
            "one of low, medium, high, critical",
        ),
    ] = UNSET
    epss: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        says(
            "Findings with this EPSS probability of exploitation or more deny.",
            "a probability from 0 to 1, or null",
            wrong=_not_a_number,
        ),
    ] = None
    kev: Annotated[
        Reply,
        says("What a finding that is known to be exploited comes to. Not said: ignore."),
    ] = "ignore"
    ssvc: Annotated[
        Literal["track", "track*", "attend", "act"] | Ssvc | UnsetType,
        says(
            "Findings with this SSVC decision or a graver one deny.",
            "one of track, track*, attend, act, or a mapping with `at` and `mission`",
        ),
    ] = UNSET
    cvss: Annotated[
        str | float | UnsetType,
        says(
            "Score by this CVSS version where a finding has it; by default, by the highest.",
            f"a CVSS version: {', '.join(CVSS)}",
            wrong=_no_version,
            extra_json_schema={
                "enum": [*CVSS, *sorted({float(each) for each in CVSS})],
            },
        ),
    ] = UNSET
    severity_sources: Annotated[
        tuple[SeveritySource, ...],
        says(
            "Whose score counts: the first of these that has one; by default the highest CVSS "
            "version, and of one version the distribution's, the CNA's, CISA's, NVD's.",
            f"a list of {', '.join(get_args(SeveritySource))}",
        ),
    ] = ()
    unscored: Annotated[
        Reply | UnsetType,
        says("Findings without a score. Not said: deny at deploy, else warn.", ANSWERS),
    ] = UNSET
    unfixed: Annotated[
        Reply, says("What a finding without a fix comes to at most. Not said: deny, as any other.")
    ] = "deny"
    grace: Annotated[
        Grace | UnsetType,
        says(
            "Days in which a finding is only warned of, by its severity; one that is not named has "
            "those of the next graver one.",
            "a mapping from low, medium, high, critical to days",
            extra_json_schema={
                "anyOf": [{"required": [each]} for each in ("low", "medium", "high", "critical")]
            },
        ),
    ] = UNSET
    types: Annotated[
        dict[TypeName, Reply],
        says(
            "What findings in packages of a purl type (npm, deb) come to at most.",
            "a mapping from a purl type (npm, deb) to an answer",
            min_length=1,
        ),
    ] = field(default_factory=dict)
    layers: Annotated[
        LayerAnswers | UnsetType,
        says("What findings in layers of the base image, or of one's own, come to at most."),
    ] = UNSET
    baseline: Annotated[
        Reply,
        says("What a finding that the baseline (--baseline) had comes to at most. Not said: warn."),
    ] = "warn"
    unknowns: Annotated[
        Answer | UnknownAnswers | UnsetType,
        says(
            "One answer for everything unknown, or one for each. Not said: deny at deploy, else "
            "warn.",
            f"{ANSWERS}, or a mapping from unknown to answer",
        ),
    ] = UNSET
    stale_days: Annotated[
        Days | None,
        says(
            "A feed that its publisher confirmed longer ago than this is stale. null, or not said: "
            "feeds do not age.",
            "a number of days, or null",
        ),
    ] = None
    feeds: Annotated[
        dict[Text, Days | None],
        says(
            "Feeds that the advisory set has to have, and how many days ago its publisher "
            "confirmed each at most (null: any time).",
            "a mapping from a feed to days, or null",
            min_length=1,
        ),
    ] = field(default_factory=dict)
    coverage: Annotated[
        Share | UnsetType, says("The least share of the components that a feed speaks for.")
    ] = UNSET
    licences: Annotated[LicenceRules | UnsetType, says("Which licences components may have.")] = (
        UNSET
    )
    sbom: Annotated[SbomRules | UnsetType, says("What the SBOM has to be.")] = UNSET
    image: Annotated[ImageRules | UnsetType, says("What its configuration has to be.")] = UNSET
    conditions: Annotated[
        tuple[OwnCondition, ...], says("Rules in CEL, for all the rest.", "a list of conditions")
    ] = ()
    kernel: Annotated[
        bool, says("Whether packages of the kernel count. The running kernel is the host's.")
    ] = False
    optional: Annotated[
        bool, says("Whether names in a lock file that are not installed count.")
    ] = False
    audit: Annotated[bool, says("Says that it is meant that this stage can never deny.")] = False


class StageTable(Part, frozen=True):
    """Rules for at least one stage."""

    build: Annotated[StageRules | UnsetType, says("When it is built.", RULES)] = UNSET
    registry: Annotated[
        StageRules | UnsetType, says("When it is pushed or kept in a registry.", RULES)
    ] = UNSET
    deploy: Annotated[StageRules | UnsetType, says("When it is to run.", RULES)] = UNSET


class ScopeTable(Part, frozen=True):
    """Images that are judged by stages of their own."""

    stages: Annotated[StageTable, says("Stand instead of the policy's own, stage by stage.", TABLE)]
    name: Annotated[str, says("Named in reasons.")] = ""
    images: Annotated[tuple[Glob, ...], says("Globs of the image's name.")] = ()
    namespaces: Annotated[tuple[Glob, ...], says("Globs of `--scope namespace=…`.")] = ()
    teams: Annotated[tuple[Glob, ...], says("Globs of `--scope team=…`.")] = ()
    labels: Annotated[
        dict[Text, Glob], says("Globs of the image's labels; all have to fit.", "a mapping")
    ] = field(default_factory=dict)


class ExceptionTerms(Part, frozen=True):
    """What is asked of an exception before it softens anything."""

    files: Annotated[tuple[Text, ...], says("Files of exceptions, from the policy's folder.")] = ()
    require: Annotated[
        tuple[Literal["owner", "approver", "ticket", "reason", "end"], ...],
        says("Fields that have to be filled in; `end` is a day or an event."),
    ] = ("owner", "reason", "end")
    separate_approver: Annotated[bool, says("Whether owner and approver have to be two.")] = False
    max_days: Annotated[Days | UnsetType, says("How many days one may hold.")] = UNSET
    expiring_days: Annotated[
        Days, says("How many days before its end one is named as expiring. Not said: 14.")
    ] = 14


class PolicyDocument(Part, frozen=True):
    """Rules for the stages of an image's lifecycle. docs/policy.md explains them."""

    stages: Annotated[StageTable, says("What each stage asks.", TABLE)]
    schema: Annotated[str, says("For editors: where this schema is.")] = field(
        default="", name="$schema"
    )
    name: Annotated[str, says("Named in verdicts; the file's name where it is not said.")] = ""
    description: str = ""
    extends: Annotated[
        tuple[Text, ...] | Text,
        says("Policies that judge beside this one (files from its folder, or shipped names)."),
    ] = ()
    scopes: Annotated[
        tuple[ScopeTable, ...], says("Images with stages of their own.", "a list of scopes")
    ] = ()
    exceptions: Annotated[ExceptionTerms | UnsetType, says("What is asked of exceptions.")] = UNSET


STAGES: tuple[Stage, ...] = ("build", "registry", "deploy")
