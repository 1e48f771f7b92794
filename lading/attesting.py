"""`--sign` and `--attach`: a verdict as a signed attestation, in files and beside the image."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.keys import SignKey
from sbom.errors import InputError

if TYPE_CHECKING:
    from gate.model import Run
    from lading.subject import Reading
    from sbom.web.access import Access

TITLES = ("verdict.intoto.json", "summary.intoto.json")


class Attesting(Struct, frozen=True, kw_only=True):
    """The options of what signs verdicts."""

    sign: SignKey = ""
    attestation: Annotated[
        str, Meta(description="Write the signed verdict (DSSE) to this file.")
    ] = ""
    vsa: Annotated[
        str, Meta(description="Write SLSA's verification summary, signed, to this file.")
    ] = ""
    attach: Annotated[
        bool, Meta(description="Push the signed verdict to the image's registry, as a referrer.")
    ] = False
    valid_for: Annotated[
        int, Meta(description="Days the signed verdict may be relied on (0: no end).", ge=0)
    ] = 7


def check_options(options: Attesting, reference: str) -> None:
    """Refuse, before any work, what cannot come out."""
    wanted = options.attestation or options.vsa or options.attach
    if wanted and not options.sign:
        raise InputError("only a signed verdict can be written or attached", "add --sign KEY")
    if options.sign and not wanted:
        raise InputError(
            "the signed verdict would go nowhere", "add --attestation FILE, --vsa FILE or --attach"
        )
    if options.attach:
        from sbom.sources import in_registry

        if not in_registry(reference):
            raise InputError(f"{reference}: not an image in a registry", "attach to one")


def attest(run: "Run", options: Attesting, reference: str, access: "Access") -> None:
    """Sign the verdict of a run, and put it where it was asked for."""
    from importlib.metadata import version

    from gate.attestation import summary, verdict
    from lading.keys import read_signer
    from lading.output import write_file
    from sbom.signing.dsse import seal
    from sbom.signing.statement import PAYLOAD_TYPE

    if not options.sign:
        return
    signer = read_signer(options.sign)
    until = _until(run, options.valid_for)
    ours = verdict.statement(run, version=version("lading"), valid_until=until)
    slsa = summary.statement(run, version=version("lading"))
    envelopes = [seal(payload, PAYLOAD_TYPE, [signer]) for payload in (ours, slsa)]
    for path, envelope in zip((options.attestation, options.vsa), envelopes, strict=True):
        if path:
            write_file(path, envelope)
    if options.attach:
        _attach(run, envelopes, reference, access)


def envelopes_of(
    reference: str, files: tuple[str, ...], reading: "Reading", access: "Access"
) -> tuple[tuple[str, bytes], ...]:
    """Return the signed documents to verify: the files, else those attached to the image."""
    if files:
        return tuple((path, _read(path)) for path in files)
    from sbom.registry.attestations import attestations

    return attestations(reference, platform=reading.platform, access=access)


def _attach(run: "Run", envelopes: list[bytes], reference: str, access: "Access") -> None:
    from sbom.registry.attestations import attach_attestation
    from sbom.registry.sboms import at_manifest

    manifest = run.sbom.subject.manifest
    if manifest is None:
        raise InputError(f"{reference}: its manifest is not known", "name the image in a registry")
    for envelope, title in zip(envelopes, TITLES, strict=True):
        done = attach_attestation(reference, manifest, envelope, title, access=access)
        sys.stderr.write(f"attached {at_manifest(reference, done)} ({title})\n")


def _until(run: "Run", days: int) -> str:
    if not days or run.verdict is None:
        return ""
    from datetime import datetime, timedelta

    moment = datetime.fromisoformat(run.verdict.decided_at) + timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(path: str) -> bytes:
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file", "write it with `lading gate --sign`")
    with open(path, "rb") as stream:
        return stream.read()
