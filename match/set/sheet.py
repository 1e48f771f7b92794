"""Likelihoods of one day in the form they are kept in once they ended, and are carried in.

A day has some 300,000 that nearly all differ from the day before's, so they stand in columns: the
CVEs as differences, both numbers as whole hundred-thousandths, as they are published. It is exact
for any number: what does not fit the columns stands beside them.
"""

import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain

import msgspec
from msgspec import Struct, msgpack

Row = tuple[str, float, float]
"""A CVE, its probability and its percentile."""

PARTS = 100_000
"""EPSS publishes both numbers with five decimals."""
YEAR = 32
"""Bits below the year in the key of a CVE; numbers of up to nine digits fit."""
PLAIN = re.compile(r"CVE-([0-9]{4})-([0-9]{4}|[1-9][0-9]{4,8})")
MOST_KEY = (9999 << YEAR) + 999_999_999


class _Sheet(Struct, frozen=True, array_like=True, gc=False):
    """Columns, each as planes of bytes, which compress better than numbers one after another.

    cves: differences of keys. percentiles: in the order of the CVEs. probabilities: differences in
        the order of the percentiles, with which they rise: a twelfth of their size otherwise.
    """

    cves: bytes
    percentiles: bytes
    probabilities: bytes
    others: tuple[Row, ...]


SHEET = msgpack.Decoder(_Sheet)
Columns = tuple["array[int]", "array[int]", "array[int]", tuple[Row, ...]]
"""Keys in order, their probabilities and percentiles, and the rows that are in no column."""


def pack(rows: Iterable[Row]) -> bytes:
    """Return the form of some rows: the same bytes in whatever order they come."""
    fitting: list[tuple[int, int, int]] = []
    others: list[Row] = []
    for row in rows:
        key, probability, percentile = _key(row[0]), _parts(row[1]), _parts(row[2])
        if min(key, probability, percentile) < 0:
            others.append(row)
        else:
            fitting.append((key, percentile, probability))
    fitting.sort()
    percentiles = array("I", (row[1] for row in fitting))
    by_percentile = (fitting[place][2] for place in _order(percentiles))
    sheet = _Sheet(
        _planes(array("Q", _differences(row[0] for row in fitting))),
        _planes(percentiles),
        _planes(array("i", _differences(by_percentile))),
        tuple(sorted(others)),
    )
    return msgpack.encode(sheet)


def unpack(body: bytes) -> list[Row]:
    """Return the rows of a form.

    Raises:
        ValueError: where it is none.
    """
    keys, probabilities, percentiles, others = columns(body)
    rows = zip(map(_id, keys), probabilities, percentiles, strict=True)
    return [*((id_, p / PARTS, q / PARTS) for id_, p, q in rows), *others]


def look_up(found: Columns, ids: Iterable[str]) -> Iterator[Row]:
    """Yield the rows of some ids; the others are not looked at one by one."""
    keys, probabilities, percentiles, others = found
    wanted = set(ids)
    for id_ in sorted(wanted):
        key = _key(id_)
        place = bisect_left(keys, key)
        while place < len(keys) and keys[place] == key:
            yield id_, probabilities[place] / PARTS, percentiles[place] / PARTS
            place += 1
    yield from (row for row in others if row[0] in wanted)


def columns(body: bytes) -> Columns:
    """Return a form as it can be looked up in, again and again.

    Raises:
        ValueError: where it is none.
    """
    try:
        sheet = SHEET.decode(body)
        keys = array("Q", accumulate(_numbers("Q", sheet.cves)))
        percentiles = _numbers("I", sheet.percentiles)
        risen = array("I", accumulate(_numbers("i", sheet.probabilities)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError) as error:
        raise ValueError(f"no sheet of likelihoods ({error})") from error
    if not len(keys) == len(percentiles) == len(risen):
        raise ValueError("a sheet of likelihoods whose columns differ in length")
    most = max(chain(percentiles, risen), default=0)
    # Written so that what is no number (NaN), which no table takes, is refused as well.
    some = all(0 <= p <= 1 and 0 <= q <= 1 for _, p, q in sheet.others)
    if max(keys, default=0) > MOST_KEY or most > PARTS or not some:
        raise ValueError("a sheet of likelihoods with a number that none has")
    probabilities = array("I", bytes(4 * len(risen)))
    for place, probability in zip(_order(percentiles), risen, strict=True):
        probabilities[place] = probability
    return keys, probabilities, percentiles, sheet.others


def _key(id_: str) -> int:
    """Return the number a CVE stands for; below zero for an id that a number does not give back."""
    found = PLAIN.fullmatch(id_)
    return (int(found[1]) << YEAR) + int(found[2]) if found else -1


def _id(key: int) -> str:
    return f"CVE-{key >> YEAR:04d}-{key & (1 << YEAR) - 1:04d}"


def _parts(number: float) -> int:
    """Return a number in hundred-thousandths; below zero where that is not exactly the same."""
    parts = round(number * PARTS) if 0 <= number <= 1 else -1
    return parts if parts / PARTS == number else -1


def _order(numbers: Sequence[int]) -> list[int]:
    """Return the places of numbers in rising order, equal ones as they stand."""
    return sorted(range(len(numbers)), key=numbers.__getitem__)


def _differences(numbers: Iterable[int]) -> Iterator[int]:
    before = 0
    for number in numbers:
        yield number - before
        before = number


def _planes(numbers: "array[int]") -> bytes:
    """Return the lowest byte of all numbers, then the next, whatever this machine's own order."""
    if sys.byteorder == "big":
        numbers.byteswap()
    data, size = numbers.tobytes(), numbers.itemsize
    return b"".join(data[at::size] for at in range(size))


def _numbers(kind: str, planes: bytes) -> "array[int]":
    """Return the numbers of `_planes`; raises ValueError where they are none."""
    numbers = array(kind)
    each, rest = divmod(len(planes), numbers.itemsize)
    if rest:
        raise ValueError("a sheet of likelihoods that was cut off")
    data = bytearray(len(planes))
    for at in range(numbers.itemsize):
        data[at :: numbers.itemsize] = planes[at * each : (at + 1) * each]
    numbers.frombytes(bytes(data))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
