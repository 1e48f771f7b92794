"""The nouns of evidence: images as known in a period, what is measured of them, and the status."""

from typing import Literal

from msgspec import Struct

from gate.model import Stage
from sbom.model import Problem

Status = Literal["met", "partly", "not met", "not applicable", "out of scope"]
STATUSES: tuple[Status, ...] = ("met", "partly", "not met", "not applicable", "out of scope")
Unit = Literal["image", "reference", "day", "exception"]


class Yardstick(Struct, frozen=True, kw_only=True, gc=False):
    """What is held to be enough, where a standard leaves it to the house.

    score: findings of this CVSS score or more are grave.
    verdict_days: how old an image's newest verdict may be at the end of the period.
    fix_days: how long a grave finding may stay open once a fix is known.
    feed_days: how old the advisory set may be on a day.
    base_days: how old an image's base may be.
    """

    score: float = 7.0
    verdict_days: int = 30
    fix_days: int = 30
    feed_days: int = 7
    base_days: int = 90


class Known(Struct, frozen=True, kw_only=True, gc=False):
    """An image that a registry, a cluster or a list names. digest: empty where only a name is."""

    reference: str
    digest: str = ""
    place: Literal["registry", "cluster", "list"] = "list"
    where: str = ""


class SbomFacts(Struct, frozen=True, kw_only=True, gc=False):
    """The newest SBOM of an image that was kept by the end of the period.

    components, placed: how many there are, and of how many the layer is known.
    facts: (name, value) of the image's configuration and base (docs/facts.md).
    supported_until: the last day of the distribution's support, empty where unknown.
    answers: (element, whether all of the document answers it) of the CISA 2026 minimum elements.
    """

    digest: str
    kept_at: str
    format: str
    components: int
    placed: int
    facts: tuple[tuple[str, str], ...] = ()
    system: str = ""
    supported_until: str = ""
    answers: tuple[tuple[str, bool], ...] = ()


class ExceptionFacts(Struct, frozen=True, kw_only=True, gc=False):
    """An exception that softened a finding of a verdict."""

    id: str
    owner: str
    approver: str
    reason: str
    until: str


class VerdictFacts(Struct, frozen=True, kw_only=True, gc=False):
    """One verdict of the period, its findings counted.

    components, matchable: how many components there are, and of how many the set can speak.
    grave: ids of grave findings that no VEX statement cleared and no exception accepts.
    overdue: those of them whose fix was known for too long. unscored: findings that have neither
        score nor statement.
    learned: when the last of its feeds was confirmed or learned. signed_by: who signed its SBOM.
    sbom_kept: whether the store still has the SBOM that was judged.
    """

    digest: str
    stage: Stage
    outcome: Literal["pass", "deny"]
    policy: str
    policy_digest: str
    decided_at: str
    state: str
    sbom: str
    sbom_kept: bool = False
    components: int = 0
    matchable: int = 0
    findings: int = 0
    grave: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()
    exceptions: tuple[ExceptionFacts, ...] = ()
    learned: str = ""
    scope: tuple[tuple[str, str], ...] = ()
    signed_by: tuple[str, ...] = ()


class Image(Struct, frozen=True, kw_only=True, gc=False):
    """One image as it was known in the period.

    names: every name it had, the newest first. known: who else names it, besides the store.
    verdicts: those of the period, oldest first. attested: (stage, who) of signed verdicts that pass
        it, whose keys are trusted.
    """

    names: tuple[str, ...]
    image_id: str = ""
    manifest: str = ""
    index: str = ""
    known: tuple[Known, ...] = ()
    sbom: SbomFacts | None = None
    verdicts: tuple[VerdictFacts, ...] = ()
    attested: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return self.names[0] if self.names else self.digest

    @property
    def digest(self) -> str:
        """What it is known by: manifest, image id, what an inventory names, or its SBOM's."""
        stated = next((each.digest for each in self.known if each.digest), "")
        return self.manifest or self.image_id or stated or (self.sbom.digest if self.sbom else "")


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """All that a bundle is made from.

    start, end: first and last instant of the period (RFC 3339 in UTC); as_of: of the measuring,
        never after `end`.
    inventories: what was asked for the images there are; without any the denominator is only what
        was scanned.
    retired: images of the store that no inventory names and the period did not touch; not counted.
    learned: days (YYYY-MM-DD) on which publishers were asked for the advisory set, as far as the
        store knows: something was learned of one, or one confirmed that nothing had changed.
    trusted: whether signed verdicts were given with the keys to judge them by.
    problems: what was lost, and (`field_lost`) signed verdicts that count for nothing.
    """

    scope: tuple[str, ...]
    start: str
    end: str
    as_of: str
    yardstick: Yardstick
    images: tuple[Image, ...]
    inventories: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    trusted: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def lost(self) -> tuple[Problem, ...]:
        """What could not be read at all, so that nobody knows what it would have said."""
        return tuple(each for each in self.problems if each.effect != "field_lost")


class Item(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that was counted; `lacks` says why it does not count, empty where it does."""

    name: str
    digest: str = ""
    sbom: str = ""
    verdict: str = ""
    lacks: str = ""


class Measured(Struct, frozen=True, kw_only=True, gc=False):
    """A number, n of m, with everything behind it. query: in words, how it was counted."""

    measure: str
    title: str
    unit: Unit
    query: str
    items: tuple[Item, ...]

    @property
    def of(self) -> int:
        """How many things were looked at."""
        return len(self.items)

    @property
    def counted(self) -> int:
        """How many of them are as asked."""
        return sum(not item.lacks for item in self.items)


class Control(Struct, frozen=True, kw_only=True, gc=False):
    """One sentence of a framework, in our own words.

    section, title: where the framework has it. measure: what it is measured by; where there is
    none, `unmeasured` is its status and `beyond` says why.
    beyond: what of the sentence no record can say; it is `partly` at best where `whole` is false.
    """

    id: str
    section: str
    title: str
    text: str
    measure: str = ""
    whole: bool = True
    beyond: str = ""
    unmeasured: Literal["out of scope", "not applicable"] = "out of scope"


class Assessed(Struct, frozen=True, kw_only=True, gc=False):
    """A control, its number where it has one, and its status; gap: what is missing, in words."""

    framework: str
    control: Control
    status: Status
    gap: str
    measured: Measured | None = None
