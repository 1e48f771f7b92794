"""Columns for a terminal: nothing is lost, nothing is wider than the room, whatever is in the cells."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gate.columns import Column, lay_out

COLUMNS = (Column("NAME", 4), Column("NUMBER", 6, right=True), Column("NOTE", 4))
LETTERS = st.text(alphabet="ab \u6f22\u0301x", max_size=30)
CELLS = st.lists(st.tuples(LETTERS, st.sampled_from(["", "bold"])), max_size=3).map(tuple)


def written(rows, room):
    return ["".join(text for text, _ in line) for line in lay_out(COLUMNS, rows, room)]


def row(*texts):
    return [((text, ""),) for text in texts]


def test_columns_are_as_wide_as_they_need():
    assert written([row("a", "1", "x"), row("long name", "22", "")], 80) == [
        "NAME       NUMBER  NOTE",
        "a               1  x",
        "long name      22  ",
    ]


def test_what_is_too_wide_is_wrapped_at_spaces_or_where_it_is_full():
    assert written([row("abcdefghij", "1", "one two three")], 24) == [
        "NAME     NUMBER  NOTE",
        "abcdefg       1  one two",
        "hij              three",
    ]


def test_wide_letters_take_two_columns():
    (_, line) = written([row("\u6f22\u5b57", "1", "x")], 80)
    assert line == "\u6f22\u5b57       1  x"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.integers(0, 60))
def test_nothing_is_lost_and_nothing_is_wider_than_the_room(rows, room):
    lines = list(lay_out(COLUMNS, rows, room))
    least = sum(each.least for each in COLUMNS) + 4
    for line in lines:
        assert cell_len("".join(text for text, _ in line).rstrip()) <= max(room, least)

    def letters(lines):
        return sorted((c, s) for line in lines for t, s in line for c in t if c != " ")

    titles = [(c, "dim") for each in COLUMNS for c in each.title]
    assert letters(lines) == sorted([*letters(cell for of in rows for cell in of), *titles])


def test_without_a_terminal_no_cell_is_broken():
    _, line = written([row("x" * 300, "1" * 50, "y" * 50)], None)
    assert line == f"{'x' * 300}  {'1' * 50}  {'y' * 50}"


@pytest.mark.parametrize("room", [0, 1, 17, 18, 19])
def test_a_room_that_is_too_small_is_not_kept_to(room):
    assert all(len(line) <= 19 for line in written([row("x" * 50, "1" * 50, "y" * 50)], room))
