"""Documents with anything in the wrong place are faults, problems or one clear error, no more."""

import copy

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statement_strategies import statements

from gate.statements.heading import Heading
from gate.statements.lint import lint
from gate.vex import FORMATS, faults, read, write
from sbom.errors import InputError

HEADING = Heading(author="A", timestamp="2024-03-01T00:00:00Z", namespace="https://a.test")
JUNK = st.sampled_from(
    (
        None,
        0,
        -1,
        1.5,
        True,
        "",
        [],
        {},
        "x",
        "pkg:",
        "\0",
        [None],
        {"a": 1},
        ["a", "a"],
        "9" * 6000,
    )
)
few = settings(max_examples=60, deadline=None)


def places(value):
    """Every (container, key) in the document."""
    found = []
    stack = [value]
    while stack:
        holder = stack.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                stack.append(holder[key])
    return found


def survive(data):
    """Read, check, lint and write; only an InputError may come of it."""
    faults(data)
    try:
        lint(data, "x")
        found, _ = read(data, "x")
        for format_ in FORMATS:
            write(format_, found, HEADING)
    except InputError:
        pass


@few
@given(st.lists(statements(), min_size=1, max_size=2), st.data())
@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize("format_", FORMATS)
def test_anything_in_the_wrong_place_is_survived(format_, version, made, data):
    document = msgspec.json.decode(write(format_, made, HEADING)[0])
    if format_ == "csaf":
        document["document"]["csaf_version"] = version
    document = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(document)))
        # A copy: what stands in the document may be changed next, and would then hold itself.
        holder[key] = copy.deepcopy(data.draw(JUNK))
    survive(msgspec.json.encode(document))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"document":{}}', b"{}"]
)
def test_what_is_no_document_is_one_error(data):
    assert len(faults(data)) == 1
    with pytest.raises(InputError):
        read(data, "x")
