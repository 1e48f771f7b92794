"""Export what a period's records say of SP 800-190, SSDF, CISA 2026 and CRA, as a bundle."""

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.keys import SignKey
from lading.options import CaFile, Insecure
from lading.place import database

if TYPE_CHECKING:
    from gate.evidence.gather import Asked
    from gate.evidence.model import Assessed, Facts

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")
SHOWN = 100
"""Letters of a gap in the table; the bundle has all of it."""


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading evidence export`."""

    out: Annotated[str, Meta(description="The folder to write, which is not there yet.")]
    period: Annotated[
        str,
        Meta(
            description="2026-07-01..2026-09-30, 2026-09, 2026-Q3 or 2026 (UTC, to the last day)."
        ),
    ]
    scope: Annotated[
        tuple[str, ...],
        Meta(description="Only these images: a name (`*` stands for anything), or team=…"),
    ] = ()
    inventory: Annotated[
        tuple[str, ...],
        Meta(description="Images there are: `kubectl get pods -A -o json`, a JSON list, or lines."),
    ] = ()
    registry: Annotated[
        tuple[str, ...],
        Meta(description="List the images of this repository, HOST/REPO; they count as well."),
    ] = ()
    attestation: Annotated[
        tuple[str, ...],
        Meta(description="Signed verdicts: files, or folders of them (needs --trust)."),
    ] = ()
    trust: Annotated[
        str, Meta(description="Whose signed verdicts count: a public key, or a trust file.")
    ] = ""
    yardstick: Annotated[
        tuple[str, ...],
        Meta(
            description="NAME=VALUE of score, verdict_days, fix_days, feed_days, base_days: what is"
            " held to be enough."
        ),
    ] = ()
    sign: SignKey = ""
    pdf: Annotated[bool, Meta(description="Print the report as PDF too (needs Chromium).")] = False
    documents: Annotated[
        bool, Meta(description="Put the SBOMs and verdicts themselves into the bundle.")
    ] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    insecure: Insecure = False
    ca_file: CaFile = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""
    now: Annotated[str, Meta(description="The time of the bundle, instead of the clock.")] = ""


def run(options: Options) -> int:
    """Measure, write the bundle, and show the status of every sentence."""
    from importlib.metadata import version

    from gate.evidence.assess import assess
    from gate.evidence.bundle import MANIFEST, REPORT, SIGNATURE, files, manifest, seal
    from gate.evidence.document import measures
    from gate.evidence.gather import documents, gather
    from lading.clock import now
    from lading.evidencing import refuse_full, write_folder
    from lading.keys import read_signer
    from lading.output import wanted, write_all

    outputs = wanted(options.output, FORMATS)
    refuse_full(options.out)
    signer = read_signer(options.sign) if options.sign else None
    created = now(options.now)
    url = database(options.db)
    facts = gather(url, _asked(options, created))
    assessed = assess(facts)
    written = version("lading")
    contents = files(facts, assessed, version=written)
    if options.documents:
        contents |= documents(url, facts)
    if options.pdf:
        from lading.printing import pdf

        contents["report.pdf"] = pdf(contents[REPORT], created)
    listing = manifest(contents, facts, created=created, version=written)
    contents[MANIFEST] = listing
    if signer:
        contents[SIGNATURE] = seal(listing, signer)
    write_folder(options.out, contents)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return msgspec.json.encode(measures(facts, assessed), order="deterministic") + b"\n"
        return _table(options, facts, assessed)

    write_all(outputs, render)
    return 0


def _asked(options: Options, created: str) -> "Asked":
    """Return what the bundle shall be about, with everything that is asked of the outside."""
    from gate.evidence.gather import Asked
    from gate.evidence.period import period
    from gate.evidence.reading import signed_passes
    from lading.evidencing import envelopes, inventories, yardstick
    from lading.reaching import reach
    from sbom.errors import InputError
    from sbom.model import Problem
    from sbom.signing.trust import read_trust

    start, end = period(options.period)
    if start > created:
        raise InputError(f"--period {options.period}: it has not begun by {created}", "see --now")
    if bool(options.attestation) != bool(options.trust):
        raise InputError("--attestation and --trust go together", "give both, or none")
    measuring = yardstick(options.yardstick)
    as_of = min(end, created)
    signed: tuple[tuple[str, str, str], ...] | None = None
    refused: tuple[tuple[str, str], ...] = ()
    if options.trust:
        given = envelopes(options.attestation)
        signed, refused = signed_passes(given, read_trust(options.trust), start, as_of)
    access = reach(insecure=options.insecure, ca_file=options.ca_file)
    known, problems, named = inventories(options.inventory, options.registry, access)
    doubts = (
        Problem(source="evidence", where=name, what=why, effect="field_lost")
        for name, why in refused
    )
    return Asked(
        start=start,
        end=end,
        as_of=as_of,
        scope=options.scope,
        yardstick=measuring,
        known=known,
        inventories=named,
        signed=signed,
        problems=(*problems, *doubts),
    )


def _table(options: Options, facts: "Facts", assessed: "tuple[Assessed, ...]") -> bytes:
    from gate.evidence.document import never_scanned
    from lading.table import table
    from sbom.text import plural

    rows = []
    for each in assessed:
        number = each.measured
        counted = f"{number.counted} of {plural(number.of, number.unit)}" if number else ""
        rows.append((each.control.id, each.status, counted, _short(each.gap)))
    unseen = len(never_scanned(facts))
    notes = [
        f"{plural(len(facts.images), 'image')}, {unseen} never scanned"
        + ("" if facts.inventories else "; no inventory was given: only what was scanned counts"),
        f"written to {options.out}" + ("" if options.sign else ", not signed (--sign KEY)"),
    ]
    return table(("sentence", "status", "number", "gap"), rows, notes)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
