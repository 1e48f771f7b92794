"""What is carried: the rows of a stream, and the manifest that says what they come to.

States are numbered from 1 within what is carried; 0 stands for what was there before. Claims and
ranges go along as they were laid out, so that a state of then answers as it did then.
"""

from typing import Annotated, Literal, Union

from msgspec import Meta, Struct

from match.ecosystems import Names

SCHEMA: Literal["lading-set/1"] = "lading-set/1"
MOST_STATES = 1_000_000
MOST = 1 << 40

Number = Annotated[int, Meta(ge=0, le=MOST)]
Step = Annotated[int, Meta(ge=1, le=MOST_STATES)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
Hex = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
Time = Annotated[str, Meta(max_length=40)]


class PackageRow(Struct, frozen=True, array_like=True, tag="p", gc=False):
    """A package key (rule 1); claims name it by its place among these rows.

    first: the state that first named it, in whose order these rows are; 0 for one of before.
    """

    first: Annotated[int, Meta(ge=0, le=MOST_STATES)]
    name: str
    scheme: str
    release: str
    product: str
    stream: str | None
    names: Names


class RangeRow(Struct, frozen=True, array_like=True, gc=False):
    """A range as it was laid out (schemas/store.sql, `affected`)."""

    hi: bytes
    lo: bytes
    place: Number
    how: Annotated[int, Meta(ge=0, le=3)]


class ClaimRow(Struct, frozen=True, array_like=True, gc=False):
    """What a record says of a package: the card (match.judge.Claim, msgpack) and its ranges."""

    package: Number
    card: bytes
    ranges: tuple[RangeRow, ...]


class RecordRow(Struct, frozen=True, array_like=True, tag="r", gc=False):
    """One version of a record: the states that began and ended it, and its written form."""

    feed: str
    part: str
    learned: Time
    since: Step
    until: Step | None
    doc: bytes
    claims: tuple[ClaimRow, ...]


class SheetRow(Struct, frozen=True, array_like=True, tag="s", gc=False):
    """Likelihoods of a day that one state brought, and one ended; `body` is match.set.sheet's.

    Nearly every likelihood is another each day; as rows of their own a day is ten times as large.
    """

    feed: str
    part: str
    date: Time
    since: Step
    until: Step | None
    body: bytes


class SheetEndRow(Struct, frozen=True, array_like=True, tag="d", gc=False):
    """Likelihoods of a day, learned then, that were there before, and the state that ended them.

    others: it ended all that were left of them but for those of `body`, which are fewer.
    """

    feed: str
    date: Time
    learned: Time
    until: Step
    others: bool
    body: bytes


class EndedRow(Struct, frozen=True, array_like=True, tag="e", gc=False):
    """A version that was there before, and the state that ended it."""

    feed: str
    id: str
    digest: Digest
    until: Step


class MovedRow(Struct, frozen=True, array_like=True, tag="m", gc=False):
    """A version that was there before and stands in another snapshot file now."""

    feed: str
    id: str
    digest: Digest
    part: str


class FeedRow(Struct, frozen=True, array_like=True, tag="f", gc=False):
    """What a feed came to between two states; confirmed, ahead: as schemas/store.sql has them."""

    name: str
    records: Number
    as_of: Time
    learned: Time
    confirmed: Time
    ahead: tuple[tuple[str, Time], ...]
    digest: str
    since: Step
    until: Step | None


class AreaRow(Struct, frozen=True, array_like=True, tag="a", gc=False):
    """What the set spoke for between two states."""

    name: str
    release: str
    packages: Number
    since: Step
    until: Step | None


class ProblemRow(Struct, frozen=True, array_like=True, tag="b", gc=False):
    """What could not be read between two states."""

    feed: str
    part: str
    place: str
    what: str
    effect: Literal["source_lost", "record_lost", "field_lost"]
    since: Step
    until: Step | None


class OverRow(Struct, frozen=True, array_like=True, tag="o", gc=False):
    """What of a feed, an area or the problems was there before: its key, and what ended it."""

    table: Literal["feed", "area", "problem"]
    key: tuple[str, ...]
    until: Step


Row = Union[  # noqa: UP007 (msgspec wants the union as a value)
    PackageRow,
    RecordRow,
    SheetRow,
    SheetEndRow,
    EndedRow,
    MovedRow,
    FeedRow,
    AreaRow,
    ProblemRow,
    OverRow,
]


class State(Struct, frozen=True, kw_only=True, gc=False):
    """A state that is carried. The house's own advisories count in it only where they are carried.

    lineage: stands for the whole history up to here (match.carry.lineage), this state included.
    learned: when what it brought was.
    """

    lineage: Hex
    digest: Hex
    learned: Time
    as_of: Time
    unmatchable: Number


class Base(Struct, frozen=True, kw_only=True, gc=False):
    """The state that has to be there already; dated as in the table `state`."""

    lineage: Hex
    digest: Hex
    dated: Time


class Feed(Struct, frozen=True, kw_only=True, gc=False):
    """A feed of the last state. confirmed: by when its publisher was known to say just this."""

    name: str
    records: Number
    as_of: Time
    learned: Time
    confirmed: Time
    digest: str


class Body(Struct, frozen=True, kw_only=True, gc=False):
    """The compressed rows. raw: bytes of the rows before they were compressed."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    size: Number
    raw: Number


class Counts(Struct, frozen=True, gc=False):
    """How much is carried: versions of records that begin and that end, and what they say."""

    records: Number = 0
    ended: Number = 0
    packages: Number = 0
    claims: Number = 0
    ranges: Number = 0


class Manifest(Struct, frozen=True, kw_only=True):
    """What is carried, in short. base: none where all of the history is.

    house: whether the house's own advisories are among them, embargoed drafts included.
    layout: of the store that the rows come from (match.set.opening).
    """

    schema: Literal["lading-set/1"]
    layout: str
    house: bool
    base: Base | None
    states: Annotated[tuple[State, ...], Meta(max_length=MOST_STATES)]
    feeds: tuple[Feed, ...]
    counts: Counts
    body: Body
