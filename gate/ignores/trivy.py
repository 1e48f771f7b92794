"""Trivy's .trivyignore (ids, one a line, `exp:` a day) and .trivyignore.yaml."""

import re
from collections.abc import Iterator
from typing import Any

from gate.ignores import Ignored
from gate.instants import day_before
from gate.places import Place, bare, compose
from sbom.errors import InputError

ID = re.compile(
    r"(CVE|GHSA|GO|PYSEC|RUSTSEC|OSV|MAL|GMS|NSWG|TEMP|DSA|DLA|USN|RHSA|RHBA|ELSA|ALAS\w*|ALSA|RLSA"
    r"|SUSE-SU|openSUSE-SU|GLSA|BIT|CURL|PSF|HSEC|EEF|LDG)-[\w.:-]+$"
)
"""Ids of vulnerabilities; the others in such a file are of misconfigurations, secrets, licences."""
KEYS = ("id", "paths", "purls", "expired_at", "statement")
OTHERS = ("misconfigurations", "secrets", "licenses")


def read(data: bytes, name: str) -> tuple[tuple[Ignored, ...], tuple[str, ...]]:
    """Read either form; the YAML one is a mapping."""
    root = compose(data, "file")
    if isinstance(root, Place) and isinstance(root.value, dict) and _is_document(root.value):
        return _sorted(_of_document(root))
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{name}: not a file of ignored ids: it is no UTF-8") from None
    return _sorted(_of_lines(lines))


def _is_document(value: dict[str, Place]) -> bool:
    return bool(value.keys() & {"vulnerabilities", *OTHERS})


def _of_lines(lines: list[str]) -> Iterator[Ignored | str]:
    """Yield each line's rule; the comments right above it are its reason."""
    comments: list[str] = []
    for number, line in enumerate(lines, 1):
        words, _, comment = line.partition("#")
        if not words.strip():
            comments = [*comments, comment.strip()] if comment.strip() else []
            continue
        id_, *more = words.split()
        reason = " ".join(filter(None, (*comments, comment.strip())))
        comments = []
        ends = next((word.removeprefix("exp:") for word in more if word.startswith("exp:")), "")
        until = day_before(ends) if ends else ""
        if not ID.match(id_):
            yield f"line {number}: {id_} is no vulnerability's id"
        elif until is None or [word for word in more if not word.startswith("exp:")]:
            yield f"line {number}: {id_}: {' '.join(more)} is not understood"
        else:
            yield Ignored(id_, reason=reason, until=until)


def _of_document(root: Place) -> Iterator[Ignored | str]:
    for key in OTHERS:
        place = root.value.get(key)
        if place and place.value:
            count = len(place.value) if isinstance(place.value, list) else 1
            yield f"line {place.line}: {count} under {key}: exceptions are about vulnerabilities"
    place = root.value.get("vulnerabilities", Place([], 1))
    for each in place.value if isinstance(place.value, list) else ():
        rule = _rule(bare(each))
        yield rule if isinstance(rule, Ignored) else f"line {each.line}: {rule}"


def _rule(given: Any) -> Ignored | str:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str):
        return "it has no id"
    strange = sorted(map(str, given.keys() - set(KEYS)))
    if strange:
        return f"{given['id']}: no exception can say {', '.join(strange)}"
    ends = given.get("expired_at")
    # Other tools name the first day on which a rule is over, an exception the last it holds.
    until = day_before(ends) if ends else ""
    if until is None:
        return f"{given['id']}: {ends} is no day"
    paths = tuple(str(each).lstrip("/") for each in given.get("paths") or ())
    purls = tuple(str(each) for each in given.get("purls") or ())
    return Ignored(
        given["id"],
        reason=str(given.get("statement") or ""),
        packages=purls,
        paths=paths,
        until=until,
    )


def _sorted(rules: Iterator[Ignored | str]) -> tuple[tuple[Ignored, ...], tuple[str, ...]]:
    listed = list(rules)
    return (
        tuple(each for each in listed if isinstance(each, Ignored)),
        tuple(each for each in listed if isinstance(each, str)),
    )
