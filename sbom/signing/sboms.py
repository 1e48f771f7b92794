"""Signed SBOMs: what is signed, and whether one that is found may stand for reading the image.

It may where a trusted key signed it for `sbom`, it is about this very manifest, a tool that counts
made it, and it is not too old. Of several the newest is taken, of equally old ones the first by
digest, so that no order matters.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sbom.days import days_between
from sbom.errors import InputError
from sbom.model import Sbom, Subject
from sbom.signing import bundle, dsse, statement
from sbom.signing.trust import Trusted, counted

PREDICATES = {
    "cyclonedx-json": "https://cyclonedx.org/bom",
    "spdx-json": "https://spdx.dev/Document",
}
"""Predicate types by the format of the document; versions may follow where others write them."""


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


def statement_of(document: bytes, format_: str, manifest: str, name: str) -> bytes:
    """Return the in-toto statement of an SBOM document about the manifest of an image.

    Raises:
        InputError: where its format cannot stand in a statement.
    """
    check_format(format_)
    return statement.write((statement.about(manifest, name),), PREDICATES[format_], document)


def check_format(format_: str) -> None:
    """Raise InputError where documents of a format cannot stand in a statement."""
    if format_ not in PREDICATES:
        told = f"an SBOM in {format_ or 'an unknown format'} cannot be signed"
        raise InputError(told, f"write it as {' or '.join(PREDICATES)} first")


def choose(weighed: Iterable[Weighed]) -> Weighed | None:
    """Return the one to use of those that are trusted, or None."""
    good = sorted((each for each in weighed if not each.because), key=lambda each: each.name)
    return max(good, key=lambda each: _moment(each.made) or 0.0, default=None)


def weigh(
    envelopes: Iterable[tuple[str, bytes]], trusted: Sequence[Trusted], demands: Demands
) -> tuple[Weighed, ...]:
    """Look at every envelope, (name, bytes), that holds an SBOM; others are passed over."""
    found = (_weigh(name, data, trusted, demands) for name, data in envelopes)
    return tuple(each for each in found if each is not None)


def verified(data: bytes, name: str, trusted: Sequence[Trusted]) -> Weighed:
    """Return the SBOM document in an envelope, whatever it is about: who signed it, or why nobody.

    Raises:
        InputError: where it is no envelope, or holds no SBOM.
    """
    return _verified(name, _opened(name, data, trusted), trusted)[0]


def _weigh(name: str, data: bytes, trusted: Sequence[Trusted], demands: Demands) -> Weighed | None:
    from sbom.formats import read

    try:
        opened = _opened(name, data, trusted)
        signed = statement.read(opened.payload, name)
        if not signed.predicate_type.startswith(tuple(PREDICATES.values())):
            return None
        found, tools = _verified(name, opened, trusted)
        because = found.because or _about(signed, demands.subject)
        because = because or _made(found.made, tools, demands)
        if because:
            return replace(found, because=because)
        sbom = read(found.document, name)
    except InputError as error:
        return Weighed(name=name, because=error.message.removeprefix(f"{name}: "))
    return replace(found, because=_other(sbom.subject, demands.subject), sbom=sbom)


def _opened(name: str, data: bytes, trusted: Sequence[Trusted]) -> dsse.Opened:
    verifiers = [each.verifier for each in trusted]
    return dsse.unseal(bundle.unwrap(data, name), name, statement.PAYLOAD_TYPE, verifiers)


def _verified(
    name: str, opened: dsse.Opened, trusted: Sequence[Trusted]
) -> tuple[Weighed, tuple[str, ...]]:
    """Return what an opened envelope holds and who signed it, and the tools that made it."""
    from sbom.formats.in_toto import carried

    # As files end, and as Lading writes them: so its digest is that of the file that was signed.
    document = carried(opened.payload, name).rstrip() + b"\n"
    made, tools = _told(document)
    good, doubts = counted(opened.signed_by, trusted, "sbom", made)
    doubted = "; ".join(f"key {each.name}: {each.because}" for each in doubts)
    found = Weighed(
        name=name,
        because="" if good else doubted or "no trusted key signed it",
        signed_by=tuple(each.name for each in good),
        made=made,
        document=document,
    )
    return found, tools


def _about(signed: statement.Statement, subject: Subject) -> str:
    known = {subject.manifest, subject.image_id} - {None}
    return "" if statement.digests(signed) & known else "it is about another image"


def _other(of: Subject, subject: Subject) -> str:
    """Return why a document that names its own image is not of this one."""
    for stated, there in ((of.image_id, subject.image_id), (of.manifest, subject.manifest)):
        if stated and there:
            return "" if stated == there else f"it says that it is of {stated}"
    return ""


def _made(made: str, tools: tuple[str, ...], demands: Demands) -> str:
    """Return why a tool or an age does not count."""
    wanted = demands.tools
    if wanted and not any(fnmatchcase(tool, each) for tool in tools for each in wanted):
        return f"made by {', '.join(tools) or 'a tool it does not name'}, not {' or '.join(wanted)}"
    if demands.days is None:
        return ""
    then, now = _moment(made), _moment(demands.now)
    if then is None or now is None:
        return "it does not say when it was made"
    if then > now:
        return f"it is of {made}, after now"
    days = days_between(made, demands.now)
    if days is not None and days <= demands.days:
        return ""
    return f"it is {days} days old ({made}), {demands.days} are allowed"


def _moment(text: str) -> float | None:
    """Return the seconds of an instant (RFC 3339), or None where it is none."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


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


def _told(document: bytes) -> tuple[str, tuple[str, ...]]:
    """Return when a CycloneDX or SPDX document in JSON says it was made, and by which tools."""
    try:
        head = msgspec.json.decode(document, type=_Head)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return "", ()
    if head.metadata:
        tools = head.metadata.tools or ()
        listed = tools.components or () if isinstance(tools, _Tools) else tools
        return head.metadata.timestamp or "", tuple(each.name for each in listed if each.name)
    creation = head.creation_info or _Creation()
    creators = [each.partition(":") for each in creation.creators or ()]
    names = tuple(_without_version(name.strip()) for kind, _, name in creators if kind == "Tool")
    return creation.created or "", names


def _without_version(tool: str) -> str:
    """Return the name in SPDX's `NAME-VERSION` (clause 6.8)."""
    name, _, version = tool.rpartition("-")
    return name if name and version[:1].isdigit() else tool
