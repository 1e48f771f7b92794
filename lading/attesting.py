"""`--sign` and `--attach`: a verdict as a signed attestation, in files and beside the image."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.judging import Judging
from lading.keys import SignKey
from sbom.errors import InputError

if TYPE_CHECKING:
    from gate.model import Run
    from sbom.signing.keys import Signer
    from sbom.web.access import Access

TITLES = ("verdict.intoto.json", "summary.intoto.json")


class Attesting(Judging, frozen=True, kw_only=True):
    """The options of what judges and may sign its verdict."""

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


def signer_of(options: Attesting, reference: str, *, all_platforms: bool) -> "Signer | None":
    """Return who signs, None where nothing is to be; what cannot come out is refused first."""
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
    if not options.sign:
        return None
    if all_platforms:
        _check_names(options)
    from lading.keys import read_signer

    return read_signer(options.sign)


def attest(
    runs: Sequence["Run"],
    signer: "Signer | None",
    options: Attesting,
    reference: str,
) -> None:
    """Sign the verdict of every run, and put it where it was asked for.

    Nothing is written or pushed before everything is signed. Of several runs (platforms) each has
    its own verdict, attached to its own manifest.
    """
    if signer is None:
        return
    from lading.output import put
    from lading.platforms import PLACE, file_names

    names = file_names([run.sbom.subject for run in runs])
    sealed = [_sealed(run, signer, options) for run in runs]
    put(
        [
            (path.replace(PLACE, name) if len(runs) > 1 or PLACE in path else path, envelope)
            for name, envelopes in zip(names, sealed, strict=True)
            for path, envelope in zip((options.attestation, options.vsa), envelopes, strict=True)
            if path
        ]
    )
    if options.attach:
        from lading.reaching import reach

        access = reach(insecure=options.insecure, ca_file=options.ca_file)
        for run, envelopes in zip(runs, sealed, strict=True):
            _attach(run, envelopes, reference, access)


def _check_names(options: Attesting) -> None:
    from lading.platforms import PLACE

    for option, path in (("--attestation", options.attestation), ("--vsa", options.vsa)):
        if path and PLACE not in path:
            told = f"{option} {path}: with --all-platforms there is a file for each platform"
            raise InputError(told, f"put {PLACE} into its name")


def _sealed(run: "Run", signer: "Signer", options: Attesting) -> list[bytes]:
    """Return our own verdict and SLSA's summary of it, each in an envelope."""
    from importlib.metadata import version

    from gate.attestation import summary, verdict
    from sbom.signing.dsse import seal
    from sbom.signing.statement import PAYLOAD_TYPE

    until = _until(run, options.valid_for)
    ours = verdict.statement(run, version=version("lading"), valid_until=until)
    slsa = summary.statement(run, version=version("lading"))
    return [seal(payload, PAYLOAD_TYPE, [signer]) for payload in (ours, slsa)]


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

    try:
        moment = datetime.fromisoformat(run.verdict.decided_at) + timedelta(days=days)
    except OverflowError:
        raise InputError(f"--valid-for {days}: too many days", "0 for no end") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
