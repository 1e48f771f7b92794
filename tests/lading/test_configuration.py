"""`lading.yaml`, then the environment, then the flag; what no command knows is refused."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading import quick
from lading.commands import load
from lading.configuration import stated
from lading.main import main
from sbom.errors import InputError


@pytest.fixture(autouse=True)
def nothing_stated(monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith("LADING_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def options(*words, name="scan"):
    command = load(name)
    return quick.parse(words, command, stated(name, command))


def test_nothing_stated_is_the_defaults():
    assert options("image").policy == ""


def test_file_environment_and_flag_in_rising_order(tmp_path, monkeypatch):
    (tmp_path / "lading.yaml").write_text("policy: strict\nstage: registry\nfail-on: 9\n")
    assert (options("image").policy, options("image").fail_on) == ("strict", 9.0)
    monkeypatch.setenv("LADING_POLICY", "audit-only")
    assert options("image").policy == "audit-only"
    assert options("image").stage == "registry"
    assert options("image", "--policy", "default").policy == "default"


def test_a_command_has_its_own_values_before_the_general_ones(tmp_path):
    (tmp_path / "lading.yaml").write_text(
        "db: a.db\noutput: [json]\nscan:\n  output: [table, sarif=x.sarif]\nfeeds status:\n  db: b.db\n"
    )
    assert options("image").output == ("table", "sarif=x.sarif")
    assert options("image", name="match").output == ("json",)
    assert options(name="feeds status").db == "b.db"
    assert options("image", "-o", "csv").output == ("csv",)


def test_the_users_own_folder_and_a_named_file(tmp_path, monkeypatch):
    (tmp_path / "home" / "lading").mkdir(parents=True)
    (tmp_path / "home" / "lading" / "lading.yaml").write_text("policy: strict\n")
    assert options("image").policy == "strict"
    (tmp_path / "other.yaml").write_text("policy: sp800-190\n")
    monkeypatch.setenv("LADING_CONFIG", "other.yaml")
    assert options("image").policy == "sp800-190"
    monkeypatch.setenv("LADING_CONFIG", "")
    assert options("image").policy == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("polcy: strict\n", "no command has the option 'polcy'"),
        ("scan: {polcy: strict}\n", "there is no option 'polcy'"),
        ("fail-on: high\n", "fail-on: 'high'"),
        ("fail-on: 11\n", "fail-on: '11'"),
        ("stage: nowhere\n", "stage: 'nowhere'"),
        ("- policy\n", "not a mapping"),
        ("scan: strict\n", "not a mapping"),
        ("a: [\n", "no YAML"),
    ],
)
def test_what_is_no_configuration_is_refused_in_one_line(tmp_path, text, told, capsys):
    (tmp_path / "lading.yaml").write_text(text)
    with pytest.raises(InputError, match=told):
        options("image")
    for words in (
        ["scan", "image"],
        ["scan", "image", "--no-such-option"],
        ["scan", "image", "-h"],
    ):
        assert main(words) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_wrong_value_in_the_environment_names_its_variable(monkeypatch):
    monkeypatch.setenv("LADING_FAIL_ON", "high")
    with pytest.raises(InputError, match="LADING_FAIL_ON: 'high'"):
        options("image")


def test_options_of_other_commands_are_no_fault(tmp_path):
    (tmp_path / "lading.yaml").write_text("policy: strict\n")
    assert options(name="feeds status") is not None


def test_typer_reads_the_same(tmp_path, monkeypatch, capsys):
    """An abbreviated flag sends the call to typer: the configuration reaches it there too."""
    (tmp_path / "lading.yaml").write_text("vex list:\n  x: y\n")
    assert main(["version"]) == 2
    (tmp_path / "lading.yaml").write_text("kind: vex\n")
    (tmp_path / "a.json").write_text("{}")
    capsys.readouterr()
    quickly = main(["validate", "a.json"]), capsys.readouterr()
    by_typer = main(["validate", "a.json", "--"]), capsys.readouterr()
    assert quickly == by_typer


@given(st.binary(max_size=60))
def test_no_bytes_break_it(data):
    with open("lading.yaml", "wb") as stream:
        stream.write(data)
    assert main(["version"]) in {0, 2}
