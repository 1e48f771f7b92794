"""Debian's advisory lists."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import debian
from match.model import Advisory, Affected, Interval
from sbom.model import Problem

LINES = [
    "[29 Mar 2023] DSA-9001-1 foo bar - several vulnerabilities",
    "\t{CVE-2023-0002 CVE-2023-0001 }",
    "\tNOTE: a note",
    "\t[bullseye] - foo 1:1.2-3+deb11u1",
    "\t[bullseye] - bar <not-affected> (not built)",
    "    \t[buster] - foo <end-of-life>",
    "[August 26th, 2005] DTSA-1-1 kismet - various",
    "\t[etch] - kismet <unfixed> (high)",
    "\t- kismet 2005.08.R1-1",
]
LIST = "\n".join(LINES) + "\n"


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return list(debian.read("list", io.BytesIO(data)))


def affected(name, release, **fields):
    return Affected(scheme="dpkg", name=name, release=f"debian:{release}", names="source",
                    ecosystem=f"Debian:{release}", **fields)  # fmt: skip


def test_a_list():
    first, second = read(LIST)
    assert first == Advisory(
        id="DSA-9001-1",
        feed="debian:DSA",
        names=("CVE-2023-0001", "CVE-2023-0002"),
        affected=(
            affected("foo", 11, intervals=(Interval(fixed="1:1.2-3+deb11u1"),), fix="fixed"),
            affected("bar", 11, claim="not_affected", fix="not_affected"),
            affected("foo", 10, intervals=(Interval(),), fix="wont_fix"),
        ),
        summary="foo bar - several vulnerabilities",
        published="2023-03-29T00:00:00Z",
        modified="2023-03-29T00:00:00Z",
        url="https://security-tracker.debian.org/tracker/DSA-9001-1",
    )
    assert (second.feed, second.published) == ("debian:DTSA", "2005-08-26T00:00:00Z")
    assert second.names == ()
    assert [(a.release, a.fix) for a in second.affected] == [
        ("debian:4", "none"),
        ("debian:sid", "fixed"),
    ]


def test_a_regression_update_without_cves_names_nothing_that_is_affected():
    text = "[17 Mar 2023] DSA-9002-{} sox - {}\n\t{}[bullseye] - sox 1-2\n"
    mends = text.format(2, "regression update", "")
    (advisory,) = read(mends)
    assert (advisory.id, advisory.affected) == ("DSA-9002-2", ())
    (named,) = read(text.format(3, "regression update", "{CVE-2023-0001}\n\t"))
    assert named.affected
    (vulnerable,) = read(text.format(1, "security update", ""))
    assert vulnerable.affected


@pytest.mark.parametrize(
    "line",
    [
        "\t{CVE-2020-0001 CAN-2020-2}",
        "\t[nosuch] - foo 1-2",
        "\t[bullseye] - foo",
        "\t[bullseye] - foo <perhaps>",
        "\t[bullseye] foo 1-2",
        "not indented",
    ],
)
def test_a_line_that_cannot_be_read_is_a_problem_and_the_rest_goes_on(line):
    text = f"[01 Jan 2020] DSA-1-1 a - b\n{line}\n\t[bullseye] - foo 1-1\n"
    problem, advisory = read(text)
    assert problem.where.startswith("list: line 2")
    assert [a.name for a in advisory.affected] == ["foo"]


def test_a_date_that_is_none_costs_the_date():
    problem, advisory = read("[40 Foo 2020] DSA-1-1 a - b\n")
    assert (problem.effect, advisory.published) == ("field_lost", "")


def test_lists_are_told_from_other_text():
    assert debian.recognises("x", LIST.encode())
    assert not debian.recognises("x", b"[section]\nkey = DSA-1-1\n")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(LIST)))
def test_nothing_makes_the_reader_fail(noise, at):
    for found in read(LIST[:at].encode() + noise + LIST[at:].encode()):
        assert isinstance(found, Advisory | Problem)
