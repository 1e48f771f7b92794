"""Keys against the real comparators, over generated pairs with a fixed seed."""

import re

import pytest
from packaging.version import InvalidVersion as PythonInvalid
from packaging.version import Version as PythonVersion
from version_comparators import COMMANDS, Pairs, answers
from version_grammars import pairs
from version_references import REFERENCES

from match.versions import InvalidVersion, compare, exact, key

FAST = 2_000
SLOW = 100_000


def usable(scheme: str, pair: tuple[str, str]) -> bool:
    """Say whether the comparator's answer to the pair is its rule, not a limit of its own."""
    if not pair[0].strip() or not pair[1].strip():
        return False
    if scheme == "composer":
        return all(re.fullmatch("[0-9A-Za-z].*", text.lstrip("vV")) for text in pair)
    return True


def drawn(scheme: str, count: int, seed: int) -> Pairs:
    """Return more pairs than asked for, as some are refused."""
    return [pair for pair in pairs(scheme, count * 5, seed) if usable(scheme, pair)]


def check(scheme: str, given: Pairs, wanted: list[int | None], count: int) -> None:
    """Compare each answer with the keys, or with `compare` where a key is inexact."""
    wrong = []
    judged = 0
    for (a, b), want in zip(given, wanted, strict=True):
        if want is None:
            continue
        judged += 1
        try:
            got = compare(scheme, a, b)
            by_key = order(scheme, a, b) if exact(scheme, a) and exact(scheme, b) else got
        except InvalidVersion as refused:
            wrong.append(f"{a!r} {b!r}: {refused}")
            continue
        if (got, by_key) != (want, want):
            wrong.append(f"{a!r} {b!r}: want {want}, compare {got}, keys {by_key}")
        if judged == count:
            break
    print(f"{scheme}: {judged} pairs, {len(wrong)} differences")
    assert not wrong, "\n".join(wrong[:20])
    assert judged == count


def order(scheme: str, a: str, b: str) -> int:
    left, right = key(scheme, a), key(scheme, b)
    return (left > right) - (left < right)


def packaging_answers(given: Pairs) -> list[int | None]:
    wanted: list[int | None] = []
    for a, b in given:
        try:
            left, right = PythonVersion(a), PythonVersion(b)
        except PythonInvalid:
            wanted.append(None)
            continue
        wanted.append((left > right) - (left < right))
    return wanted


@pytest.mark.parametrize("scheme", sorted(COMMANDS))
def test_keys_order_as_the_real_comparator_does(scheme, tmp_path):
    given = drawn(scheme, FAST, seed=1)
    check(scheme, given, answers(scheme, given, tmp_path), FAST)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", sorted(COMMANDS))
def test_keys_order_as_the_real_comparator_does_over_many_pairs(scheme, tmp_path):
    given = drawn(scheme, SLOW, seed=2)
    check(scheme, given, answers(scheme, given, tmp_path), SLOW)


@pytest.mark.parametrize(
    ("count", "seed"), [(FAST, 1), pytest.param(SLOW, 2, marks=pytest.mark.slow)]
)
def test_pep440_orders_as_packaging_does(count, seed):
    given = drawn("pep440", count, seed)
    check("pep440", given, packaging_answers(given), count)


@pytest.mark.parametrize("scheme", sorted(REFERENCES))
@pytest.mark.parametrize(
    ("count", "seed"), [(FAST, 1), pytest.param(SLOW, 2, marks=pytest.mark.slow)]
)
def test_keys_order_as_the_rule_read_step_by_step(scheme, count, seed):
    name, reference = REFERENCES[scheme]
    given = drawn(scheme, count, seed)
    check(name, given, [reference(a, b) for a, b in given], count)
