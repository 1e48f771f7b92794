"""Parses a well-formed call without typer: `--name value`, `--name=value`, flags, arguments.

Anything else (help, unknown options, wrong types, abbreviations) gives None, and typer answers.
A test holds that typer reads every call accepted here in the same way.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_origin, get_type_hints

import msgspec

from lading.commands import SHORT, Command

NOTHING: Mapping[str, Any] = {}


def parse(argv: Sequence[str], command: Command, stated: Mapping[str, Any] = NOTHING) -> Any | None:
    """Return `command.Options` filled from `argv`, or None where typer has to answer.

    stated: values of options that no flag names.
    """
    kinds = get_type_hints(command.Options)
    values: dict[str, Any] = {}
    arguments: list[Any] = []
    words = iter(argv)
    for word in words:
        if not word.startswith("-") or word == "-":
            arguments.append(word)
        elif not _take_option(word, words, kinds, command.ARGUMENTS, values):
            return None
    names = command.ARGUMENTS
    if names and get_origin(kinds[names[-1]]) is tuple and len(arguments) >= len(names):
        arguments[len(names) - 1 :] = [arguments[len(names) - 1 :]]
    if len(arguments) > len(names):
        return None
    values.update(zip(names, arguments, strict=False))
    try:
        return msgspec.convert({**stated, **values}, command.Options, strict=False)
    except msgspec.ValidationError:
        return None


def _take_option(
    word: str,
    words: Iterator[str],
    kinds: dict[str, Any],
    arguments: tuple[str, ...],
    values: dict[str, Any],
) -> bool:
    """Put the option `word`, and the value that may follow it, into `values`."""
    flag, has_value, value = word.partition("=")
    name = SHORT.get(word) or (flag[2:].replace("-", "_") if flag.startswith("--") else "")
    if name not in kinds or name in arguments:
        return False
    if kinds[name] is bool:
        values[name] = True
        return not has_value
    if not has_value:
        value = next(words, "")
        if not value or value.startswith("-"):
            return False
    if get_origin(kinds[name]) is tuple:
        values.setdefault(name, []).append(value)
    else:
        values[name] = value
    return True
