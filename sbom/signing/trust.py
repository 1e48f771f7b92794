"""Whom we trust: a YAML file of public keys, each with what it may sign and until when.

A retired key (`until`) still vouches for what was signed while it was valid: so keys rotate. A
revoked one vouches for nothing, whenever it signed: who stole it can write any date.
"""

import os
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from sbom.errors import InputError
from sbom.signing.keys import Verifier, read_public

Use = Literal["verdict", "sbom", "vex", "feeds", "evidence"]
USES: tuple[Use, ...] = get_args(Use)
LARGEST_FILE = 1 << 20

DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")
Name = Annotated[str, Meta(min_length=1)]


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One key as the file has it.

    key: a PEM file, from the folder of this file, or PEM itself.
    from_, until, revoked: days as 2026-11-23, or empty.
    """

    name: Name
    key: Name
    uses: tuple[Use, ...] = msgspec.field(name="for", default=USES)
    from_: str = msgspec.field(name="from", default="")
    until: str = ""
    revoked: str = ""
    reason: str = ""


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trust file. `schema` is for editors."""

    keys: Annotated[tuple[Entry, ...], Meta(min_length=1)]
    schema: str = msgspec.field(name="$schema", default="")


class Trusted(Struct, frozen=True, kw_only=True, gc=False):
    """A key and what it is trusted for. from_day, until_day: inclusive, empty for no bound."""

    name: str
    verifier: Verifier
    uses: tuple[Use, ...] = USES
    from_day: str = ""
    until_day: str = ""
    revoked: str = ""
    reason: str = ""


class Doubt(Struct, frozen=True, gc=False):
    """Why a key that signed does not count."""

    name: str
    because: str


def read_trust(path: str) -> tuple[Trusted, ...]:
    """Read a trust file, or a single public key in PEM, which is trusted for everything.

    Raises:
        InputError: where it is neither, with the place.
    """
    with open(path, "rb") as stream:
        data = stream.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise InputError(f"{path}: larger than any trust file", "name another file")
    if b"-----BEGIN" in data and b"keys:" not in data:
        return (Trusted(name=os.path.basename(path), verifier=read_public(data, path)),)
    import yaml

    try:
        # The base loader makes texts, lists and mappings only: a day stays the text it is.
        file = msgspec.convert(yaml.load(data, Loader=yaml.BaseLoader), File)  # noqa: S506
    except (yaml.YAMLError, msgspec.ValidationError, RecursionError, ValueError) as error:
        told = " ".join(str(error).split())
        raise InputError(f"{path}: no trust file: {told}", "see docs/signing.md") from error
    return tuple(_trusted(entry, path) for entry in file.keys)


def counted(
    signed_by: Iterable[str], trusted: Sequence[Trusted], use: Use, signed_on: str
) -> tuple[tuple[Trusted, ...], tuple[Doubt, ...]]:
    """Of the keys that signed, return those that count, and why the known others do not.

    signed_by: ids of keys. signed_on: when, as the signed content says (RFC 3339 or a day).
    """
    signed, day = set(signed_by), signed_on[:10]
    known = [each for each in trusted if each.verifier.id in signed]
    # A key that is listed twice is revoked by either: who stole it does not care for its name.
    revoked = {each.verifier.id: each for each in known if each.revoked}
    doubts = [(each, _doubt(revoked.get(each.verifier.id, each), use, day)) for each in known]
    good = tuple(each for each, doubt in doubts if not doubt)
    return good, tuple(Doubt(each.name, doubt) for each, doubt in doubts if doubt)


def _doubt(key: Trusted, use: Use, day: str) -> str:
    if key.revoked:
        reason = f": {key.reason}" if key.reason else ""
        return f"it was revoked on {key.revoked}{reason}"
    if use not in key.uses:
        return f"it is trusted for {', '.join(key.uses)}, not for {use}"
    if key.from_day and day < key.from_day:
        return f"it counts from {key.from_day} on, this is of {day or 'no date'}"
    if key.until_day and not (day and day <= key.until_day):
        return f"it counted until {key.until_day}, this is of {day or 'no date'}"
    return ""


def _trusted(entry: Entry, path: str) -> Trusted:
    for day in filter(None, (entry.from_, entry.until, entry.revoked)):
        if not DAY.match(day):
            told = f"{path}: no trust file: key of {entry.name}: {day!r} is no day"
            raise InputError(told, "write days as 2026-11-23")
    pem, name = entry.key.encode(), f"{path}: key of {entry.name}"
    if b"-----BEGIN" not in pem:
        name = os.path.join(os.path.dirname(path), entry.key)
        with open(name, "rb") as stream:
            pem = stream.read(LARGEST_FILE)
    return Trusted(
        name=entry.name,
        verifier=read_public(pem, name),
        uses=entry.uses,
        from_day=entry.from_,
        until_day=entry.until,
        revoked=entry.revoked,
        reason=entry.reason,
    )
