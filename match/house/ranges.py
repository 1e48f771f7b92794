"""A range as people write it (`>=2.0,<2.0.5`, `<=1.9`, `<3`) to the events of an OSV range."""

import re
from collections.abc import Sequence

from match.ecosystems import of_osv
from match.records.events import LOWEST
from match.versions import InvalidVersion, key
from sbom.errors import InputError

HINT = "as `>=2.0,<2.0.5` (fixed in 2.0.5), `<=1.9` (1.9 is the last affected) or `>=3.0`"
BOUND = re.compile(r"(>=|<=|<)\s*([^\s,<>=]+)")
LOWEST_PEP440 = "0.dev0"
"""Below it are the versions that PEP 440 refuses (rules.md 14)."""
SEMANTIC = frozenset({"cargo", "golang", "npm"})
"""Purl types whose OSV ranges are `SEMVER`; the others' are `ECOSYSTEM`."""

Events = list[dict[str, str]]


def osv_range(ecosystem: str, texts: Sequence[str]) -> dict[str, object]:
    """Return one OSV range of all these ranges of versions.

    Raises:
        InputError: where one is no range, holds nothing, or its versions have no order there.
    """
    place = of_osv(ecosystem)
    scheme = place.scheme if place else ""
    events: Events = []
    kinds = set()
    for text in texts:
        low, kind, high = read_range(text)
        for version in (low, high):
            if version and version not in LOWEST:
                _check(scheme, version, ecosystem)
        _check_order(scheme, low, kind, high, text)
        events.append({"introduced": low})
        if kind:
            kinds.add(kind)
            events.append({kind: high})
    if len(kinds) > 1:
        raise InputError("`<` and `<=` in the ranges of one package", "name the fixed versions")
    semantic = place is not None and place.type in SEMANTIC
    return {"type": "SEMVER" if semantic else "ECOSYSTEM", "events": events}


def read_range(text: str) -> tuple[str, str, str]:
    """Return (introduced, `fixed` or `last_affected` or nothing, its version).

    Raises:
        InputError: where it is no range.
    """
    low, kind, high = "0", "", ""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    bounds = [BOUND.fullmatch(part) for part in parts]
    signs = [bound[1] for bound in bounds if bound]
    if not parts or None in bounds or len({sign[0] for sign in signs}) < len(signs):
        raise InputError(f"{text!r}: not a range of versions", HINT)
    for bound in bounds:
        if bound is None:
            continue
        if bound[1] == ">=":
            low = bound[2]
        else:
            kind, high = ("fixed" if bound[1] == "<" else "last_affected"), bound[2]
    return low, kind, high


def is_version(scheme: str, version: str) -> bool:
    """Whether a text is a version; what PEP 440 refuses is none, though it has an order."""
    try:
        found = key(scheme, version)
        return scheme != "pep440" or found >= key(scheme, LOWEST_PEP440)
    except (InvalidVersion, LookupError):
        return False


def _check(scheme: str, version: str, ecosystem: str) -> None:
    if not is_version(scheme, version):
        raise InputError(f"{version!r} is no version of {ecosystem}", HINT)


def _check_order(scheme: str, low: str, kind: str, high: str, text: str) -> None:
    if not kind or low in LOWEST:
        if kind and high in LOWEST:
            raise InputError(f"{text!r} holds no version", HINT)
        return
    lo, hi = key(scheme, low), key(scheme, high)
    if lo > hi or (lo == hi and kind == "fixed"):
        raise InputError(f"{text!r} holds no version", HINT)
