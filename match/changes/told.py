"""What is told of a transition: the finding, what of it changed, and the records that did it."""

from collections.abc import Iterator

from msgspec import Struct

from match.changes.fields import line
from match.changes.transitions import ById, Cause, Changed, Kind, Transition, causes
from match.set.states import State


class Named(Struct, frozen=True, kw_only=True):
    """A state of the set: its digest, when it was learned, and the date of its newest record."""

    digest: str
    learned: str
    as_of: str


class Told(Struct, frozen=True, kw_only=True):
    """One transition, with the finding as it is now or as it was last."""

    kind: Kind
    purl: str
    id: str
    aliases: tuple[str, ...]
    advisory: str
    feed: str
    outcome: str
    score: float | None
    fixed: tuple[str, ...]
    because: str
    fields: tuple[Changed, ...]
    causes: tuple[Cause, ...]


def named(state: State) -> Named:
    """Return what is told of a state."""
    return Named(digest=state.digest, learned=state.dated, as_of=state.as_of)


def told(transition: Transition, differing: ById, packages: frozenset[str]) -> Told:
    """Return a transition with the records among `differing` that made it."""
    finding = transition.finding
    return Told(
        kind=transition.kind,
        purl=finding.component.purl or finding.component.ref,
        id=finding.vulnerability.id,
        aliases=finding.vulnerability.aliases,
        advisory=finding.advisory,
        feed=finding.feed,
        outcome=finding.outcome,
        score=finding.severity.score if finding.severity else None,
        fixed=finding.fixed,
        because=finding.because,
        fields=transition.fields,
        causes=causes(transition, differing, packages),
    )


def changed(each: Told, most: int) -> Iterator[str]:
    """Yield a line for each field of a finding that changed, and for `most` of its causes."""
    for field in each.fields:
        yield f"  {line(field.field, field.before, field.after)}"
    for cause in each.causes[:most]:
        text = line(cause.path, cause.before, cause.after)
        yield f"  by {cause.advisory} ({cause.feed}): {text}"
    if len(each.causes) > most:
        yield f"  and {len(each.causes) - most} more changes of records"
