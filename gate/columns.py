"""Columns for a terminal: as wide as they need, narrower where the room ends, and then wrapped.

Own code, because the general one of `rich` takes a second for a thousand rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

Part = tuple[str, str]
"""A text and the name of its style, empty for none."""
Cell = tuple[Part, ...]
GAP = 2


class Column(NamedTuple):
    """A heading, the least width it may be given, and on which side its cells stand."""

    title: str
    least: int
    right: bool = False


def lay_out(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int | None
) -> Iterator[Cell]:
    """Yield the lines of the table, its headings first, each as parts to be written in a row.

    room: the columns of the terminal; None: each column is as wide as it needs.
    """
    titles = tuple(((each.title, "dim"),) for each in columns)
    sizes = [[_size(cell) for cell in row] for row in (titles, *rows)]
    wanted = [max(of_column) for of_column in zip(*sizes, strict=True)]
    least = [each.least for each in columns]
    widths = _fit(wanted, least, room - GAP * (len(columns) - 1)) if room is not None else wanted
    for row, of_row in zip((titles, *rows), sizes, strict=True):
        if all(size <= width for size, width in zip(of_row, widths, strict=True)):
            yield _line(row, of_row, widths, columns)
        else:
            yield from _lines(row, widths, columns)


def _size(cell: Cell) -> int:
    """Return how many columns of the terminal a cell takes; most are plain ASCII."""
    return sum(len(text) if text.isascii() else sum(map(_width, text)) for text, _ in cell)


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    from rich.cells import cell_len

    return cell_len(character)


def _fit(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return the widths; what is too much is taken from the column with the most to give."""
    widths = list(wanted)
    spare = [width - low for width, low in zip(wanted, least, strict=True)]
    excess = sum(widths) - room
    while excess > 0 and max(spare) > 0:
        # Down to the column with the second most, so that long names do not cost a step a letter.
        ranked = sorted(range(len(spare)), key=lambda place: -spare[place])
        first, second = ranked[0], ranked[1] if len(ranked) > 1 else ranked[0]
        cut = min(excess, max(1, spare[first] - max(spare[second], 0)), spare[first])
        widths[first] -= cut
        spare[first] -= cut
        excess -= cut
    return widths


def _line(
    row: Sequence[Cell], sizes: Sequence[int], widths: Sequence[int], columns: Sequence[Column]
) -> Cell:
    """Return one line of cells that fit; the last is not filled up."""
    parts: list[Part] = []
    last = len(row) - 1
    for place, cell in enumerate(row):
        blank = " " * (widths[place] - sizes[place])
        if columns[place].right:
            parts += [(blank, ""), *cell]
        else:
            parts += [*cell, (blank, "")] if place < last else cell
        if place < last:
            parts.append((" " * GAP, ""))
    return tuple(parts)


def _lines(row: Sequence[Cell], widths: Sequence[int], columns: Sequence[Column]) -> Iterator[Cell]:
    """Yield as many lines as the highest cell of the row takes."""
    wrapped = [tuple(_wrap(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        cells = [lines[number] if number < len(lines) else () for lines in wrapped]
        yield _line(cells, [_size(cell) for cell in cells], widths, columns)


def _wrap(cell: Cell, width: int) -> Iterator[Cell]:
    """Yield the lines of a cell: broken at a space where there is one, else where it is full."""
    letters = [(letter, style) for text, style in cell for letter in text]
    while letters:
        count, used, space = 0, 0, 0
        for letter, _ in letters:
            used += _width(letter)
            if used > width:
                break
            count += 1
            space = count if letter == " " else space
        rest = count
        if count < len(letters) and letters[count][0] == " ":
            rest = count + 1
        elif count < len(letters):
            # A letter wider than the column is written all the same; there must be progress.
            count = rest = space or max(count, 1)
        yield tuple(_joined(letters[:count]))
        letters = letters[rest:]


def _joined(letters: Iterable[Part]) -> Iterator[Part]:
    """Yield letters of one style as one part."""
    text, current = "", ""
    for letter, style in letters:
        if style != current and text:
            yield text, current
            text = ""
        text, current = text + letter, style
    if text:
        yield text, current
