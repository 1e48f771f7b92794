"""The steps of a Dockerfile as an image's configuration has them: which of them made a layer.

OCI image configuration, `history`: one entry a step, lowest first; `empty_layer` marks those that
changed no file. Builders write the shell's call and remarks around what a person wrote; that goes
(`instruction`), and so do the values of secrets.
"""

import re
from collections.abc import Sequence

from sbom.secrets import without_secrets

LONGEST = 2000
"""Characters of a step that are kept; the rest is not needed to know it again."""
BUILDKIT = re.compile(r"\s+# buildkit\Z")
ARGUMENTS = re.compile(r"(?:RUN )?\|\d+ .*?(?=(?:/usr)?/bin/\w*sh -)", re.DOTALL)
"""Build arguments that the classic builder and BuildKit put before the shell's call."""
SHELL = re.compile(
    r"(?:RUN )?(?:(?:/usr)?/bin/\w*sh(?: -[a-z]+(?: pipefail)?)*? -[a-z]*c|cmd /S /C) +",
)
NO_COMMAND = re.compile(r"#\(nop\)\s*")
CONTENT = re.compile(r"\b(file|dir|multi):([0-9a-f]{12})[0-9a-f]{52}\b")


def instruction(created_by: str) -> str:
    """Return a step as its author wrote it, in one line, without the values of secrets.

    created_by: the builder's words: Docker's classic builder, BuildKit, buildah, kaniko.
    """
    text = BUILDKIT.sub("", created_by[: 4 * LONGEST].strip())
    arguments = ARGUMENTS.match(text)
    bare = text[arguments.end() :] if arguments else text
    shell = SHELL.match(bare)
    if shell:
        bare = bare[shell.end() :]
        nop = NO_COMMAND.match(bare)
        bare = bare[nop.end() :] if nop else f"RUN {bare}"
    line = CONTENT.sub(r"\1:\2", " ".join(bare.split()))
    line = without_secrets(line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def steps_of_layers(empty: Sequence[bool], layers: int) -> list[int] | None:
    """Return the number of the step, from 1, that made each layer.

    empty: for each step, whether it made no layer.
    None where the history does not tell of as many layers as there are.
    """
    numbers = [number for number, is_empty in enumerate(empty, 1) if not is_empty]
    return numbers if len(numbers) == layers else None
