"""Read advisories, or a set that `feeds export` wrote, into the merged advisory set."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database
from lading.progress import progress
from lading.reaching import CaFile, Insecure
from sbom.errors import InputError
from sbom.text import plain

ARGUMENTS = ("path",)
SHOWN = 10


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds import`."""

    path: Annotated[
        str,
        Meta(
            description="A directory or file in the publishers' own formats; or an exported set,"
            " as a file or REGISTRY/NAME:TAG."
        ),
    ]
    learned: Annotated[
        str, Meta(description="When these were fetched, for older snapshots; else now.")
    ] = ""
    all: Annotated[bool, Meta(description="Show every problem and every unknown file.")] = False
    key: Annotated[
        str,
        Meta(
            description="Take an exported set only where this key (PEM), or one of a trust file,"
            " signed it."
        ),
    ] = ""
    replace: Annotated[
        bool, Meta(description="Put an exported set, its history too, in place of what is there.")
    ] = False
    insecure: Insecure = False
    ca_file: CaFile = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Import what is known, name what is not; nothing is written unless all of it is."""
    from match.carry.artefact import is_carried

    if is_carried(options.path):
        return _receive(options)
    if options.key or options.replace:
        told = f"{options.path}: --key and --replace are about exported sets"
        raise InputError(told, "this is none")
    return _read(options)


def _receive(options: Options) -> int:
    """Take an exported set, and say whose word it is."""
    from lading.reaching import reach
    from match.carry.artefact import at_hand
    from match.carry.importing import receive
    from sbom.signing.trust import read_trust

    if options.learned:
        raise InputError("--learned: an exported set says itself when it was learned", "leave it")
    trusted = read_trust(options.key) if options.key else ()
    access = reach(insecure=options.insecure, ca_file=options.ca_file)
    with at_hand(options.path, access) as path:
        done = receive(path, database(options.db), trusted=trusted, anew=options.replace)
    new = f"{done.states} new states" if done.states else "nothing new"
    lines = [
        f"{options.path}: {new} of {len(done.manifest.states)}",
        f"advisory set {done.state.digest[:19]} as of {done.state.as_of}",
    ]
    if done.signed_by:
        lines.append(f"signed by {plain(', '.join(done.signed_by))}")
    else:
        lines.append(
            "signed, and not verified (--key)" if done.signed else "not signed, not verified"
        )
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _read(options: Options) -> int:
    """Import publishers' files."""
    from lading.clock import now
    from lading.table import table
    from match.set.importer import import_path

    with progress("importing") as told:
        report = import_path(
            options.path,
            database(options.db),
            learned=now(options.learned),
            progress=told,
        )
    rows = [
        (f.feed, str(f.records), str(f.added), str(f.changed), str(f.gone), str(f.problems))
        for f in report.feeds
    ]
    shown = None if options.all else SHOWN
    notes = [f"problem: {p.where}: {p.what}" for p in report.problems[:shown]]
    notes += _more(len(report.problems), shown, "problems")
    notes += [f"not known yet, left: {path}" for path in report.unknown[:shown]]
    notes += _more(len(report.unknown), shown, "files not known yet")
    notes.append(f"advisory set {report.state.digest[:19]} as of {report.state.as_of}")
    heads = ("feed", "records", "added", "changed", "gone", "problems")
    sys.stdout.buffer.write(table(heads, rows, notes))
    return 0


def _more(count: int, shown: int | None, what: str) -> list[str]:
    hidden = 0 if shown is None else max(0, count - shown)
    return [f"… and {hidden} further {what} (--all shows them)"] if hidden else []
