"""Which reader wants which path: all patterns of all readers, compiled into one question.

A pattern is a path without a leading slash; `**/` is any number of folders, also none, `*` and `?`
stay within one name. Most paths are refused by three look-ups: by name, by ending, by folder.
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

Rule = tuple[int, str, re.Pattern[bytes] | None]
"""Rank of the reader, its name, and what the whole path must match (None: the look-up is all)."""

SPECIAL = re.compile(r"[*?\[]")


class Matcher(Struct, frozen=True):
    """Compiled patterns, by what their last part allows to look up."""

    by_name: dict[bytes, list[Rule]]
    by_ending: dict[bytes, list[Rule]]
    by_folder: dict[bytes, list[Rule]]
    others: list[Rule]
    patterns: tuple[tuple[str, str], ...]

    def wanted(self, path: bytes) -> tuple[str, ...]:
        """Return the readers that want a path, in their order."""
        slash = path.rfind(b"/")
        name = path[slash + 1 :]
        rules = self.by_name.get(name)
        ending = self.by_ending.get(name[name.rfind(b".") :])
        folder = self.by_folder.get(path[:slash]) if slash > 0 else None
        if rules is None and ending is None and folder is None and not self.others:
            return ()
        found = {
            (rank, reader)
            for group in (rules, ending, folder, self.others)
            for rank, reader, whole in group or ()
            if whole is None or whole.match(path)
        }
        return tuple(reader for _, reader in sorted(found))


class Beginnings(Struct, frozen=True):
    """Where patterns begin, for links to folders: `var/lib` begins `var/lib/dpkg/status`."""

    matcher: Matcher
    rests: dict[str, tuple[str, str]]

    def through(self, folder: bytes) -> list[tuple[str, str]]:
        """Return (reader, rest of the pattern) for the patterns that begin with a folder."""
        return [self.rests[key] for key in self.matcher.wanted(folder)]


def compiled(patterns: Mapping[str, Iterable[str]]) -> Matcher:
    """Compile reader → patterns; the mapping's order is the readers' order."""
    matcher = Matcher({}, {}, {}, [], tuple((r, p) for r, ps in patterns.items() for p in ps))
    ranks = {reader: rank for rank, reader in enumerate(patterns)}
    for reader, pattern in matcher.patterns:
        folder, _, name = pattern.rpartition("/")
        ending = name[name.rfind(".") :] if "." in name else ""
        rule: Rule = (ranks[reader], reader, _compiled(pattern))
        if not SPECIAL.search(name):
            if folder == "**":
                rule = (ranks[reader], reader, None)
            matcher.by_name.setdefault(name.encode(), []).append(rule)
        elif ending and not SPECIAL.search(ending):
            matcher.by_ending.setdefault(ending.encode(), []).append(rule)
        elif folder and not SPECIAL.search(folder):
            matcher.by_folder.setdefault(folder.encode(), []).append(rule)
        else:
            matcher.others.append(rule)
    return matcher


def beginnings(patterns: Iterable[tuple[str, str]]) -> Beginnings:
    """Compile the beginnings of (reader, pattern); `**` begins nothing that it does not match."""
    matched, rests = {}, {}
    for reader, pattern in patterns:
        parts = pattern.split("/")
        for cut in range(1, len(parts)):
            if parts[cut - 1] != "**":
                key = f"{reader} {pattern} {cut}"
                matched[key] = ("/".join(parts[:cut]),)
                rests[key] = (reader, "/".join(parts[cut:]))
    return Beginnings(compiled(matched), rests)


def expression(pattern: str) -> bytes:
    """Return the regular expression of a pattern, for bytes, without anchors."""
    out, at = [], 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out.append(b"(?:[^/\\0]+/)*")
            at += 3
        elif pattern[at] in "*?":
            out.append(b"[^/\\0]*" if pattern[at] == "*" else b"[^/\\0]")
            at += 1
        elif pattern[at] == "[" and (end := pattern.find("]", at + 2)) > 0:
            out.append(re.sub(r"^\[!", "[^/", pattern[at : end + 1]).encode())
            at = end + 1
        else:
            out.append(re.escape(pattern[at].encode()))
            at += 1
    return b"".join(out)


def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(expression(pattern) + rb"\Z", re.DOTALL)
