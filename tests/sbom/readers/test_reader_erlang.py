"""OTP applications, the release of Erlang/OTP, and the lock files of Mix and Rebar."""

import pytest
from reader_files import both, found

LIB = "app/lib"


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        (
            '%% made\n{application, cowboy, [\n\t{description, "x"},\n\t{vsn, "2.10.0"},\n',
            "cowboy",
            "2.10.0",
        ),
        ("{application,'my_app',[{vsn,\"0.1.0\"},{modules,[]}]}.", "my_app", "0.1.0"),
        ('{application,jason,[{optional_applications,[]},{vsn,"1.4.1"}]}.', "jason", "1.4.1"),
    ],
)
def test_an_application_says_its_name_and_version(text, name, version):
    [each] = found("erlang", text.encode(), f"{LIB}/{name}-{version}/ebin/{name}.app")
    assert (each.type, each.name, each.version) == ("otp", name, version)


def test_the_release_of_otp():
    [each] = found("erlang", b"26.2.1**\n", "usr/local/lib/erlang/releases/26/OTP_VERSION")
    assert (each.type, each.name, each.version) == ("generic", "erlang", "26.2.1")
    assert each.cpes == ("cpe:2.3:a:erlang:erlang\\/otp:26.2.1:*:*:*:*:*:*:*",)


def test_the_names_of_lock_files_are_packages_of_hex():
    mix = (
        b'%{\n  "jason": {:hex, :jason, "1.4.1", "af1504e", [:mix], [{:decimal, "~> 1.0", '
        b'[hex: :decimal]}], "hexpm", "fbb01e"},\n'
        b'  "mine": {:git, "https://example.org/mine.git", "abc", []},\n}\n'
    )
    rebar = (
        b'{"1.2.0",\n[{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.10.0">>},0},\n'
        b' {<<"mine">>,{git,"https://example.org/mine.git",{ref,"abc"}},0}]}.\n'
    )
    for data, path, expected in (
        (mix, "app/mix.lock", ("jason", "1.4.1")),
        (rebar, "app/rebar.lock", ("cowboy", "2.10.0")),
    ):
        [each] = found("erlang", data, path)
        assert (each.type, each.name, each.version, each.scope) == ("hex", *expected, "optional")
        assert found("erlang", data, path.replace("app/", "app/deps/x/")) == []


@pytest.mark.parametrize("data", [b"", b"{application, a, []}.", b'[{vsn, "1"}]', b"\xff"])
def test_a_file_that_does_not_say_both_is_a_problem(data):
    path = f"{LIB}/a-1/ebin/a.app"
    packages, [problem] = both("erlang", data, path)
    assert (packages, problem.where) == ([], path)
    assert both("erlang", data, "x/releases/26/OTP_VERSION")[1]
