"""The quick parser reads exactly what typer reads, or leaves the call to typer."""

import click
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from lading import cli, quick
from lading.commands import COMMANDS, command_of, load

WORDS = st.one_of(
    st.sampled_from(
        ["a.json", "-", "--", "--fail-on", "7.0", "--fail-on=7", "--fail-on", "x", "-o", "json"]
        + ["--output", "html=r.html", "--vex", "v.json", "--all", "--all=1", "--stage", "deploy"]
        + [
            "--stage=nowhere",
            "--help",
            "-h",
            "--unknown",
            "--db=",
            "--threads",
            "2",
            "--kind",
            "osv",
        ]
        + ["--fail", "-ojson", "--policy", "p.yaml", "--learned", "2026-01-01", "--urls"]
    ),
    st.text(alphabet="ab-=o.", max_size=5),
)


def by_typer(name, words):
    """Return the Options typer reads, or None where it refuses."""
    seen = []
    command = load(name)

    class Spy:
        Options = command.Options
        ARGUMENTS = command.ARGUMENTS

        @staticmethod
        def run(options):
            seen.append(options)
            return 0

    app = typer.Typer(rich_markup_mode=None)
    app.command()(cli._function(Spy))
    try:
        typer.main.get_command(app).main(args=list(words), standalone_mode=False)
    except click.ClickException:
        return None
    return seen[0] if seen else None


@given(st.sampled_from(sorted(COMMANDS)), st.lists(WORDS, max_size=5))
def test_what_quick_accepts_typer_reads_the_same_way(name, words):
    options = quick.parse(words, load(name))
    if options is not None:
        assert options == by_typer(name, words)


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["s.json", "--fail-on", "7.5"], "fail_on", 7.5),
        (["s.json", "--fail-on=7.5"], "fail_on", 7.5),
        (["s.json", "-o", "json", "-o", "html=x"], "output", ("json", "html=x")),
        (["--all", "s.json"], "all", True),
        (["s.json"], "subject", "s.json"),
    ],
)
def test_well_formed_calls_are_accepted(words, field, value):
    assert getattr(quick.parse(words, load("match")), field) == value


@pytest.mark.parametrize(
    "words",
    [[], ["a", "b"], ["a", "--fail-on"], ["a", "--fail-on", "11"], ["a", "--nope"], ["--help"]],
)
def test_the_rest_is_left_to_typer(words):
    assert quick.parse(words, load("match")) is None


def test_find_prefers_the_longer_name():
    assert command_of(["sbom", "show", "x"]) == ("sbom show", ["x"])
    assert command_of(["match", "x"]) == ("match", ["x"])
    assert command_of(["nothing"]) is None


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_a_help_text(name):
    command = load(name)
    parameters = typer.main.get_command(cli._app(name.split()))
    for word in name.split():
        parameters = parameters.commands[word]
    assert parameters.help
    for parameter in parameters.params:
        assert parameter.help, f"{name} {parameter.name}"
    assert command.run.__doc__
