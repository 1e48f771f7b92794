"""Read advisories, or a set that `feeds export` wrote, into the merged advisory set."""

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.options import CaFile, Insecure
from lading.place import database
from lading.progress import progress
from sbom.errors import InputError
from sbom.text import plain, plural

if TYPE_CHECKING:
    from lading.output import Wanted
    from match.model import SetState
    from match.set.importer import ImportReport

ARGUMENTS = ("path",)
FORMATS = ("table", "json")
SHOWN = 10
OLD = 30
"""Days that the newest record may be old before it is asked when these files were fetched."""


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
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    all: Annotated[bool, Meta(description="Show every problem and every unknown file.")] = False
    key: Annotated[
        str,
        Meta(
            description="Take an exported set only where this key (PEM), or one of a trust file,"
            " signed it."
        ),
    ] = ""
    replace: Annotated[
        bool,
        Meta(
            description="Put this in place of the whole advisory set that is there, its history"
            " too; SBOMs, verdicts and house advisories stay."
        ),
    ] = False
    insecure: Insecure = False
    ca_file: CaFile = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Import what is known, name what is not; nothing is written unless all of it is."""
    from lading.output import wanted
    from match.carry.artefact import is_carried

    outputs = wanted(options.output, FORMATS)
    if is_carried(options.path):
        return _receive(options, outputs)
    if options.key:
        told = f"{options.path}: --key is about exported sets, which this is not"
        raise InputError(told, "leave it out")
    return _read(options, outputs)


def _receive(options: Options, outputs: "tuple[Wanted, ...]") -> int:
    """Take an exported set, and say whose word it is."""
    from lading.output import write_all
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
    new = plural(done.states, "new state") if done.states else "nothing new"
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
    carried = {
        "states": len(done.manifest.states),
        "new": done.states,
        "signed": done.signed,
        "signed_by": done.signed_by,
    }
    document = _document(done.state.digest, done.state.as_of, carried=carried)
    text = "".join(f"{line}\n" for line in lines).encode()
    write_all(outputs, lambda name, _: document if name == "json" else text)
    return 0


def _read(options: Options, outputs: "tuple[Wanted, ...]") -> int:
    """Import publishers' files."""
    from lading.clock import now
    from lading.output import write_all
    from match.set.importer import import_path

    url, learned = database(options.db), now(options.learned, "--learned")
    with progress("importing") as told:
        report = import_path(
            options.path,
            url,
            learned=learned,
            progress=told,
            anew=options.replace,
        )
    state = report.state
    if options.replace:
        from match.house.feed import lay_in_again
        from match.set.store import open_set

        lay_in_again(url)
        with open_set(url) as advisories:
            state = advisories.state
    doubt = _doubt(report, learned, now(), stated=bool(options.learned))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name != "json":
            return _table(report, state, doubt, everything=options.all)
        parts = (text.partition(": ") for text in report.unknown)
        return _document(
            state.digest,
            state.as_of,
            feeds=report.feeds,
            problems=report.problems,
            unknown=[{"file": file, "why": why} for file, _, why in parts],
            doubt=doubt,
        )

    write_all(outputs, render)
    return 0


def _table(report: "ImportReport", state: "SetState", doubt: str, *, everything: bool) -> bytes:
    from lading.table import table

    rows = [
        (f.feed, str(f.records), str(f.added), str(f.changed), str(f.gone), str(f.problems))
        for f in report.feeds
    ]
    shown = None if everything else SHOWN
    notes = [f"problem: {p.where}: {p.what}" for p in report.problems[:shown]]
    notes += _more(len(report.problems), shown, "problems")
    notes += [f"not known yet, left: {path}" for path in report.unknown[:shown]]
    notes += _more(len(report.unknown), shown, "files not known yet")
    notes.append(f"advisory set {state.digest[:19]} as of {state.as_of}")
    notes += [doubt] if doubt else []
    heads = ("feed", "read", "added", "changed", "gone", "problems")
    return table(heads, rows, notes)


def _document(digest: str, as_of: str, **more: object) -> bytes:
    empty: dict[str, object] = {
        "schema": "lading-import/1",
        "carried": None,
        "doubt": "",
        "feeds": (),
        "problems": (),
        "unknown": (),
    }
    document = empty | {"digest": digest, "as_of": as_of} | more
    return msgspec.json.encode(document, order="sorted") + b"\n"


def _doubt(report: "ImportReport", learned: str, present: str, *, stated: bool) -> str:
    """Say what is odd about when these were fetched: how fresh a feed is follows from that."""
    from sbom.days import days_between

    if learned > present:
        return (
            f"learned {learned} is later than now: until then nothing else can be imported of"
            " these feeds"
        )
    brought = {each.feed for each in report.feeds if each.records}
    dates = [feed.as_of for feed in report.state.feeds if feed.name in brought and feed.as_of]
    old = days_between(max(dates), learned) if dates else None
    if stated or old is None or old <= OLD:
        return ""
    return (
        f"the newest of these records is {old} days old: if the files are as old, say so"
        " (--learned DATE), or these feeds count as fresh"
    )


def _more(count: int, shown: int | None, what: str) -> list[str]:
    hidden = 0 if shown is None else max(0, count - shown)
    return [f"… and {hidden} further {what} (--all shows them)"] if hidden else []
