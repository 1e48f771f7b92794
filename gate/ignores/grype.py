"""The `ignore` rules of .grype.yaml: a finding has to fit every field of a rule."""

from typing import Any

from gate.ignores import Ignored
from gate.places import Place, bare, compose
from sbom.errors import InputError

TYPES = {
    "apk": "apk",
    "deb": "deb",
    "dotnet": "nuget",
    "gem": "gem",
    "go-module": "golang",
    "hex": "hex",
    "java-archive": "maven",
    "npm": "npm",
    "php-composer": "composer",
    "python": "pypi",
    "rpm": "rpm",
    "rust-crate": "cargo",
}
"""Grype's package types that are one purl type each."""
FIELDS = ("vulnerability", "reason", "package", "fix-state", "include-aliases")
PACKAGE = ("name", "version", "type", "location")
UNFIXED = "not-fixed"


def read(data: bytes, name: str) -> tuple[tuple[Ignored, ...], tuple[str, ...]]:
    """Read the rules of a configuration of grype's."""
    root = compose(data, "configuration")
    if not isinstance(root, Place) or not isinstance(root.value, dict):
        raise InputError(f"{name}: not a configuration of grype's", "it is a mapping with `ignore`")
    place = root.value.get("ignore", Place([], 1))
    if not isinstance(place.value, list):
        raise InputError(f"{name}: line {place.line}: ignore is a list of rules")
    found, left = [], []
    for each in place.value:
        rule = _rule(bare(each))
        if isinstance(rule, Ignored):
            found.append(rule)
        else:
            left.append(f"line {each.line}: {rule}")
    return tuple(found), tuple(left)


def _rule(given: Any) -> Ignored | str:
    """Return a rule as an exception says it, or why none can."""
    if not isinstance(given, dict) or not isinstance(given.get("vulnerability"), str):
        return "it names no vulnerability, and an exception has to"
    package = given.get("package") or {}
    if not isinstance(package, dict):
        return "its package is no mapping"
    strange = sorted({*(given.keys() - set(FIELDS)), *(package.keys() - set(PACKAGE))})
    if strange:
        return f"{given['vulnerability']}: no exception can say {', '.join(map(str, strange))}"
    state, kind = given.get("fix-state", ""), package.get("type", "")
    if state not in {"", UNFIXED}:
        return f"{given['vulnerability']}: no exception can say fix-state {state}"
    if kind and kind not in TYPES:
        return f"{given['vulnerability']}: no purl type stands for {kind}"
    return Ignored(
        vulnerability=given["vulnerability"],
        reason=str(given.get("reason") or ""),
        packages=_texts(package.get("name")),
        versions=_texts(package.get("version")),
        types=(TYPES[kind],) if kind else (),
        paths=tuple(each.lstrip("/") for each in _texts(package.get("location"))),
        fixed_ends=state == UNFIXED,
    )


def _texts(value: Any) -> tuple[str, ...]:
    return (str(value),) if value not in {None, ""} else ()
