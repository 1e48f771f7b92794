"""A plain table for lists: columns side by side, each as wide as its widest cell."""

import sys
from collections.abc import Sequence

from sbom.text import plain


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> bytes:
    """Return `rows` under `heads`, the notes below; control characters are made harmless.

    Where there are no rows, the notes alone say so.
    """
    if notes and not rows:
        return ("\n".join(map(plain, notes)) + "\n").encode(errors="replace")
    clean = [[plain(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[column]) for row in clean) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in clean
    ]
    if sys.stdout.isatty():
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    return ("\n".join([*lines, "", *map(plain, notes)]) + "\n").encode(errors="replace")
