"""`lading rematch`: what it prints, and who else is told."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder

from lading.delivering import Take, deliver, file_receiver, webhook_receiver
from lading.output import Wanted, write_all
from match.changes.told import Named, Told, changed
from match.changes.transitions import KINDS
from match.stock.events import Event, advance, after, place_of, unwritten
from sbom.errors import FetchError, InputError, LadingError
from sbom.store import open_store
from sbom.text import plain

SCHEMA: Literal["lading-rematch/1"] = "lading-rematch/1"
PRINT = "print"
"""The receiver that is standard output, or the file of `-o`."""
IMAGES_SHOWN, CAUSES_SHOWN = 5, 3
EVERY = 1 << 62
KEPT = "what was not delivered is kept for the next `lading rematch`"
NO_STOCK = "No image is stored, so nothing was matched (`lading scan` keeps them)."
ENCODE = Encoder(order="sorted").encode


class Shown(Struct, frozen=True, kw_only=True):
    """What one run shows. before: None where it began, and had nothing to compare.

    lost: where it began anew, as the set was replaced: the digest of the state that the stock was
        matched with last.
    """

    schema: Literal["lading-rematch/1"]
    before: Named | None
    after: Named
    lost: str = ""
    events: tuple[Event, ...]


def rematch(
    url: str, set_url: str, at: str, outputs: Sequence[Wanted], *, events: str, webhook: str
) -> None:
    """Match the stock again, print what is new, and bring it to a file and a webhook.

    Raises:
        InputError: where events could not be delivered; they are kept.
    """
    from lading.progress import progress
    from lading.reaching import reach
    from match.stock.rematch import rematch as match_again

    others = [file_receiver(events)] if events else []
    others += [webhook_receiver(webhook, reach())] if webhook else []
    names = [PRINT, *(name for name, _ in others)]
    with progress("matching again") as report:
        done = match_again(url, set_url, at, names, report)
    unseen = _unseen(url)
    told = tuple(event for _, event in unseen)
    shown = Shown(schema=SCHEMA, before=done.before, after=done.after, lost=done.lost, events=told)
    _write(shown, outputs, empty=done.empty)
    if unseen:
        with open_store(url, write=True) as database:
            advance(database, PRINT, unseen[-1][0])
    _deliver(url, others)


def show_since(url: str, set_url: str, which: str, at: str, outputs: Sequence[Wanted]) -> None:
    """Print what became of the stock since a state, and note nothing."""
    from match.stock.rematch import since

    before, now, found = since(url, set_url, which, at)
    with open_store(url, write=False) as database:
        told = unwritten(database, found, (before, now), at)
    _write(Shown(schema=SCHEMA, before=before, after=now, events=told), outputs)


def _deliver(url: str, receivers: Sequence[tuple[str, Take]]) -> None:
    """Bring each receiver what it has not had; where one fails, the others get theirs."""
    failed: list[LadingError] = []
    for name, take in receivers:
        try:
            deliver(url, name, take)
        except (InputError, FetchError) as error:
            failed.append(error)
    if failed:
        told = "; ".join(error.message for error in failed)
        hints = [*(error.hint for error in failed if error.hint), KEPT]
        raise InputError(told, "; ".join(hints))


def _unseen(url: str) -> list[tuple[int, Event]]:
    """Return the events that no run has printed yet, those of one that was killed among them."""
    with open_store(url, write=False) as database:
        return after(database, place_of(database, PRINT), EVERY)


def _write(shown: Shown, outputs: Sequence[Wanted], *, empty: bool = False) -> None:
    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return ENCODE(shown) + b"\n"
        if name == "jsonl":
            return b"".join(ENCODE(event) + b"\n" for event in shown.events)
        lines = [NO_STOCK] if empty and not shown.events else _lines(shown)
        return ("\n".join(map(plain, lines)) + "\n").encode(errors="replace")

    write_all(outputs, render)


def _lines(shown: Shown) -> Iterator[str]:
    """Yield what became of the stock, for people to read."""
    now = shown.after
    if shown.lost:
        yield f"The set was replaced: the stock's last state, {shown.lost[:19]}, is gone from it."
        yield "What became of the findings between the two is not told."
    if shown.before is None:
        yield f"The stock is now matched with set {now.digest[:19]} (learned by {now.learned})."
        yield "What changes from here on is told by the next `lading rematch`."
    if shown.events:
        yield from _of_all(shown.events, now)
    elif shown.before:
        yield f"Nothing changed; set {now.digest[:19]} (learned by {now.learned})."


def _of_all(events: Sequence[Event], now: Named) -> Iterator[str]:
    was = events[0].before
    if was != now:
        yield f"From set {was.digest[:19]} (learned by {was.learned})"
        yield f"  to set {now.digest[:19]} (learned by {now.learned})"
    kinds = [event.transition.kind for event in events if event.transition]
    count = len({image.digest for event in events for image in event.images})
    images = "1 image" if count == 1 else f"{count} images"
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in KINDS)
    due = len(events) - len(kinds)
    yield f"Findings: {counts}{f'; {due} due' if due else ''}, in {images}."
    for event in events:
        yield ""
        if event.transition:
            yield from _of_transition(event.transition)
        if event.due:
            yield f"{event.due.kind:<8}{event.due.because}"
        names = [image.name or image.digest[:19] for image in event.images]
        more = f" and {len(names) - IMAGES_SHOWN} more" if len(names) > IMAGES_SHOWN else ""
        yield f"  in {', '.join(names[:IMAGES_SHOWN])}{more}"


def _of_transition(each: Told) -> Iterator[str]:
    score = "" if each.score is None else f"  {each.score:.1f}"
    fixed = f"  fixed in {', '.join(each.fixed)}" if each.fixed and each.kind != "gone" else ""
    yield f"{each.kind:<8}{each.id}  {each.purl}{score}{fixed}"
    yield from changed(each, CAUSES_SHOWN)
