"""Text for people: harmless whatever a name brought along, and in the right number."""


def plain(text: str) -> str:
    """Return one line in which nothing controls a terminal, or the reading of a report."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def plural(number: int, noun: str) -> str:
    """Write `1 finding`, `1,204 findings`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
