"""What is carried as one file: a plain tar of manifest, signature where there is one, and rows.

The signature is an in-toto statement about the rows whose predicate is the manifest, so that it
speaks for both. The same set gives the same bytes.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from match.carry.form import Body, Manifest
from sbom.errors import InputError

if TYPE_CHECKING:
    from sbom.signing.keys import Signer
    from sbom.signing.trust import Trusted

MANIFEST, SIGNATURE, ROWS = "lading-set.json", "lading-set.sig.json", "rows.zst"
PREDICATE = "urn:lading:predicate:advisory-set:1"
MOST_MANIFEST = 1 << 28
BLOCK = 512
STEP = 1 << 18
HINT = "name a file of `lading feeds export`"


class Parcel(Struct, frozen=True, gc=False):
    """A file that was opened; `offset` is where its rows begin."""

    path: str
    manifest: Manifest
    told: bytes
    signature: bytes
    offset: int

    def blocks(self) -> Iterator[bytes]:
        """Yield the compressed rows."""
        rest = self.manifest.body.size
        with open(self.path, "rb") as stream:
            stream.seek(self.offset)
            while rest and (block := stream.read(min(STEP, rest))):
                rest -= len(block)
                yield block


class _Written(Struct, frozen=True, gc=False):
    """The part of a manifest by which another version's is known."""

    layout: str


def is_parcel(path: str) -> bool:
    """Tell whether a file is one that this module wrote, by its first bytes."""
    name = MANIFEST.encode() + b"\0"
    try:
        with open(path, "rb") as stream:
            return stream.read(len(name)) == name
    except OSError:
        return False


def encoded(manifest: Manifest) -> bytes:
    """Return a manifest as JSON (schemas/set.schema.json)."""
    return msgspec.json.encode(manifest, order="sorted") + b"\n"


def write_parcel(path: str, manifest: Manifest, rows: str, signer: "Signer | None") -> None:
    """Write the file as a whole or not at all; `rows` is the file that has the compressed rows."""
    told = encoded(manifest)
    scratch = f"{path}.{os.getpid()}.part"
    try:
        with open(scratch, "wb") as stream:
            stream.write(_header(MANIFEST, len(told)) + told + _padding(len(told)))
            if signer:
                seal = _signed(manifest.body, told, signer)
                stream.write(_header(SIGNATURE, len(seal)) + seal + _padding(len(seal)))
            stream.write(_header(ROWS, manifest.body.size))
            with open(rows, "rb") as source:
                while block := source.read(STEP):
                    stream.write(block)
            stream.write(_padding(manifest.body.size) + bytes(2 * BLOCK))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(scratch, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(scratch)


def open_parcel(path: str) -> Parcel:
    """Read the manifest and the signature of a file, and where its rows are.

    Raises:
        InputError: where it is no such file, or of another version.
    """
    with open(path, "rb") as stream:
        head = stream.read(BLOCK)
        told = _member(stream.read, head, MANIFEST, path)
        head = stream.read(BLOCK)
        signature = b""
        if _name(head) == SIGNATURE:
            signature = _member(stream.read, head, SIGNATURE, path)
            head = stream.read(BLOCK)
        offset = stream.tell()
    manifest = decoded(told, path)
    if _name(head) != ROWS or _size(head, path) != manifest.body.size:
        raise InputError(f"{path}: its rows are not where they should be", HINT)
    return Parcel(path, manifest, told, signature, offset)


def decoded(told: bytes, where: str) -> Manifest:
    """Return a manifest. Raises InputError where it is none, or of another version."""
    from match.set.opening import LAYOUT

    try:
        # Another version's manifest may have another form.
        written = msgspec.json.decode(told, type=_Written)
        manifest = msgspec.json.decode(told, type=Manifest) if written.layout == LAYOUT else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"{where}: no manifest of an advisory set ({error})", HINT) from error
    if manifest is None:
        theirs = written.layout[:20]
        told_ = f"{where}: written by another version (layout {theirs}, not {LAYOUT})"
        raise InputError(told_, "export it with this version")
    return manifest


def dated_of(manifest: Manifest) -> str:
    """Return by when the last state was learned."""
    learned = [state.learned for state in manifest.states]
    return max([*learned, manifest.base.dated if manifest.base else ""], default="")


def signed_by(parcel: Parcel, trusted: "Sequence[Trusted]") -> tuple[str, ...]:
    """Return the names of the trusted keys that signed it.

    Raises:
        InputError: where none that counts has, with the reason.
    """
    from sbom.signing import dsse, statement
    from sbom.signing.trust import counted

    path, manifest = parcel.path, parcel.manifest
    if not parcel.signature:
        raise InputError(f"{path}: it is not signed", "export it with --sign KEY")
    verifiers = [each.verifier for each in trusted]
    opened = dsse.unseal(parcel.signature, path, statement.PAYLOAD_TYPE, verifiers)
    dated = dated_of(manifest)
    good, doubts = counted(opened.signed_by, trusted, "feeds", dated)
    if not good:
        why = "; ".join(f"{each.name}: {each.because}" for each in doubts)
        told = why or "by no key that is trusted"
        raise InputError(f"{path}: its signature does not count: {told}", "see docs/signing.md")
    said = statement.read(opened.payload, path)
    about_rows = f"sha256:{manifest.body.sha256}" in statement.digests(said)
    same = bytes(said.predicate).strip() == parcel.told.strip()
    if said.predicate_type != PREDICATE or not about_rows or not same:
        raise InputError(f"{path}: its signature is about something else", "fetch it again")
    return tuple(each.name for each in good)


def _signed(body: Body, told: bytes, signer: "Signer") -> bytes:
    from sbom.signing import dsse, statement

    subject = statement.about(f"sha256:{body.sha256}", ROWS)
    payload = statement.write((subject,), PREDICATE, told.strip())
    return dsse.seal(payload, statement.PAYLOAD_TYPE, [signer])


def _header(name: str, size: int) -> bytes:
    """Return a header (POSIX.1-1988 ustar) in which nothing is of this machine or this day."""
    from tarfile import USTAR_FORMAT, TarInfo

    info = TarInfo(name)
    info.size = size
    return info.tobuf(USTAR_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _name(head: bytes) -> str:
    return head[:100].partition(b"\0")[0].decode("ascii", "replace")


def _size(head: bytes, path: str) -> int:
    try:
        return int(head[124:136].rstrip(b" \0").decode("ascii"), 8)
    except ValueError as error:
        raise InputError(f"{path}: a damaged header", HINT) from error


def _member(read: Callable[[int], bytes], head: bytes, name: str, path: str) -> bytes:
    """Return a small member, whose header was read."""
    if _name(head) != name:
        raise InputError(f"{path}: no advisory set that was exported", HINT)
    size = _size(head, path)
    if not 0 <= size <= MOST_MANIFEST:
        raise InputError(f"{path}: {name} of {size} bytes", HINT)
    data = read(size)
    if len(data) != size:
        raise InputError(f"{path}: it ends too early", HINT)
    read(-size % BLOCK)
    return data
