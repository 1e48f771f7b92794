"""Parses a well-formed call without typer: `--name value`, `--name=value`, flags, arguments.

Anything else (help, unknown options, wrong types, abbreviations) gives None, and typer answers.
A test holds that typer reads every call accepted here in the same way.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, get_origin

import msgspec

from lading.commands import SHORT, Command

NOTHING: Mapping[str, Any] = {}


def parse(argv: Sequence[str], command: Command, stated: Mapping[str, Any] = NOTHING) -> Any | None:
    """Return `command.Options` filled from `argv`, or None where typer has to answer.

    stated: values of options that no flag names, each of its option's type.
    """
    kinds = kinds_of(command.Options)
    values: dict[str, Any] = {}
    arguments: list[Any] = []
    words = iter(argv)
    for word in words:
        if not word.startswith("-") or word == "-":
            arguments.append(word)
        elif not _take_option(word, words, kinds, command.ARGUMENTS, values):
            return None
    names = command.ARGUMENTS
    if names and _is_repeated(kinds[names[-1]]) and len(arguments) >= len(names):
        arguments[len(names) - 1 :] = [arguments[len(names) - 1 :]]
    if len(arguments) > len(names):
        return None
    values.update(zip(names, arguments, strict=False))
    try:
        # One by one: to convert the struct, msgspec first looks into the types of all its fields,
        # which takes 1 ms where a command has thirty options.
        given = {name: msgspec.convert(values[name], kinds[name], strict=False) for name in values}
        return command.Options(**{**stated, **given})
    except (msgspec.ValidationError, TypeError):  # Of a wrong type; an argument is missing.
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
    if _bare(kinds[name]) is bool:
        values[name] = True
        return not has_value
    if not has_value:
        value = next(words, "")
        if not value or value.startswith("-"):
            return False
    if _is_repeated(kinds[name]):
        values.setdefault(name, []).append(value)
    else:
        values[name] = value
    return True


def kinds_of(options: type[Any]) -> dict[str, Any]:
    """Return the type of each option as its struct, or one that it extends, annotates it."""
    found: dict[str, Any] = {}
    for each in reversed(options.__mro__):
        found.update(getattr(each, "__annotations__", NOTHING))
    return found


def _is_repeated(kind: Any) -> bool:
    return get_origin(_bare(kind)) is tuple


def _bare(kind: Any) -> Any:
    return kind.__origin__ if get_origin(kind) is Annotated else kind
