"""Text for people, whatever a hostile name brought along."""


def plain(text: str) -> str:
    """Return one line in which nothing controls a terminal, or the reading of a report."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
