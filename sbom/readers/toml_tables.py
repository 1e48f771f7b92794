"""Not a reader: the tables of lock files that a tool wrote in TOML, line by line.

Such files hold `[[NAME]]` tables whose wanted values are texts, or inline tables, of one line.
Reading just those takes a tenth of a TOML parser's time; a damaged part costs no more than itself.
"""

import re
from collections.abc import Iterator

HEAD = re.compile(r"\[(\[?)([^\[\]\n]+)\]\]?[ \t]*")
VALUE = re.compile(r"([A-Za-z0-9_-]+)[ \t]*=[ \t]*(?:\"([^\"\\\n]*)\"|'([^'\n]*)'|(\{[^\n]*))")


def tables(data: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (name, texts) of each table in an array, `[[package]]`, in the order of the file.

    What a table below it holds, `[package.source]`, stands under a key such as `source.type`.
    """
    name, below, texts = "", "", dict[str, str]()
    for line in data.decode("utf-8-sig", "replace").splitlines():
        head = HEAD.fullmatch(line)
        if head and not head[1] and name and head[2].startswith(name + "."):
            below = head[2][len(name) + 1 :] + "."
        elif head:
            if name:
                yield name, texts
            name, below, texts = (head[2] if head[1] else ""), "", {}
        elif name and (value := VALUE.match(line)):
            texts.setdefault(below + value[1], value[2] or value[3] or value[4] or "")
    if name:
        yield name, texts
