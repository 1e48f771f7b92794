"""Applying VEX to findings: with the images that a subject is built on, and at a time."""

from collections.abc import Sequence

from gate.model import Application, Judged, Statement
from lading.subject import Reading
from match.model import Finding
from sbom.model import Sbom


def apply_vex(
    findings: Sequence[Finding],
    statements: Sequence[Statement],
    sbom: Sbom,
    *,
    product: str,
    base: Sbom | None,
    now: str,
    reading: Reading,
) -> tuple[tuple[Judged, ...], tuple[Application, ...]]:
    """Give every finding its statement, and every statement its account.

    Args:
        findings: of the SBOM.
        statements: of all documents.
        sbom: the subject's.
        product: `--product`, or empty.
        base: of `--base`, if it is given; the store and the SBOM's facts are asked in any case.
        now: `--now` as it was given, by which statements end.
        reading: how images are read, and which store is asked.
    """
    if not statements:
        return tuple(Judged(finding=finding) for finding in findings), ()
    from gate.apply import apply
    from gate.statements.lineage import ancestors
    from lading.basing import lineage
    from lading.clock import now as present

    return apply(
        findings,
        statements,
        sbom,
        product=product or None,
        bases=ancestors(sbom, lineage(sbom, base, reading)),
        now=present(now),
    )
