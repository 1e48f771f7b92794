"""Print a shipped policy, to start one's own from; of a file, the rules that come of it."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("policy",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading policy show`."""

    policy: Annotated[str, Meta(description="Name of a shipped policy, or a policy file.")] = (
        "default"
    )


def run(options: Options) -> int:
    """Print a shipped policy's YAML; of a file every rule, beside those of what it extends."""
    from gate.policy.reading import SHIPPED, shipped

    if options.policy in SHIPPED:
        sys.stdout.write(shipped(options.policy))
    else:
        _show(options.policy)
    return 0


def _show(path: str) -> None:
    """Print the stages of a policy file as they judge, and what is looser than what it extends."""
    from gate.places import MAX_BYTES
    from gate.policy.effective import notes, sections
    from gate.policy.reading import load
    from gate.policy.strictness import looser
    from lading.table import table
    from sbom.text import plain

    policy = load(path)
    with open(path, "rb") as stream:
        found = looser(stream.read(MAX_BYTES + 1), path)
    sys.stdout.write(plain(f"{policy.name} ({policy.digest})") + "\n\n")
    sys.stdout.flush()
    for each in sections(policy):
        sys.stdout.buffer.write(table((each.title, *each.columns), each.rows))
    sys.stdout.buffer.flush()
    sys.stdout.write("".join(f"{plain(each)}\n" for each in notes(policy)))
    sys.stdout.flush()
    for note in found:
        sys.stderr.write(plain(f"note: {path}: {note.place}: {note.what}") + "\n")
