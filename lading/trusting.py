"""Signed SBOMs attached to an image: used instead of reading its layers where they are trusted.

What was used is always said: on standard error, and in the subject of every JSON report.
"""

import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.subject import STDIN, Reading, is_document, load_sbom, opened_image, read_opened
from sbom.digest import digest_of
from sbom.errors import InputError, LadingError
from sbom.model import Digest, Sbom
from sbom.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sbom.image.opened import Image
    from sbom.signing.sboms import Weighed
    from sbom.signing.trust import Trusted

Days = Annotated[int, Meta(ge=0)]


class Trusting(Reading, frozen=True, kw_only=True):
    """The options of commands that may use an attached SBOM."""

    sbom_key: Annotated[
        str,
        Meta(
            description="Use the image's attached SBOM where this key (PEM), or one of a trust file"
            " (YAML), signed it."
        ),
    ] = ""
    sbom_max_age: Annotated[
        Days | None, Meta(description="Days since the attached SBOM was made that are allowed.")
    ] = None
    sbom_tool: Annotated[
        tuple[str, ...], Meta(description="Only an SBOM that this tool made (`*` stands for any).")
    ] = ()


class Origin(Struct, frozen=True, kw_only=True):
    """Where an SBOM came from, in words, where a key was given; and who signed it."""

    source: str = ""
    signed_by: tuple[str, ...] = ()


class Loaded(Struct, frozen=True, kw_only=True):
    """An SBOM, its document's bytes (none where it is in the store already), and where from."""

    sbom: Sbom
    digest: Digest
    document: bytes = b""
    origin: Origin = Origin()


def load(reference: str, options: Trusting, now: str = "") -> Loaded:
    """Return the SBOM of an image, a file or a digest; an attached one where it is trusted.

    now: `--now` as it was given, by which the age of an attached SBOM is told.
    """
    check_trust(options)
    if reference.startswith("sha256:"):
        sbom, digest = load_sbom(reference, options)
        return Loaded(sbom=sbom, digest=digest)
    if reference == STDIN or is_document(reference):
        return _of_file(reference, options)
    return load_image(reference, options, now)


def load_image(reference: str, options: Trusting, now: str = "") -> Loaded:
    """Return the SBOM of an image: an attached one where it is trusted, else read now."""
    check_trust(options)
    return load_opened(opened_image(reference, options), reference, options, now)


def check_trust(options: Trusting) -> None:
    """Refuse demands on attached SBOMs where none would be used."""
    if not options.sbom_key and (options.sbom_tool or options.sbom_max_age is not None):
        told = "--sbom-max-age and --sbom-tool are about signed SBOMs"
        raise InputError(told, "say whose signature counts: --sbom-key FILE")


def load_opened(image: "Image", reference: str, options: Trusting, now: str = "") -> Loaded:
    """Return the SBOM of an opened image: a trusted one that is attached, else read now."""
    if not options.sbom_key:
        return read(*read_opened(image, options))
    found = _attached(image, reference, options, now)
    if found is not None:
        return found
    return read(*read_opened(image, options), source="read from the image")


def read(sbom: Sbom, document: bytes, source: str = "") -> Loaded:
    """Return what was read of an image."""
    origin = Origin(source=source)
    return Loaded(sbom=sbom, digest=digest_of(document), document=document, origin=origin)


def _attached(image: "Image", reference: str, options: Trusting, now: str) -> Loaded | None:
    """Return the trusted SBOM that is attached; None, and why, where there is none."""
    from msgspec.structs import replace

    from lading.clock import now as present
    from sbom.signing.sboms import Demands, choose, weigh
    from sbom.signing.trust import read_trust
    from sbom.sources import in_registry

    trusted = read_trust(options.sbom_key)
    name = plain(image.subject.name or reference)
    if not in_registry(reference):
        _say(f"{name}: it is in no registry, so no SBOM is attached; the image is read")
        return None
    demands = Demands(
        subject=image.subject,
        now=present(now),
        days=options.sbom_max_age,
        tools=options.sbom_tool,
    )
    try:
        weighed = weigh(signed_sboms(image, reference, options), trusted, demands)
    except LadingError as error:
        _say(f"{name}: what is attached cannot be asked for ({error.message}); the image is read")
        return None
    chosen = choose(weighed)
    if chosen is None or chosen.sbom is None:
        _say(f"{name}: no attached SBOM is trusted{why_not(weighed)}; the image is read")
        return None
    source = f"attached, signed by {', '.join(chosen.signed_by)}"
    _say(f"{name}: SBOM {source}{f' ({chosen.made})' * bool(chosen.made)}; its layers are not read")
    return Loaded(
        sbom=replace(chosen.sbom, subject=image.subject),
        digest=digest_of(chosen.document),
        document=chosen.document,
        origin=Origin(source=source, signed_by=chosen.signed_by),
    )


def signed_sboms(image: "Image", reference: str, options: Reading) -> tuple[tuple[str, bytes], ...]:
    """Return (digest, envelope) of the signed SBOMs attached to the manifest of an image."""
    from lading.reaching import reach
    from sbom import limits as bounds
    from sbom.registry.attestations import attestations
    from sbom.signing.sboms import PREDICATES

    return attestations(
        reference,
        image.subject.manifest,
        access=reach(insecure=options.insecure, ca_file=options.ca_file),
        limits=bounds.parse(options.limit),
        predicates=tuple(PREDICATES.values()),
    )


def why_not(weighed: "Sequence[Weighed]") -> str:
    """Return why none of them is trusted, in parentheses."""
    reasons = "; ".join(f"{each.name[:19]}: {each.because}" for each in weighed)
    return f" ({plain(reasons)})" if reasons else " (none is attached with a signature)"


def _of_file(path: str, options: Trusting) -> Loaded:
    """Read a document that was named; of a signed one, say who signed it where a key was given."""
    from lading.subject import content, read_document

    data = content(path)
    sbom, digest = read_document(data, path)
    loaded = Loaded(sbom=sbom, digest=digest, document=data)
    if not options.sbom_key:
        return loaded
    from sbom.signing.sboms import verified
    from sbom.signing.trust import read_trust

    trusted: Sequence[Trusted] = read_trust(options.sbom_key)
    try:
        found = verified(data, path, trusted)
    except LadingError:
        _say(f"{plain(path)}: it is not signed")
        return loaded
    if found.because:
        _say(f"{plain(path)}: its signature does not count: {plain(found.because)}")
        return loaded
    from msgspec.structs import replace

    source = f"given, signed by {', '.join(found.signed_by)}"
    _say(f"{plain(path)}: SBOM {source}")
    return replace(loaded, origin=Origin(source=source, signed_by=found.signed_by))


def _say(line: str) -> None:
    sys.stderr.write(f"lading: {line}\n")
