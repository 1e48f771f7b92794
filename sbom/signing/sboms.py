"""Signed SBOMs: what is signed, and whether one that is found may stand for reading the image.

It may where a trusted key signed it for `sbom`, it is about this very manifest, a tool that counts
made it, and it is not too old. Of several the newest is taken, of equally old ones the first by
digest, so that no order matters.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct

from sbom.errors import InputError
from sbom.model import Digest, Sbom, Subject
from sbom.signing import dsse, statement
from sbom.signing.trust import Trusted, counted

PREDICATES = {
    "cyclonedx-json": "https://cyclonedx.org/bom",
    "spdx-json": "https://spdx.dev/Document",
}
"""Predicate types by the format of the document; versions may follow where others write them."""
DAY = 86_400


class Demands(Struct, frozen=True, kw_only=True):
    """What is asked of a signed SBOM.

    subject: the image as it was opened; the SBOM has to be about its manifest, or its image id.
    now: RFC 3339 in UTC. days: age it may have; None: any.
    tools: globs of the tools that may have made it; empty: any.
    """

    subject: Subject
    now: str
    days: int | None = None
    tools: tuple[str, ...] = ()


class Weighed(Struct, frozen=True, kw_only=True):
    """One signed SBOM that was looked at; it is trusted where `because` is empty.

    made: when, as the document says. document: its bytes, as they were signed.
    """

    name: str
    because: str = ""
    signed_by: tuple[str, ...] = ()
    made: str = ""
    document: bytes = b""
    sbom: Sbom | None = None


class Told(Struct, frozen=True, kw_only=True):
    """What a document says of its own making. made: RFC 3339, or empty; tools: their names."""

    made: str = ""
    tools: tuple[str, ...] = ()


def statement_of(document: bytes, format_: str, manifest: str, name: str) -> bytes:
    """Return the in-toto statement of an SBOM document about the manifest of an image.

    Raises:
        InputError: where its format cannot stand in a statement.
    """
    if format_ not in PREDICATES:
        told = f"an SBOM in {format_ or 'an unknown format'} cannot be signed"
        raise InputError(told, f"write it as {' or '.join(PREDICATES)} first")
    return statement.write((statement.about(manifest, name),), PREDICATES[format_], document)


def choose(weighed: Iterable[Weighed]) -> Weighed | None:
    """Return the one to use of those that are trusted, or None."""
    good = sorted((each for each in weighed if not each.because), key=lambda each: each.name)
    return max(good, key=lambda each: each.made, default=None)


def weigh(
    envelopes: Iterable[tuple[str, bytes]], trusted: Sequence[Trusted], demands: Demands
) -> tuple[Weighed, ...]:
    """Look at every envelope, (name, bytes), that holds an SBOM; others are passed over."""
    found = (_weigh(name, data, trusted, demands) for name, data in envelopes)
    return tuple(each for each in found if each is not None)


def verified(
    data: bytes, name: str, trusted: Sequence[Trusted]
) -> tuple[bytes, tuple[str, ...], str]:
    """Return the SBOM document in an envelope, the names of those who signed it, and why nobody.

    Raises:
        InputError: where it is no envelope, or holds no SBOM.
    """
    from sbom.formats.in_toto import carried

    opened = dsse.unseal(data, name, statement.PAYLOAD_TYPE, [each.verifier for each in trusted])
    document = carried(opened.payload, name)
    good, doubts = counted(opened.signed_by, trusted, "sbom", told(document).made)
    because = "" if good else "; ".join(f"key {each.name}: {each.because}" for each in doubts)
    names = tuple(each.name for each in good)
    return document, names, because or ("" if good else "no trusted key signed it")


def _weigh(name: str, data: bytes, trusted: Sequence[Trusted], demands: Demands) -> Weighed | None:
    from sbom.formats import read

    try:
        opened = dsse.unseal(data, name, statement.PAYLOAD_TYPE, ())
        signed = statement.read(opened.payload, name)
        if not signed.predicate_type.startswith(tuple(PREDICATES.values())):
            return None
        document, signed_by, because = verified(data, name, trusted)
        because = because or _about(signed, demands.subject) or _made(told(document), demands)
        sbom = None if because else read(document, name)
    except InputError as error:
        return Weighed(name=name, because=error.message.removeprefix(f"{name}: "))
    if sbom is not None:
        because = _other(sbom.subject, demands.subject)
    return Weighed(
        name=name,
        because=because,
        signed_by=signed_by,
        made=told(document).made,
        document=document,
        sbom=sbom,
    )


def _about(signed: statement.Statement, subject: Subject) -> str:
    known = {subject.manifest, subject.image_id} - {None}
    return "" if statement.digests(signed) & known else "it is about another image"


def _other(of: Subject, subject: Subject) -> str:
    """Return why a document that names its own image is not of this one."""
    for stated, there in ((of.image_id, subject.image_id), (of.manifest, subject.manifest)):
        if stated and there:
            return "" if stated == there else f"it says that it is of {stated}"
    return ""


def _made(of: Told, demands: Demands) -> str:
    if demands.tools and not any(
        fnmatchcase(tool, each) for tool in of.tools for each in demands.tools
    ):
        made = ", ".join(of.tools) or "no tool that it names"
        return f"it was made by {made}, not by {' or '.join(demands.tools)}"
    if demands.days is None:
        return ""
    days = _days(of.made, demands.now)
    if days is None:
        return "it does not say when it was made"
    if days < 0:
        return f"it is of {of.made}, after now"
    if days > demands.days:
        return f"it is {days} days old ({of.made}), {demands.days} are allowed"
    return ""


def _days(earlier: str, later: str) -> int | None:
    """Return the whole days between two instants, negative where the first is the later one."""
    from datetime import UTC, datetime

    try:
        first, last = (datetime.fromisoformat(each) for each in (earlier, later))
    except ValueError:
        return None
    zoned = [each if each.tzinfo else each.replace(tzinfo=UTC) for each in (first, last)]
    return int((zoned[1] - zoned[0]).total_seconds() // DAY)


class _Tool(Struct, gc=False):
    name: str | None = None


class _Tools(Struct, gc=False):
    components: tuple[_Tool, ...] | None = None


class _Metadata(Struct, gc=False):
    timestamp: str | None = None
    tools: tuple[_Tool, ...] | _Tools | None = None


class _Creation(Struct, gc=False):
    created: str | None = None
    creators: tuple[str, ...] | None = None


class _Head(Struct, rename="camel", gc=False):
    metadata: _Metadata | None = None
    creation_info: _Creation | None = None


def told(document: bytes) -> Told:
    """Return when a CycloneDX or SPDX document in JSON says it was made, and by which tools."""
    try:
        head = msgspec.json.decode(document, type=_Head)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Told()
    if head.metadata:
        tools = head.metadata.tools or ()
        listed = tools.components or () if isinstance(tools, _Tools) else tools
        names = tuple(each.name for each in listed if each.name)
        return Told(made=head.metadata.timestamp or "", tools=names)
    creation = head.creation_info or _Creation()
    creators = [each.partition(":") for each in creation.creators or ()]
    spdx = tuple(_without_version(name.strip()) for kind, _, name in creators if kind == "Tool")
    return Told(made=creation.created or "", tools=spdx)


def _without_version(tool: str) -> str:
    """Return the name in SPDX's `NAME-VERSION` (clause 6.8)."""
    name, _, version = tool.rpartition("-")
    return name if name and version[:1].isdigit() else tool
