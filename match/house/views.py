"""House advisories for people and programs: a row of a list, a step of a history, a text."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, json, to_builtins

from match.house.document import record
from match.house.entry import Entry, state_of
from match.house.lifecycle import changed
from sbom.text import plain


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """How an advisory stands. public: `no`, `yes`, or `changed since` it was last published."""

    id: str
    state: str
    public: str
    aliases: tuple[str, ...]
    embargo: str
    first_seen: str
    published: str
    changed: str
    summary: str
    disputed: str
    reason: str
    split_into: tuple[str, ...]
    split_of: str


class Step(Struct, frozen=True, kw_only=True, gc=False):
    """One change of an advisory."""

    version: int
    at: str
    who: str
    action: str
    why: str


def row_of(entry: Entry) -> Row:
    """Return how an advisory stands."""
    return Row(
        id=entry.id,
        state=state_of(entry),
        public="no" if not entry.public else "changed since" if changed(entry) else "yes",
        aliases=entry.aliases,
        embargo=entry.embargo,
        first_seen=entry.reserved,
        published=entry.published,
        changed=entry.at,
        summary=record(entry).get("summary", ""),
        disputed=entry.disputed,
        reason=entry.reason,
        split_into=entry.split_into,
        split_of=entry.split_of,
    )


def step_of(entry: Entry) -> Step:
    """Return the change that made a version."""
    return Step(
        version=entry.version, at=entry.at, who=entry.who, action=entry.action, why=entry.why
    )


def as_json(document: dict[str, Any]) -> bytes:
    """Return a document as JSON, keys sorted, with a line end."""
    return json.format(json.encode(to_builtins(document), order="sorted"), indent=2) + b"\n"


def in_words(history: Sequence[Entry]) -> str:
    """Return an advisory and all its changes as text for a terminal."""
    entry = history[-1]
    row, parts = row_of(entry), record(entry)
    lines = [f"{row.id}: {row.state}" + (f", {row.summary}" if row.summary else "")]
    facts = (
        ("also known as", ", ".join(row.aliases)),
        ("split into", ", ".join(row.split_into)),
        ("split of", row.split_of),
        ("disputed", row.disputed),
        ("withdrawn", row.reason),
        ("embargo until", row.embargo),
        ("public", f"{row.public}{f', first on {row.published[:10]}' if row.published else ''}"),
        *(("severity", each["score"]) for each in parts.get("severity", ())),
        *(("affected", _affected(block)) for block in parts.get("affected", ())),
        *((each["type"].lower(), each["url"]) for each in parts.get("references", ())),
        *(("credit", each["name"]) for each in parts.get("credits", ())),
    )
    lines += [f"  {name + ':':<15} {value}" for name, value in facts if value]
    if parts.get("details"):
        lines += ["", *(f"  {line}" for line in parts["details"].splitlines())]
    lines += ["", "  history:"]
    for step in map(step_of, history):
        why = f": {step.why}" if step.why else ""
        lines.append(f"  {step.version:>4}  {step.at}  {step.action} by {step.who}{why}")
    return "\n".join(map(plain, lines)) + "\n"


def _affected(block: dict[str, Any]) -> str:
    """Return a block in one line: the package, its ranges, its versions."""
    named = block.get("package") or {}
    said = [f"{named.get('ecosystem', '')}/{named.get('name', '')}"]
    for span in block.get("ranges") or ():
        said += [f"{kind} {version}" for event in span["events"] for kind, version in event.items()]
    if block.get("versions"):
        said.append("versions " + " ".join(block["versions"]))
    return ", ".join(said)
