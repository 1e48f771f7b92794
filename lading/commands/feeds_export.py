"""Write the advisory set, or what came after a state, to one file that can be carried elsewhere."""

import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.keys import SignKey
from lading.options import CaFile, Insecure
from lading.place import database

if TYPE_CHECKING:
    from match.carry.exporting import Exported

ARGUMENTS = ("file",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds export`."""

    file: Annotated[str, Meta(description="The file to write.")]
    since: Annotated[
        str, Meta(description="Only what came after this state: a date, or a digest of a state.")
    ] = ""
    sign: SignKey = ""
    push: Annotated[str, Meta(description="Push it as an artefact too: REGISTRY/NAME:TAG.")] = ""
    with_house: Annotated[
        bool, Meta(description="The house's own advisories too, drafts under embargo included.")
    ] = False
    insecure: Insecure = False
    ca_file: CaFile = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Write the file, push it where that is asked, and say what is in it."""
    from lading.keys import read_signer
    from match.carry.exporting import export

    signer = read_signer(options.sign) if options.sign else None
    done = export(
        database(options.db),
        options.file,
        since=options.since,
        house=options.with_house,
        signer=signer,
    )
    lines = _lines(options.file, done)
    lines.append(f"signed with {signer.id}" if signer else "not signed (--sign KEY)")
    if options.push:
        from lading.reaching import reach
        from match.carry.artefact import push

        access = reach(insecure=options.insecure, ca_file=options.ca_file)
        digest = push(options.file, options.push, done.manifest, access)
        lines.append(f"pushed to {options.push} ({digest})")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _lines(path: str, done: "Exported") -> list[str]:
    """Return what was written, in words."""
    from match.carry.parcel import dated_of

    manifest, counts = done.manifest, done.manifest.counts
    base, states = manifest.base, manifest.states
    if not states and base:
        held = f"nothing new since state {base.digest[:19]} of {base.dated}"
    else:
        last = states[-1]
        after = f"after state {base.digest[:19]} of {base.dated}" if base else "its whole history"
        held = f"state {last.digest[:19]} of {dated_of(manifest)}, {after}"
    begun = f"{counts.records} versions of records begin and {counts.ended} end"
    steps = "1 state" if len(states) == 1 else f"{len(states)} states"
    size = f"{manifest.body.size / 1e6:.1f} MB"
    lines = [f"{path}: {held}", f"{steps}, {begun}, {size}"]
    if manifest.house:
        lines.append("the house's own advisories are in it, drafts under embargo included")
    elif done.kept_back:
        lines.append(f"of the house's own stay here: {done.kept_back} (--with-house)")
    return lines
