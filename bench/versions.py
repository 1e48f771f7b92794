"""Microseconds per version key, for each scheme: `python bench/versions.py [scheme ...]`.

The versions are generated from the grammars of the tests, which look like what registries hold.
"""

import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "versions")]

from version_grammars import REAL, mutate  # noqa: E402 - found beside the tests

from match.versions import SCHEMES, InvalidVersion, scheme  # noqa: E402 - run from a checkout

TARGET = 6.0
ROUNDS = 7


def microseconds(name: str, versions: list[str]) -> float:
    """Return the best of several rounds over all versions, per key."""
    key = scheme(name).key
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for version in versions:
            key(version)
        best = min(best, time.perf_counter() - start)
    return best / len(versions) * 1e6


def valid(name: str, versions: list[str]) -> list[str]:
    """Return those of the versions that have a key."""
    kept = []
    for version in versions:
        try:
            scheme(name).key(version)
        except InvalidVersion:
            continue
        kept.append(version)
    return kept


def main() -> None:
    """Print a line for each scheme: versions as published, the same mutated, the target."""
    names = sys.argv[1:] or sorted(set(SCHEMES) & set(REAL))
    print(f"{'scheme':10} {'as published':>14} {'mutated':>10}   (µs per key, target {TARGET})")
    for name in names:
        rng = random.Random(20260101)
        published = valid(name, [rng.choice(REAL[name]) for _ in range(5000)])
        mutated = valid(name, [mutate(rng, name) for _ in range(5000)])
        usual, odd = microseconds(name, published), microseconds(name, mutated)
        print(f"{name:10} {usual:14.2f} {odd:10.2f}")


if __name__ == "__main__":
    main()
