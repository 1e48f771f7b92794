"""What is set without a flag: `lading.yaml`, then `LADING_…` in the environment, then the flag.

The file is `lading.yaml` here, else in the user's configuration folder; LADING_CONFIG names
another, and empty none. A name in it that no command knows is refused: a mistyped policy must not
become no policy. Paths in it are taken from where the command runs.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, get_origin, get_type_hints

import msgspec

from lading.commands import COMMANDS, Command, load
from sbom.errors import InputError

FILE = "lading.yaml"
PREFIX = "LADING_"
LARGEST_FILE = 1 << 20

Stated = dict[str, Any]
"""Values by the name of the option."""


def stated(name: str, command: Command) -> Stated:
    """Return what file and environment say of the options of the command `name`.

    Raises:
        InputError: where the file is no configuration.
    """
    return {**_in_file(name, command), **_in_environment(command)}


def _in_environment(command: Command) -> Stated:
    if not any(name.startswith(PREFIX) for name in os.environ):
        return {}
    found: Stated = {}
    for option, kind in options_of(command).items():
        text = os.environ.get(PREFIX + option.upper(), "")
        if text:
            found[option] = text.split(",") if get_origin(kind) is tuple else text
    return _of_their_types(found, command, lambda option: PREFIX + option.upper())


def _in_file(name: str, command: Command) -> Stated:
    path = _path()
    if not path:
        return {}
    document = _read(path)
    own = document.pop(name, {})
    if not isinstance(own, dict):
        raise InputError(f"{path}: {name}: not a mapping of options", "see docs/configuration.md")
    known = options_of(command)
    for option in own:
        if _field(option) not in known:
            told = f"{path}: {name}: there is no option {option!r}"
            raise InputError(told, f"`lading {name} --help` lists them")
    general = {option: value for option, value in document.items() if option not in COMMANDS}
    _check_general(general, known, path)
    merged = {_field(option): value for option, value in {**general, **own}.items()}
    mine = {option: value for option, value in merged.items() if option in known}
    return _of_their_types(mine, command, lambda option: f"{path}: {option.replace('_', '-')}")


def _of_their_types(found: Stated, command: Command, where: Callable[[str], str]) -> Stated:
    """Return the values as their options have them; `where` names the place of one."""
    if not found:
        return found
    kinds = get_type_hints(command.Options, include_extras=True)
    right: Stated = {}
    for option, value in found.items():
        try:
            right[option] = msgspec.convert(value, kinds[option], strict=False)
        except msgspec.ValidationError as error:
            told = f"{where(option)}: {value!r}: {error}"
            raise InputError(told, "see docs/configuration.md") from error
    return right


def _check_general(general: Mapping[str, Any], known: Mapping[str, Any], path: str) -> None:
    """Refuse an option that no command has."""
    rest = {option for option in general if _field(option) not in known}
    if not rest:
        return
    rest -= {
        option for name in COMMANDS for option in rest if _field(option) in options_of(load(name))
    }
    if rest:
        told = f"{path}: no command has the option {min(rest)!r}"
        raise InputError(told, "see docs/configuration.md")


def options_of(command: Command) -> dict[str, Any]:
    """Return the options of a command, without its arguments, and their types."""
    kinds = get_type_hints(command.Options)
    return {name: kind for name, kind in kinds.items() if name not in command.ARGUMENTS}


def _field(option: str) -> str:
    return option.replace("-", "_")


def _path() -> str:
    named = os.environ.get("LADING_CONFIG")
    if named is not None:
        return named
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    for path in (FILE, os.path.join(base, "lading", FILE)):
        if os.path.isfile(path):
            return path
    return ""


def _read(path: str) -> dict[str, Any]:
    """Return the document, each value a text, a list of texts, or a mapping of them."""
    import yaml

    with open(path, "rb") as stream:
        data = stream.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise InputError(f"{path}: larger than any configuration", "name another file")
    try:
        # The base loader makes texts, lists and mappings only; the options' types say the rest.
        document = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        told = " ".join(str(error).split())
        raise InputError(f"{path}: no YAML: {told}", "see docs/configuration.md") from error
    if document in (None, ""):
        return {}
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise InputError(f"{path}: not a mapping of options", "see docs/configuration.md")
    document.pop("$schema", None)
    return document
