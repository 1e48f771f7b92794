"""Whether a bundle is what was signed: every file there and unchanged, none more, by a good key.

Pure: files come as names and what opens them; nothing but what the manifest lists is opened.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from gate.evidence.bundle import MANIFEST, PAYLOAD_TYPE, SIGNATURE
from gate.evidence.document import Manifest
from sbom.errors import InputError
from sbom.model import Fault
from sbom.signing import dsse
from sbom.signing.trust import Trusted, counted

UNLISTED = frozenset({MANIFEST, SIGNATURE})
LARGEST_MANIFEST = 1 << 26


class Found(Struct, frozen=True, gc=False):
    """A file that is there, as it is listed. size: None where it is no plain file."""

    path: str
    size: int | None


class Verified(Struct, frozen=True, kw_only=True):
    """What became of a bundle. keys: names of those that signed it and count.

    signature: `valid`, `none` (there is none, or no key was asked for), or `wrong`.
    """

    passes: bool
    because: str
    signature: str
    keys: tuple[str, ...]
    created: str
    period: str
    scope: tuple[str, ...]
    files: int
    faults: tuple[Fault, ...]


def verify(
    found: Iterable[Found], opened: Callable[[str], bytes], trusted: Sequence[Trusted] | None
) -> Verified:
    """Verify a bundle. trusted: whose signature counts; None where none is asked for.

    Raises:
        InputError: where there is no manifest that can be read.
    """
    there = {each.path: each for each in found}
    if MANIFEST not in there or (there[MANIFEST].size or 0) > LARGEST_MANIFEST:
        raise InputError(f"no {MANIFEST} of a bundle is there", "name the folder of a bundle")
    data = opened(MANIFEST)
    manifest = _read(data)
    faults = [*_compared(manifest, there, opened)]
    signature = "none"
    keys: tuple[str, ...] = ()
    if trusted is not None:
        told, keys = _signed(data, manifest.created, there, opened, trusted)
        signature = "wrong" if told else "valid"
        faults += [Fault(place=SIGNATURE, what=told)] if told else []
    said = f"signed by {', '.join(keys)}" if keys else "its signature was not looked at"
    return Verified(
        passes=not faults,
        because=f"{len(faults)} faults" if faults else f"{len(manifest.files)} files, {said}",
        signature=signature,
        keys=keys,
        created=manifest.created,
        period=f"{manifest.period.start}..{manifest.period.end}",
        scope=manifest.scope,
        files=len(manifest.files),
        faults=tuple(sorted(faults, key=lambda each: (each.place, each.what))),
    )


def _read(data: bytes) -> Manifest:
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        told = " ".join(str(error).split())
        raise InputError(f"{MANIFEST}: no manifest of a bundle: {told}", "fetch it again") from None


def _compared(
    manifest: Manifest, there: dict[str, Found], opened: Callable[[str], bytes]
) -> Iterable[Fault]:
    """Yield what is missing, changed, too much, or listed twice."""
    listed: set[str] = set()
    for file in manifest.files:
        if file.path in listed:
            yield Fault(place=file.path, what="is listed twice")
        listed.add(file.path)
        found = there.get(file.path)
        if found is None:
            yield Fault(place=file.path, what="is missing")
        elif found.size is None:
            yield Fault(place=file.path, what="is no plain file")
        elif found.size != file.bytes:
            yield Fault(place=file.path, what=f"has {found.size} bytes, not {file.bytes}")
        elif sha256(opened(file.path)).hexdigest() != file.sha256:
            yield Fault(place=file.path, what="has other content: its digest differs")
    for path in sorted(there.keys() - listed - UNLISTED):
        yield Fault(place=path, what="is in no manifest")


def _signed(
    data: bytes,
    created: str,
    there: dict[str, Found],
    opened: Callable[[str], bytes],
    trusted: Sequence[Trusted],
) -> tuple[str, tuple[str, ...]]:
    """Return why the signature does not hold, or whose keys vouch for it."""
    signature = there.get(SIGNATURE)
    if signature is None or signature.size is None or signature.size > 2 * LARGEST_MANIFEST:
        return "there is no signature", ()
    try:
        envelope = dsse.unseal(
            opened(SIGNATURE), SIGNATURE, PAYLOAD_TYPE, [each.verifier for each in trusted]
        )
    except InputError as error:
        return error.message.removeprefix(f"{SIGNATURE}: "), ()
    if envelope.payload != data:
        return f"it signs another {MANIFEST}", ()
    good, doubts = counted(envelope.signed_by, trusted, "evidence", created)
    if good:
        return "", tuple(sorted(each.name for each in good))
    told = "; ".join(f"key {each.name}: {each.because}" for each in doubts)
    return told or "no trusted key signed it", ()
