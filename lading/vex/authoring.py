"""What `vex create` and `vex add` have in common: options, or a few questions, to a `Statement`."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from gate.model import Product, Statement, Status
from sbom.errors import InputError

if TYPE_CHECKING:
    from match.model import Finding
    from sbom.model import Sbom

AUTHOR = "LADING_AUTHOR"


class Stating(Struct, frozen=True, kw_only=True):
    """The options these commands share."""

    alias: Annotated[tuple[str, ...], Meta(description="Another id of the vulnerability.")] = ()
    status: Annotated[
        Literal["not_affected", "affected", "fixed", "under_investigation"] | None,
        Meta(description="What is stated."),
    ] = None
    justification: Annotated[
        Literal[
            "component_not_present",
            "vulnerable_code_not_present",
            "vulnerable_code_not_in_execute_path",
            "vulnerable_code_cannot_be_controlled_by_adversary",
            "inline_mitigations_already_exist",
        ]
        | None,
        Meta(description="Why it is not affected."),
    ] = None
    impact: Annotated[str, Meta(description="Why it is not affected, in words.")] = ""
    action: Annotated[str, Meta(description="What to do where it is affected.")] = ""
    notes: Annotated[str, Meta(description="How the status was found.")] = ""
    product: Annotated[
        tuple[str, ...], Meta(description="Product: purl, CPE, digest, IRI or BOM-link.")
    ] = ()
    subcomponent: Annotated[
        tuple[str, ...], Meta(description="Part of the product that it is about.")
    ] = ()
    until: Annotated[
        str, Meta(description="The last day it is valid, as 2026-12-31; without it, for good.")
    ] = ""
    finding: Annotated[
        str, Meta(description="A finding: ID@PURL, an id, or the purl of its component.")
    ] = ""
    sbom: Annotated[
        str, Meta(description="State it of this SBOM's product and its findings of the id.")
    ] = ""
    run: Annotated[
        str,
        Meta(description="The same of a stored run (`-o run=FILE`), or a stored verdict's digest."),
    ] = ""
    id: Annotated[str, Meta(description="The vulnerability: CVE, GHSA, DSA …")] = ""
    author: Annotated[str, Meta(description=f"Who states it (or {AUTHOR}).")] = ""
    advisories: Annotated[
        str, Meta(description="Match --sbom with these raw advisories, without a store.")
    ] = ""
    now: Annotated[str, Meta(description="The time of the statement, instead of the clock.")] = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def state(options: Stating) -> Statement:
    """Return the statement that the options, and the answers to what they lack, make.

    Raises:
        InputError: where something is missing and nobody can be asked, or reasons contradict.
    """
    from gate.statements.term import with_last_day
    from gate.vex.openvex import contradictions
    from lading.clock import now

    options = _complete(_named(options))
    until = _day(options.until)
    sbom, findings = _found(options)
    ids = (options.id, *options.alias, *_ids(findings))
    statement = Statement(
        document="",
        author=options.author,
        vulnerabilities=tuple(dict.fromkeys(ids)),
        products=_products(options, sbom, findings),
        status=Status(options.status or ""),  # never empty: it was asked for
        timestamp=now(options.now),
        justification=options.justification,
        impact=options.impact.strip(),
        action=options.action.strip(),
        notes=with_last_day(options.notes.strip(), until),
    )
    for fault in contradictions(statement):
        option = "--" + fault.place.removesuffix("_statement")
        raise InputError(f"{option}: {fault.what}", "give what belongs to the status")
    return statement


def named_product(text: str) -> Product:
    """Read a product as it is named on the command line."""
    from gate.statements.assertions import bom_link

    lower = text.lower()
    if lower.startswith("pkg:"):
        from sbom.purl import InvalidPurl, parse

        try:
            parse(text)
        except InvalidPurl as error:
            raise InputError(f"{text}: {error}", "write pkg:TYPE/NAME@VERSION") from None
        return Product(purls=(text,))
    if lower.startswith("cpe:"):
        return Product(cpes=(text,))
    if link := bom_link(text):
        return Product(id=text, serial=link[0], ref=link[1])
    return Product(id=text)


def _named(options: Stating) -> Stating:
    """Take a finding apart: its vulnerability, and the purl of its component."""
    if not options.finding or options.finding.startswith("pkg:"):
        return options
    id_, at, purl = options.finding.partition("@pkg:")
    if options.id and options.id.upper() != id_.upper():
        raise InputError(f"two vulnerabilities are named: {options.id} and {id_}", "name one")
    return replace(options, id=id_, finding=f"pkg:{purl}" if at else "")


def _day(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise InputError(f"--until {text}: no day", "write it as 2026-12-31") from None


def _complete(options: Stating) -> Stating:
    """Fill in what is missing: from other options, the environment, or by asking."""
    options = replace(options, author=options.author or os.environ.get(AUTHOR, ""))
    if sys.stdin.isatty() and sys.stderr.isatty():
        from lading.vex.wizard import ask

        return ask(options)
    where = options.product or options.finding or options.sbom or options.run
    missing = (
        ("the vulnerability", "its id, as CVE-2024-1234", options.id),
        ("the product", "--product PURL, --sbom SBOM, or --run RUN", where),
        ("the status", "--status not_affected, affected, fixed …", options.status),
        ("the author", f"--author NAME, or {AUTHOR}", options.author),
    )
    for what, hint, given in missing:
        if not given:
            raise InputError(f"{what} is missing", hint)
    return options


def _products(
    options: Stating, sbom: "Sbom | None", findings: "tuple[Finding, ...]"
) -> tuple[Product, ...]:
    """Return the products with their parts: as named, or those of the findings."""
    parts = [named_product(text) for text in options.subcomponent]
    found = {finding.component.purl for finding in findings}
    parts += [Product(purls=(purl,)) for purl in sorted(found) if purl not in options.subcomponent]
    if options.finding and sbom is None:
        component = named_product(options.finding)
        if not options.product:
            return (component,)
        parts.append(component)
    products = [named_product(text) for text in options.product]
    if not products and sbom is not None:
        products = [_root(sbom, options.sbom or options.run)]
    return tuple(replace(product, subcomponents=tuple(parts)) for product in products)


def _found(options: Stating) -> "tuple[Sbom | None, tuple[Finding, ...]]":
    """Return the SBOM, and its findings of the vulnerability, or those in one component of it."""
    if options.sbom and options.run:
        raise InputError("--sbom and --run both name an image", "leave one of them out")
    if not (options.sbom or options.run):
        return None, ()
    sbom, findings = _of_run(options) if options.run else _matched(options)
    wanted = options.id.upper()
    found = tuple(
        finding
        for finding in findings
        if wanted in {name.upper() for name in (finding.vulnerability.id, *_aliases(finding))}
        and finding.component.purl
        and options.finding in {"", finding.component.purl}
    )
    if not found:
        name = options.sbom or options.run
        where = f"{options.finding} of {name}" if options.finding else name
        hint = "see `lading explain`, or name --product and --subcomponent"
        raise InputError(f"{options.id} is no finding in {where}", hint)
    return sbom, found


def _matched(options: Stating) -> "tuple[Sbom, tuple[Finding, ...]]":
    from lading.judging import open_advisories
    from lading.subject import Reading, load_sbom
    from match.resolve import resolve

    sbom, _ = load_sbom(options.sbom, Reading(db=options.db))
    with open_advisories(options.advisories, options.db) as advisories:
        return sbom, resolve(sbom, advisories).findings


def _of_run(options: Stating) -> "tuple[Sbom, tuple[Finding, ...]]":
    from gate.reports.run import read
    from lading.keeping import read_stored

    run = read(read_stored(options.run, options.db), options.run)
    return run.sbom, tuple(each.finding for each in run.judged)


def _ids(findings: "tuple[Finding, ...]") -> tuple[str, ...]:
    names = {name for f in findings for name in (f.vulnerability.id, *_aliases(f))}
    return tuple(sorted(names))


def _aliases(finding: "Finding") -> tuple[str, ...]:
    return tuple(finding.vulnerability.aliases)


def _root(sbom: "Sbom", name: str) -> Product:
    """Return the SBOM's product by the best name it has: purl, digest, CPE, or its place there."""
    root, subject = sbom.root, sbom.subject
    digest = subject.manifest or subject.image_id or subject.index
    if root and root.purl and ("@" in root.purl or not digest):
        return Product(purls=(root.purl,))
    if digest:
        return Product(id=digest)
    if root and root.cpes:
        return Product(cpes=root.cpes[:1])
    if sbom.serial.startswith("urn:uuid:") and root and root.ref:
        return Product(serial=sbom.serial, ref=root.ref)
    raise InputError(f"{name}: its product has no purl, digest or CPE", "name it with --product")
