"""What a file of exceptions may say, as structs: they read it, check it, and give its schema."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from gate.policy.document import Glob, Share, Text, TypeName, says

DATE = r"^\d{4}-\d{2}-\d{2}$"


def no_date(value: Any) -> bool:
    """Tell whether a text is no day of the calendar."""
    from datetime import date

    try:
        return bool(date.fromisoformat(value).isoformat() != value)
    except ValueError:
        return True


Day = Annotated[
    str,
    Meta(
        extra_json_schema={"pattern": DATE},
        extra={"is": "a day like 2026-12-31", "wrong": no_date},
    ),
]
Score = Annotated[float, Meta(ge=0, le=10, extra={"is": "a CVSS score from 0 to 10"})]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A mapping in which every key is known; what is not said is not written either."""


class Events(Part, frozen=True):
    """What ends an exception besides its last day."""

    fix_published: Annotated[bool, says("A fix is known that was not at acceptance.")] = False
    kev_listed: Annotated[bool, says("It is known to be exploited, and was not then.")] = False
    epss_over: Annotated[
        Share | UnsetType, says("The likelihood of exploitation (EPSS) is above this.")
    ] = UNSET
    base_rebuilt: Annotated[bool, says("The base image is another than `at_acceptance.base`.")] = (
        False
    )
    severity_raised: Annotated[
        bool, says("The score shown is higher than `at_acceptance.score`.")
    ] = False


class AtAcceptance(Part, frozen=True):
    """How things were when it was accepted; events are told by what differs from it."""

    score: Annotated[Score | UnsetType, says("The score that was shown.")] = UNSET
    fix: Annotated[bool, says("Whether a fix was known.")] = False
    kev: Annotated[bool, says("Whether it was known to be exploited.")] = False
    base: Annotated[str, says("Digest of the base image.")] = ""


class Entry(Part, frozen=True):
    """One exception: which findings, who answers for it, and when it ends."""

    vulnerability: Annotated[
        tuple[Text, ...] | Text, says("Its id, or several; any alias will do.", "an id, or a list")
    ]
    owner: Annotated[Text, says("Who answers for it.")]
    reason: Annotated[Text, says("Why it is accepted.")]
    id: Annotated[Text | UnsetType, says("Its name in reports; made of the rest if not said.")] = (
        UNSET
    )
    package: Annotated[
        tuple[Glob, ...] | Glob | UnsetType,
        says(
            "Packages: purls with or without version, or globs of names. Not said: any.",
            "a package, or a list",
        ),
    ] = UNSET
    version: Annotated[
        tuple[Glob, ...] | Glob | UnsetType, says("Globs of versions.", "a version, or a list")
    ] = UNSET
    type: Annotated[
        tuple[TypeName, ...] | TypeName | UnsetType,
        says("Purl types (npm, deb).", "a purl type in small letters, or a list"),
    ] = UNSET
    path: Annotated[
        tuple[Glob, ...] | Glob | UnsetType,
        says("Globs of where the package was seen, without a leading slash.", "a path, or a list"),
    ] = UNSET
    image: Annotated[
        tuple[Glob, ...] | Glob | UnsetType,
        says("Globs of image names. Not said: every image.", "an image, or a list"),
    ] = UNSET
    approver: Annotated[Text | UnsetType, says("Who accepted it.")] = UNSET
    ticket: Annotated[Text | UnsetType, says("Where it is tracked.")] = UNSET
    answer: Annotated[
        Literal["warn", "ignore"], says("What such findings come to at most. Not said: ignore.")
    ] = "ignore"
    accepted: Annotated[Day | UnsetType, says("The first day it holds.")] = UNSET
    until: Annotated[Day | UnsetType, says("The last day it holds.")] = UNSET
    ends_when: Annotated[Events | UnsetType, says("Events that end it.")] = UNSET
    at_acceptance: Annotated[
        AtAcceptance | UnsetType, says("How things were when it was accepted.")
    ] = UNSET


class ExceptionsDocument(Part, frozen=True):
    """Exceptions of the house: who accepted what, why, and until when. docs/exceptions.md."""

    exceptions: Annotated[tuple[Entry, ...], says("The exceptions.", "a list of exceptions")]
    schema: Annotated[str, says("For editors: where this schema is.")] = field(
        default="", name="$schema"
    )
