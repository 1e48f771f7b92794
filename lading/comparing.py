"""`match --as-of A --against B`: one SBOM in two states of the advisory set."""

from lading.judging import Judging
from lading.output import wanted, write_all
from lading.place import database
from lading.trusting import load
from sbom.errors import InputError

FORMATS = ("table", "json")


def compare_states(subject: str, options: Judging, after: str) -> int:
    """Write how the findings changed between the states; the exit code is always 0."""
    from match.changes.against import compare, render_json, render_text

    if not options.as_of:
        raise InputError("--against compares two states", "name the other one with --as-of")
    if options.advisories:
        raise InputError("--against asks a store; --advisories has no past", "leave it out")
    outputs = wanted(options.output, FORMATS)
    read = load(subject, options, options.now)
    found = compare(read.sbom, database(options.db), options.as_of, after)
    write_all(
        outputs,
        lambda name, _: render_json(found) if name == "json" else render_text(found).encode(),
    )
    return 0
