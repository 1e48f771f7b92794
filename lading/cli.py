"""The command line as typer shows it: help, completion, and one line for wrong usage.

Every command's signature is made from its `Options`, so that there is one place to change.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import click
import msgspec
import typer

from lading.commands import COMMANDS, GROUPS, SHORT, Command, load

HELP = """The bill of lading of container images.

Says what is inside an image, what is known against it, and whether it may go on.
"""
WRONG_USAGE = 2


def run_typer(argv: Sequence[str]) -> int:
    """Parse `argv` with typer and run it; usage errors become one line on stderr, exit 2."""
    app = _app()
    try:
        result = typer.main.get_command(app).main(
            args=list(argv), prog_name="lading", standalone_mode=False
        )
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "lading"
        message = " ".join(error.format_message().split())
        if not message:
            return 0
        sys.stderr.write(f"lading: {message.rstrip('.')} (see `{where} --help`)\n")
        return WRONG_USAGE
    except (click.exceptions.Exit, SystemExit) as stop:
        return int(getattr(stop, "exit_code", getattr(stop, "code", 0)) or 0)
    return result if isinstance(result, int) else 0


def _app() -> typer.Typer:
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
    for name in COMMANDS:
        group, _, word = name.rpartition(" ")
        if group and group not in added:
            app.add_typer(groups[group], name=group)
            added.add(group)
        (groups[group] if group else app).command(word, help=load(name).__doc__)(
            _function(load(name))
        )
    return app


def _function(command: Command) -> Callable[..., int]:
    """Make the function typer wants: one parameter for each field of the command's Options."""
    hints = get_type_hints(command.Options, include_extras=True)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=_annotation(field.name, hints[field.name], command.ARGUMENTS),
        )
        for field in msgspec.structs.fields(command.Options)
    ]

    def call(**values: Any) -> int:
        kept = {key: value for key, value in values.items() if value is not None}
        return int(command.run(msgspec.convert(kept, command.Options, strict=False)))

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is msgspec.NODEFAULT:
        return inspect.Parameter.empty
    return list(field.default) if isinstance(field.default, tuple) else field.default


def _annotation(name: str, hint: Any, arguments: tuple[str, ...]) -> Any:
    kind, description = hint, ""
    if get_origin(hint) is Annotated:
        kind, *metas = get_args(hint)
        description = next((m.description for m in metas if isinstance(m, msgspec.Meta)), "") or ""
    if get_origin(kind) is tuple:
        kind = list[get_args(kind)[0]]  # type: ignore[misc]
    if name in arguments:
        return Annotated[kind, typer.Argument(help=description)]
    flags = [f"--{name.replace('_', '-')}", *(s for s, long in SHORT.items() if long == name)]
    return Annotated[kind, typer.Option(*flags, help=description, show_default=bool)]
