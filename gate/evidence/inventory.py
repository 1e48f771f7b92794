"""Which images there are, as others tell: a cluster's pods, or a list of names.

`kubectl get pods -A -o json` (or any kind that holds pods), a JSON list of names, or lines of text;
`#` begins a comment. The digest that a container really runs is its status's `imageID`.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from gate.evidence.model import Known
from sbom.errors import InputError
from sbom.model import Problem
from sbom.registry.reference import parse

LISTS = ("containers", "initContainers", "ephemeralContainers")
MOST = 1_000_000
DEEPEST = 12
"""How deep the pod of a Kubernetes object lies: a CronJob's is six members down, in a List."""


def read(data: bytes, name: str) -> tuple[tuple[Known, ...], tuple[Problem, ...]]:
    """Read an inventory; each image once, in order, and what names no image.

    Raises:
        InputError: where it is neither text nor JSON, or names no image at all.
    """
    found: dict[Known, None] = {}
    problems: list[Problem] = []
    for reference, image_id, place, where in _entries(data, name):
        if len(found) == MOST:
            raise InputError(f"{name}: more than {MOST} images", "give several files")
        try:
            found[_known(reference, image_id, place, name)] = None
        except InputError as error:
            told = Problem(
                source="inventory", where=f"{name}: {where}", what=str(error), effect="record_lost"
            )
            problems.append(told)
    if not found:
        told_first = f" ({problems[0].what})" if problems else ""
        raise InputError(f"{name}: no image is named in it{told_first}", "name one on each line")
    return tuple(found), tuple(problems)


def normal(reference: str) -> str:
    """Return the one form of a name: registry, repository and tag; what is no name, as it is."""
    try:
        named = parse(reference)
    except InputError:
        return reference
    return f"{named.registry}/{named.repository}:{named.tag or named.digest}"


def _known(reference: str, image_id: str, place: str, name: str) -> Known:
    """Return an image as named; what really ran counts before what was asked for."""
    stated = parse(reference).digest
    _, at, running = image_id.rpartition("@")
    running = running if at or image_id.startswith("sha256:") else ""
    return msgspec.convert(
        {"reference": reference, "digest": running or stated, "place": place, "where": name}, Known
    )


def _entries(data: bytes, name: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (reference, imageID, place, where in the file)."""
    if data.lstrip()[:1] in {b"[", b"{"}:
        try:
            document = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise InputError(f"{name}: broken JSON ({error})", "write it again") from error
        yield from _of_json(document, "$", DEEPEST)
        return
    try:
        lines = data.decode().splitlines()
    except UnicodeError as error:
        raise InputError(f"{name}: neither JSON nor text", "one name on each line") from error
    for number, line in enumerate(lines, 1):
        if text := line.partition("#")[0].strip():
            yield text, "", "list", f"line {number}"


def _of_json(value: Any, where: str, deep: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield from a list of names, or from whatever object has containers."""
    if deep < 0:
        return
    if isinstance(value, list):
        for number, each in enumerate(value):
            if isinstance(each, str):
                yield each, "", "list", f"{where}[{number}]"
            else:
                yield from _of_json(each, f"{where}[{number}]", deep - 1)
    elif isinstance(value, dict):
        spec = value.get("spec")
        if isinstance(spec, dict) and isinstance(spec.get("containers"), list):
            yield from _of_pod(spec, value.get("status"), where)
            return
        for key, each in value.items():
            if isinstance(each, dict | list):
                yield from _of_json(each, f"{where}.{key}", deep - 1)


def _of_pod(spec: dict[str, Any], status: Any, where: str) -> Iterator[tuple[str, str, str, str]]:
    running: dict[tuple[str, str], str] = {}
    for kind in LISTS:
        statuses = status.get(f"{kind[:-1]}Statuses") if isinstance(status, dict) else None
        for each in _objects(statuses):
            if isinstance(each.get("imageID"), str):
                running[kind, str(each.get("name"))] = each["imageID"]
    for kind in LISTS:
        for number, each in enumerate(_objects(spec.get(kind))):
            image = each.get("image")
            place = f"{where}.spec.{kind}[{number}]"
            if isinstance(image, str):
                yield image, running.get((kind, str(each.get("name"))), ""), "cluster", place


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
