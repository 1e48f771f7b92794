"""Rows from a later state on: what a store that has the first states of them still lacks."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from match.carry.form import (
    AreaRow,
    EndedRow,
    FeedRow,
    MovedRow,
    OverRow,
    PackageRow,
    ProblemRow,
    RecordRow,
    Row,
    SheetEndRow,
    SheetRow,
)
from match.carry.rows import decoded
from match.set.keeping import digest_of


def rest(rows: Iterable[Row], step: int, learned: Sequence[str]) -> Iterator[Row]:
    """Yield what happened after the state `step`, with the states numbered from there.

    learned: when what each state of `rows` brought was.
    """
    for row in rows:
        if isinstance(row, PackageRow):
            yield replace(row, first=max(0, row.first - step))
        elif isinstance(row, MovedRow):
            yield row
        elif isinstance(row, EndedRow | SheetEndRow | OverRow):
            if row.until > step:
                yield replace(row, until=row.until - step)
        elif row.since > step:
            until = None if row.until is None else row.until - step
            yield replace(row, since=row.since - step, until=until)
        elif row.until is not None and row.until > step:
            if isinstance(row, SheetRow):
                then = learned[row.since - 1]
                yield SheetEndRow(row.feed, row.date, then, row.until - step, False, row.body)  # noqa: FBT003
            else:
                yield _end_of(row, row.until - step)


def _end_of(row: RecordRow | FeedRow | AreaRow | ProblemRow, until: int) -> EndedRow | OverRow:
    """Return the end of what began in a state that is there."""
    if isinstance(row, FeedRow):
        return OverRow("feed", (row.name,), until)
    if isinstance(row, AreaRow):
        return OverRow("area", (row.name,), until)
    if isinstance(row, ProblemRow):
        return OverRow("problem", (row.feed, row.part, row.place, row.what, row.effect), until)
    return EndedRow(row.feed, decoded(row).id, digest_of(row.feed, row.doc), until)
