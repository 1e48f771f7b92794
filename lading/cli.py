"""The command line as typer shows it: help, completion, and one line for wrong usage.

Every command's signature is made from its `Options`, so that there is one place to change.
"""

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import click
import msgspec
import typer

from lading.commands import COMMANDS, GROUPS, SHORT, Command, command_of, load
from lading.configuration import stated

HELP = """The bill of lading of container images.

Says what is inside an image, what is known against it, and whether it may go on.
"""
WRONG_USAGE = 2
COMPLETING = "_LADING_COMPLETE"
"""Set by the shell while it asks for completions."""


def run_typer(argv: Sequence[str]) -> int:
    """Parse `argv` with typer and run it; usage errors become one line on stderr, exit 2."""
    called = command_of(argv)
    try:
        result = typer.main.get_command(_app(argv)).main(
            args=list(argv),
            prog_name="lading",
            standalone_mode=False,
            default_map=_defaults(called[0]) if called else None,
        )
    except click.exceptions.NoArgsIsHelpError as asked:
        sys.stdout.write(asked.format_message() + "\n")
        return 0
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "lading"
        message = " ".join(error.format_message().split())
        if not message:
            return 0
        if message.startswith("No such command"):
            message = _in_group(argv) or message
        # What the option takes is in its help: one who wrote `--fail-on high` reads it here.
        if isinstance(error, click.BadParameter) and (takes := getattr(error.param, "help", "")):
            message = f"{message.rstrip('.')}: {takes}"
        sys.stderr.write(f"lading: {message.rstrip('.')} (see `{where} --help`)\n")
        return WRONG_USAGE
    except (click.exceptions.Exit, SystemExit) as stop:
        return int(getattr(stop, "exit_code", getattr(stop, "code", 0)) or 0)
    return result if isinstance(result, int) else 0


def _in_group(argv: Sequence[str]) -> str:
    """Say in which groups there is a command that was asked for without its group."""
    word = next((word for word in argv if not word.startswith("-")), "")
    found = [f"`lading {name}`" for name in COMMANDS if name.endswith(f" {word}")]
    return f"No such command '{word}'. Did you mean {' or '.join(found)}?" if found else ""


def _app(argv: Sequence[str]) -> typer.Typer:
    """Make the program as far as `argv` needs it: importing every command takes its time."""
    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    groups = {
        name: typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
        for name, text in GROUPS.items()
    }
    added = set()
    shown, called = _shown(argv)
    for name in COMMANDS:
        group, _, word = name.rpartition(" ")
        if group and group not in added:
            app.add_typer(groups[group], name=group, short_help=GROUPS[group])
            added.add(group)
        if name in shown:
            command = load(name)
            run = _function(command) if name in called else _named
            parent = groups[group] if group else app
            text = command.__doc__ or ""
            parent.command(word, help=text, short_help=text.partition("\n\n")[0])(run)
    return app


def _shown(argv: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the commands that a call can show or name, and those whose options it can."""
    if COMPLETING in os.environ:
        return frozenset(COMMANDS), frozenset(COMMANDS)
    called = command_of(argv)
    if called:
        return frozenset({called[0]}), frozenset({called[0]})
    group = argv[0] if argv and argv[0] in GROUPS else ""
    return frozenset(name for name in COMMANDS if name.rpartition(" ")[0] == group), frozenset()


def _named() -> None:
    """Stands for a command in a list of commands."""


def _defaults(name: str) -> dict[str, Any]:
    """Return what file and environment say of a command's options, as click takes it."""
    group, _, word = name.rpartition(" ")
    own = {word: stated(name, load(name))}
    return {group: own} if group else own


def _function(command: Command) -> Callable[..., int]:
    """Make the function typer wants: one parameter for each field of the command's Options."""
    hints = get_type_hints(command.Options, include_extras=True)
    kinds = get_type_hints(command.Options)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=_annotation(
                field.name,
                kinds[field.name],
                _description(hints[field.name]),
                is_argument=field.name in command.ARGUMENTS,
            ),
        )
        for field in msgspec.structs.fields(command.Options)
    ]

    def call(**values: Any) -> int:
        kept = {key: value for key, value in values.items() if value is not None}
        try:
            options = msgspec.convert(kept, command.Options, strict=False)
        except msgspec.ValidationError as error:
            place = str(error).rpartition("$.")[2].strip("`").replace("_", "-")
            what = str(error).partition(" - ")[0]
            raise click.UsageError(f"--{place}: {what}", click.get_current_context()) from error
        return int(command.run(options))

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is msgspec.NODEFAULT:
        return inspect.Parameter.empty
    return list(field.default) if isinstance(field.default, tuple) else field.default


def _description(hint: Any) -> str:
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((m.description for m in metas if isinstance(m, msgspec.Meta)), "") or ""


def _annotation(name: str, kind: Any, description: str, *, is_argument: bool) -> Any:
    if get_origin(kind) is tuple:
        # typer takes no list of choices; which there are is in the struct, and checked by it.
        each = get_args(kind)[0]
        kind = list[str if get_origin(each) is Literal else each]  # type: ignore[misc]
    if is_argument:
        return Annotated[kind, typer.Argument(help=description)]
    flags = [f"--{name.replace('_', '-')}", *(s for s, long in SHORT.items() if long == name)]
    return Annotated[kind, typer.Option(*flags, help=description)]
