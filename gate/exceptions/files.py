"""Files of exceptions: YAML to `HouseException`, every fault at its line; and written again."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from msgspec import UNSET

from gate.exceptions.document import AtAcceptance, Entry, Events, ExceptionsDocument
from gate.places import MAX_BYTES, Place, compose, fault
from gate.policy.model import Acceptance, HouseException, HouseExceptions
from gate.shapes import faults_of
from gate.shapes import read as read_shape
from sbom.errors import InputError
from sbom.model import Fault

EVENTS = ("fix_published", "kev_listed", "base_rebuilt", "severity_raised")
NEEDED = {"base_rebuilt": "base", "severity_raised": "score"}
"""What has to be known of the acceptance for an event to be told."""
HEAD = "# Exceptions of the house; docs/exceptions.md describes the file.\n"


def read(data: bytes, name: str) -> tuple[HouseException, ...]:
    """Read a file of exceptions.

    Raises:
        InputError: at the first fault, with its line.
    """
    root = compose(data, "file of exceptions")
    found = [root] if isinstance(root, Fault) else list(_faults(root))
    if found or isinstance(root, Fault):
        more = f" ({len(found) - 1} further faults)" if len(found) > 1 else ""
        raise InputError(
            f"{name}: {found[0].place}: {found[0].what}{more}",
            "docs/exceptions.md describes the file",
        )
    document: ExceptionsDocument = read_shape(root, ExceptionsDocument)
    return tuple(
        _made(entry, f"{name}: exceptions[{number}]")
        for number, entry in enumerate(document.exceptions)
    )


def faults(data: bytes) -> tuple[Fault, ...]:
    """Return why the file is none, each with its line; nothing when it is one."""
    root = compose(data, "file of exceptions")
    return (root,) if isinstance(root, Fault) else tuple(_faults(root))


def load_all(paths: Iterable[str]) -> HouseExceptions:
    """Read files of exceptions.

    Raises:
        InputError: where one cannot be read, or two exceptions have one id.
    """
    found: dict[str, HouseException] = {}
    files = []
    for path in dict.fromkeys(paths):
        try:
            with open(path, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            why = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
            raise InputError(f"{path}: no such file of exceptions{why}") from None
        files.append((path, f"sha256:{sha256(data).hexdigest()}"))
        for each in read(data, path):
            if each.id in found:
                raise InputError(
                    f"{each.where}: {each.id} is also the id of {found[each.id].where}",
                    "give each exception an id of its own",
                )
            found[each.id] = each
    exceptions = tuple(found[id_] for id_ in sorted(found))
    return HouseExceptions(exceptions=exceptions, files=tuple(files))


def write(entries: Iterable[Entry]) -> str:
    """Return a file of exceptions in YAML; keys in the order of the schema."""
    import msgspec
    import yaml

    listed = [msgspec.to_builtins(entry) for entry in entries]
    body: str = yaml.safe_dump(
        {"exceptions": listed}, sort_keys=False, allow_unicode=True, width=100
    )
    return HEAD + body


def entry_text(entry: Entry, indent: int) -> str:
    """Return one exception as an item of the list, to be put at the end of a file."""
    import msgspec
    import yaml

    text: str = yaml.safe_dump(
        [msgspec.to_builtins(entry)], sort_keys=False, allow_unicode=True, width=100
    )
    return "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())


def _faults(root: Place) -> Iterator[Fault]:
    found = False
    for each in faults_of(root, ExceptionsDocument, "", "a mapping with `exceptions`"):
        found = True
        yield each
    if found:
        return
    ids: set[str] = set()
    for number, place in enumerate(root.value["exceptions"].value):
        entry: Entry = read_shape(place, Entry)
        where = f"exceptions[{number}]"
        yield from _entry_faults(entry, place, where)
        made = _made(entry, where).id
        if made in ids:
            yield fault(place, f"{where}: {made} is the id of another one, too")
        ids.add(made)


def _entry_faults(entry: Entry, place: Place, where: str) -> Iterator[Fault]:
    """Yield what the types cannot tell: days in the wrong order, events that nothing can tell."""
    if UNSET not in {entry.accepted, entry.until} and str(entry.until) < str(entry.accepted):
        yield fault(place.value["until"], f"{where}.until is before it was accepted")
    if not entry.vulnerability:
        yield fault(place.value["vulnerability"], f"{where}.vulnerability names none")
    if entry.ends_when is UNSET:
        return
    at = entry.at_acceptance
    for event, fact in NEEDED.items():
        known = at is not UNSET and getattr(at, fact) not in {UNSET, ""}
        if getattr(entry.ends_when, event) and not known:
            what = f"{where}.ends_when.{event} can be told only with at_acceptance.{fact}"
            yield fault(place.value["ends_when"], what)


def _made(entry: Entry, where: str) -> HouseException:
    events = Events() if entry.ends_when is UNSET else entry.ends_when
    at = AtAcceptance() if entry.at_acceptance is UNSET else entry.at_acceptance
    vulnerabilities = _several(entry.vulnerability)
    packages = _several(entry.package)
    return HouseException(
        id=_or(entry.id, " in ".join(filter(None, (vulnerabilities[:1] + packages[:1])))),
        where=where,
        vulnerabilities=vulnerabilities,
        owner=entry.owner,
        approver=_or(entry.approver, ""),
        ticket=_or(entry.ticket, ""),
        reason=entry.reason,
        packages=packages,
        versions=_several(entry.version),
        types=_several(entry.type),
        paths=_several(entry.path),
        images=_several(entry.image),
        answer=entry.answer,
        accepted=_or(entry.accepted, ""),
        until=_or(entry.until, ""),
        events=tuple(each for each in EVENTS if getattr(events, each)),
        epss_over=_or(events.epss_over, None),
        at=Acceptance(score=_or(at.score, None), fix=at.fix, kev=at.kev, base=at.base),
    )


def _several(value: Any) -> tuple[str, ...]:
    if value is UNSET:
        return ()
    return (value,) if isinstance(value, str) else value


def _or(value: Any, other: Any) -> Any:
    return other if value is UNSET else value
