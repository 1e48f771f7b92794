"""The predicate of a signed verdict: what was decided, on what grounds, and until when it counts.

Written from a run, all of it (schemas/attested-verdict.schema.json); read as far as it is verified.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from gate.instants import utc
from gate.model import Run, Stage
from gate.reports.json import advisories, subject, verdict
from match.model import HOUSE_FEED
from sbom.errors import InputError
from sbom.signing.statement import About, Statement, about, write

PREDICATE_TYPE = "urn:lading:predicate:verdict:v1"
SCHEMA = "lading-verdict/1"
ENCODER = msgspec.json.Encoder(order="sorted")


class Feed(Struct, frozen=True):
    """A feed of the set, as far as it dates the set."""

    learned: str | None = None
    confirmed: str | None = None


class Advisories(Struct, frozen=True):
    """The advisory set that was used."""

    digest: str
    as_of: str | None
    feeds: dict[str, Feed]


class Policy(Struct, frozen=True):
    """The policy that decided."""

    name: str
    digest: str


class Decided(Struct, frozen=True):
    """The verdict itself, without its single decisions."""

    outcome: Literal["pass", "deny"]
    stage: Stage
    policy: Policy
    decided_at: str
    reasons: tuple[str, ...] = ()


class Predicate(Struct, frozen=True):
    """A signed verdict as it is verified."""

    schema: Literal["lading-verdict/1"]
    advisories: Advisories
    valid_until: str | None
    verdict: Decided


def statement(run: Run, *, version: str, valid_until: str) -> bytes:
    """Return the in-toto statement of a run's verdict.

    version: of Lading. valid_until: RFC 3339 in UTC, or empty for no end.
    """
    return write(subjects(run), PREDICATE_TYPE, predicate(run, version, valid_until))


def predicate(run: Run, version: str, valid_until: str) -> bytes:
    """Return the predicate as JSON, keys sorted: the same run gives the same bytes.

    Raises:
        InputError: where nothing was decided.
    """
    if run.verdict is None:
        raise InputError("there is no verdict to sign", "decide with `lading gate`")
    document = {
        "schema": SCHEMA,
        "tool": {"name": "lading", "version": version},
        "subject": subject(run),
        "advisories": advisories(run),
        "vex": _by_digest(run.vex),
        "exceptions": _by_digest(run.exception_files),
        "valid_until": valid_until or None,
        "verdict": verdict(run.verdict),
    }
    return ENCODER.encode(document)


def _by_digest(files: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "digest": digest} for name, digest in files]


def subjects(run: Run) -> tuple[About, ...]:
    """Return what a verdict is about: the manifest (rule 4), else the image, else the SBOM."""
    of = run.sbom.subject
    digest = of.manifest or of.image_id or run.sbom_digest
    if not digest:
        raise InputError("nothing that has a digest was judged", "name an image")
    return (about(digest, of.name),)


def read(signed: Statement, name: str) -> Predicate:
    """Read the predicate of a statement; an InputError where it is no verdict of ours."""
    if signed.predicate_type != PREDICATE_TYPE:
        told = f"{name}: its predicate is {signed.predicate_type[:100]!r}, not a verdict"
        raise InputError(told, "name a signed verdict")
    try:
        found = msgspec.json.decode(signed.predicate, type=Predicate)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"{name}: no verdict ({error})", "sign it anew") from error
    dates = (found.verdict.decided_at, found.valid_until or found.verdict.decided_at)
    if not all(map(utc, dates)):
        raise InputError(f"{name}: its times are no times", "sign it anew")
    return found


def dated(advisories_: Advisories) -> str:
    """Return when a publisher last confirmed its part of the set, else its newest record's day.

    Where none is known to have, what was learned last counts. The house's own advisories are
    published here: they make no set any younger.
    """
    feeds = [feed for name, feed in advisories_.feeds.items() if name != HOUSE_FEED]
    heard = (feed.confirmed or feed.learned or "" for feed in feeds)
    return max(heard, default="") or advisories_.as_of or ""
