"""Check a document against its format: exit 0 where valid, 2 where not, with each fault's place."""

import sys
from importlib import import_module
from typing import Annotated, Literal

from msgspec import Meta, Struct

from sbom.errors import InputError
from sbom.model import Fault
from sbom.text import plain

ARGUMENTS = ("file",)
INVALID = 2
SHOWN = 20


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading validate`."""

    file: Annotated[str, Meta(description="The document.")]
    kind: Annotated[
        Literal["", "sbom", "osv", "vex", "policy", "exceptions"],
        Meta(description="What it is; recognised by its content where not said."),
    ] = ""


def run(options: Options) -> int:
    """Print each fault as `FILE: PLACE: WHAT` on standard error; so, too, what to note."""
    with open(options.file, "rb") as stream:
        data = stream.read()
    kind = options.kind or _recognise(data, options.file)
    faults = _faults(kind, data)
    for fault in faults[:SHOWN]:
        place = f"{fault.place}: " if fault.place else ""
        sys.stderr.write(plain(f"{options.file}: {place}{fault.what}") + "\n")
    if len(faults) > SHOWN:
        sys.stderr.write(plain(f"{options.file}: {len(faults) - SHOWN} further faults") + "\n")
    if faults:
        return INVALID
    notes = _notes(data, options.file) if kind == "policy" else ()
    sys.stdout.write(f"{plain(options.file)}: valid ({kind})\n")
    for note in notes:
        sys.stderr.write(plain(f"note: {options.file}: {note.place}: {note.what}") + "\n")
    return 0


def _faults(kind: str, data: bytes) -> list[Fault]:
    modules = {
        "sbom": "sbom.formats",
        "osv": "match.feeds.osv",
        "vex": "gate.vex",
        "policy": "gate.policy.reading",
        "exceptions": "gate.exceptions.files",
    }
    return list(import_module(modules[kind]).faults(data))


def _notes(data: bytes, name: str) -> tuple[Fault, ...]:
    """Return what a policy says more loosely than what it extends; that has to be there."""
    from gate.policy.strictness import looser

    return looser(data, name)


def _recognise(data: bytes, name: str) -> str:
    """Tell a kind by the marks every document of it carries."""
    head = data[:65536]
    marks = (
        (b'"bomFormat"', "sbom"),
        (b"http://cyclonedx.org/schema/bom", "sbom"),
        (b"spdxVersion", "sbom"),
        (b"SPDXVersion", "sbom"),
        (b"spdx.org/rdf/", "sbom"),
        (b"openvex.dev", "vex"),
        (b'"csaf_version"', "vex"),
        (b'"affected"', "osv"),
        (b"stages:", "policy"),
        (b"exceptions:", "exceptions"),
        (b'"predicateType"', "sbom"),
        (b'"payloadType"', "sbom"),
    )
    for mark, kind in marks:
        if mark in head:
            return "vex" if kind == "sbom" and _states(data) else kind
    raise InputError(f"{name}: not a document Lading knows", "say which with --kind")


def _states(data: bytes) -> bool:
    """Tell CycloneDX VEX from an SBOM: it analyses vulnerabilities; both have the same schema."""
    return b'"bomFormat"' in data and b'"vulnerabilities"' in data and b'"analysis"' in data
