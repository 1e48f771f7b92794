"""The `IgnoredVulns` of osv-scanner.toml; its overrides of whole packages name no vulnerability."""

import tomllib
from typing import Any

from gate.ignores import Ignored
from gate.instants import day_before
from gate.statements.foreign import sequence
from sbom.errors import InputError

KEYS = ("id", "ignoreUntil", "reason")


def read(data: bytes, name: str) -> tuple[tuple[Ignored, ...], tuple[str, ...]]:
    """Read the rules of a configuration of osv-scanner's."""
    try:
        document = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name}: no TOML: {error}") from None
    found, left = [], []
    for number, each in enumerate(sequence(document.get("IgnoredVulns"))):
        rule = _rule(each)
        if isinstance(rule, Ignored):
            found.append(rule)
        else:
            left.append(f"IgnoredVulns[{number}]: {rule}")
    for number, each in enumerate(sequence(document.get("PackageOverrides"))):
        package = each.get("name") if isinstance(each, dict) else ""
        what = "overrides a package, and an exception names a vulnerability"
        left.append(f"PackageOverrides[{number}]: {package or 'it'} {what}")
    return tuple(found), tuple(left)


def _rule(given: Any) -> Ignored | str:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str) or not given["id"]:
        return "it has no id"
    strange = sorted(given.keys() - set(KEYS))
    if strange:
        return f"{given['id']}: no exception can say {', '.join(strange)}"
    ends = given.get("ignoreUntil")
    # Other tools name the first day on which a rule is over, an exception the last it holds.
    until = day_before(ends) if ends else ""
    if until is None:
        return f"{given['id']}: {ends} is no day"
    return Ignored(given["id"], reason=str(given.get("reason") or ""), until=until)
