"""Exceptions written: a new one with how things are in a run, and those of another tool's rules."""

from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import replace

from gate.exceptions.document import AtAcceptance, Entry, Events
from gate.exceptions.files import HEAD, entry_text, read
from gate.exceptions.holding import speaks_of
from gate.ignores import Ignored
from gate.model import Run
from gate.policy.model import HouseException
from gate.rules.reliefs import has_fix
from gate.score import score_of
from sbom.errors import InputError

INDENTS = (2, 0)


def with_facts(entry: Entry, run: Run) -> Entry:
    """Return the exception with how things were in a run: score, fix, exploitation, base.

    Raises:
        InputError: where the run has no finding that it speaks of.
    """
    wanted = _as_read(entry)
    found = [each.finding for each in run.judged if speaks_of(wanted, each.finding)]
    if not found:
        raise InputError(
            f"{', '.join(wanted.vulnerabilities)}: the run has no such finding",
            "name it by any of its ids; `lading match` lists them",
        )
    scores = [score for each in found if (score := score_of(each)[0]) is not None]
    base = next((value for name, value in run.sbom.facts if name == "base-digest"), "")
    facts = AtAcceptance(
        score=max(scores) if scores else UNSET,
        fix=any(has_fix(each) for each in found),
        kev=any(each.vulnerability.kev for each in found),
        base=base,
    )
    return replace(entry, at_acceptance=facts)


def added(data: bytes, entry: Entry, name: str) -> bytes:
    """Return a file with one more exception at its end; comments and order stay as they are.

    data: the file as it is, empty for a new one.

    Raises:
        InputError: where either is no valid one, or the file does not end with its list.
    """
    if not data.strip():
        data = f"{HEAD}exceptions:\n".encode()
        before = 0
    else:
        before = len(read(data, name))
    error: InputError | None = None
    for indent in INDENTS:
        text = data.rstrip() + b"\n" + entry_text(entry, indent).encode()
        try:
            if len(read(text, name)) == before + 1:
                return text
        except InputError as wrong:
            error = error or wrong
    raise error or InputError(
        f"{name}: cannot be added to as it is written", "put `exceptions` last, one to a line"
    )


def imported(rules: Iterable[Ignored], given: Entry) -> tuple[Entry, ...]:
    """Return rules of another tool as exceptions; what they leave open is as `given` has it."""
    found: dict[Entry, None] = {}
    for rule in rules:
        entry = replace(
            given,
            vulnerability=rule.vulnerability,
            reason=rule.reason or given.reason,
            package=_few(rule.packages),
            version=_few(rule.versions),
            type=_few(rule.types),
            path=_few(rule.paths),
            until=_earlier(rule.until, given.until),
            ends_when=Events(fix_published=True) if rule.fixed_ends else given.ends_when,
        )
        found[entry] = None
    return _named(found)


def _named(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return exceptions with an id each, where the one that is made of them would come twice."""
    seen: dict[str, int] = {}
    named = []
    for entry in entries:
        id_ = _as_read(entry).id
        seen[id_] = seen.get(id_, 0) + 1
        named.append(entry if seen[id_] == 1 else replace(entry, id=f"{id_} ({seen[id_]})"))
    return tuple(named)


def _as_read(entry: Entry) -> HouseException:
    """Return the exception as a file that holds it says it, facts and events left out."""
    bare = replace(entry, ends_when=UNSET, at_acceptance=UNSET)
    text = f"{HEAD}exceptions:\n{entry_text(bare, 2)}"
    return read(text.encode(), "the exception")[0]


def _earlier(rule: str, given: object) -> object:
    """Return the earlier of two last days."""
    if not rule:
        return given
    return min(rule, given) if isinstance(given, str) else rule


def _few(values: tuple[str, ...]) -> object:
    if not values:
        return UNSET
    return values[0] if len(values) == 1 else values
