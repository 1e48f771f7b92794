"""Whether signed verdicts let an image pass: of those that count, the latest decides.

A verdict counts where a trusted key signed it, and it is about this image at this stage. It lets
the image pass where it says so, is not over, and its advisory set is not too old.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from gate.attestation.verdict import PREDICATE_TYPE, Predicate, dated, read
from gate.instants import sort_key, utc
from gate.model import Stage
from sbom.days import days_between
from sbom.errors import InputError
from sbom.signing import dsse, statement
from sbom.signing.trust import Trusted, counted


class Demands(Struct, frozen=True, kw_only=True):
    """What is asked of a verdict.

    digests: names of the image: manifest, index, image id or SBOM; a verdict is about one of them.
    stage: empty for any. policy: digest of the only policy that counts, or empty.
    now: RFC 3339 in UTC. set_days: age in days that the advisory set may have; None: any.
    """

    digests: frozenset[str]
    now: str
    stage: Stage | Literal[""] = ""
    policy: str = ""
    set_days: int | None = None


class Looked(Struct, frozen=True, kw_only=True):
    """One document that was looked at. counts: it is a verdict for this image by a trusted key."""

    name: str
    counts: bool
    outcome: Literal["pass", "deny", ""] = ""
    stage: str = ""
    policy: str = ""
    decided_at: str = ""
    valid_until: str = ""
    keys: tuple[str, ...] = ()
    because: str = ""


class Checked(Struct, frozen=True, kw_only=True):
    """Whether the image may pass, why in a sentence, and everything that was looked at."""

    passes: bool
    because: str
    looked: tuple[Looked, ...]


class OfPlatform(Struct, frozen=True, kw_only=True):
    """What was found for one platform of an index."""

    platform: str
    manifest: str
    checked: Checked


class CheckedPlatforms(Struct, frozen=True, kw_only=True):
    """Whether an index may pass: all of its platforms may (rule 4), and there is one."""

    passes: bool
    platforms: tuple[OfPlatform, ...]


def worst(platforms: Sequence[OfPlatform]) -> CheckedPlatforms:
    """Return what was found for an index."""
    passes = bool(platforms) and all(each.checked.passes for each in platforms)
    return CheckedPlatforms(passes=passes, platforms=tuple(platforms))


def check(
    envelopes: Iterable[tuple[str, bytes]], trusted: Sequence[Trusted], demands: Demands
) -> Checked:
    """Look at every envelope, (name, bytes); the latest that counts decides.

    Of two of the same time the stricter decides, so that no order matters.
    """
    looked = tuple(
        sorted((_look(name, data, trusted, demands) for name, data in envelopes), key=_in_order)
    )
    deciding = next((each for each in reversed(looked) if each.counts), None)
    if deciding is None:
        told = "; ".join(f"{each.name}: {each.because}" for each in looked)
        return Checked(passes=False, because=told or "no signed verdict is there", looked=looked)
    passes = deciding.outcome == "pass" and not deciding.because
    by = f"decided {deciding.decided_at} at {deciding.stage} by {deciding.policy}"
    by += f", signed by {', '.join(deciding.keys)}"
    told = f"{deciding.outcome}, {by}" if not deciding.because else f"{deciding.because} ({by})"
    return Checked(passes=passes, because=told, looked=looked)


def _in_order(looked: Looked) -> tuple[str, bool, bool, str]:
    stricter = looked.outcome == "deny"
    return sort_key(looked.decided_at), stricter, bool(looked.because), looked.name


def _look(name: str, data: bytes, trusted: Sequence[Trusted], demands: Demands) -> Looked:
    try:
        opened = dsse.unseal(
            data, name, statement.PAYLOAD_TYPE, [each.verifier for each in trusted]
        )
        signed = statement.read(opened.payload, name)
        if signed.predicate_type != PREDICATE_TYPE:
            return Looked(name=name, counts=False, because="it is no verdict")
        found = read(signed, name)
    except InputError as error:
        return Looked(name=name, counts=False, because=error.message.removeprefix(f"{name}: "))
    verdict = found.verdict
    good, doubts = counted(opened.signed_by, trusted, "verdict", verdict.decided_at)
    why = ""
    if not good:
        why = "; ".join(f"key {each.name}: {each.because}" for each in doubts)
        why = why or "no trusted key signed it"
    elif not statement.digests(signed) & demands.digests:
        why = "it is about another image"
    elif demands.stage and verdict.stage != demands.stage:
        why = f"it is of the stage {verdict.stage}, not {demands.stage}"
    elif demands.policy and verdict.policy.digest != demands.policy:
        why = f"it is by another policy, {verdict.policy.name} {verdict.policy.digest[:19]}"
    return Looked(
        name=name,
        counts=not why,
        outcome=verdict.outcome,
        stage=verdict.stage,
        policy=verdict.policy.name,
        decided_at=utc(verdict.decided_at) or "",
        valid_until=utc(found.valid_until) or "",
        keys=tuple(each.name for each in good),
        because=why or _lapsed(found, demands),
    )


def _lapsed(found: Predicate, demands: Demands) -> str:
    """Return why a verdict that counts is no longer, or not yet, one to pass by."""
    now = sort_key(utc(demands.now) or "")
    until = sort_key(utc(found.valid_until) or "")
    if sort_key(utc(found.verdict.decided_at) or "") > now:
        return f"it is of {found.verdict.decided_at}, after now"
    if until and until < now:
        return f"it was valid until {found.valid_until}"
    if demands.set_days is None:
        return ""
    since = dated(found.advisories)
    days = days_between(since, demands.now)
    if days is None:
        return "its advisory set has no date"
    if days > demands.set_days:
        old = f"its advisory set is {days} days old (confirmed {since})"
        return f"{old}, {demands.set_days} are allowed"
    return ""
