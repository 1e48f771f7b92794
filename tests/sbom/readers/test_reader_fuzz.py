"""Hostile bytes: real files with bytes changed, cut, moved and doubled never break a reader."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_files import MODULES
from reader_seeds import SEEDS, check

from sbom.model import Found

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "cut", "double", "end"]),
        st.integers(0, 1 << 20),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from(
                [b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\n\n", b'"', b"{[" * 9]
            ),
        ),
        st.integers(0, 600),
    ),
    min_size=1,
    max_size=6,
)


def edited(data, edits):
    for kind, at, piece, length in edits:
        place = at % (len(data) + 1)
        if kind == "set":
            data = data[:place] + piece + data[place + len(piece) :]
        elif kind == "insert":
            data = data[:place] + piece + data[place:]
        elif kind == "cut":
            data = data[:place] + data[place + length :]
        elif kind == "double":
            data = data[: place + length] + data[place:]
        else:
            data = data[:place]
    return data


@pytest.mark.parametrize(("reader", "path", "data"), SEEDS.values(), ids=SEEDS)
def test_the_files_as_they_were_made_are_read(reader, path, data):
    check(reader, path, data)
    if not data.startswith(b"{") or reader != "rust":
        assert any(isinstance(thing, Found) for thing in MODULES[reader].read(data, path))


@pytest.mark.parametrize(("reader", "path", "data"), SEEDS.values(), ids=SEEDS)
@given(edits=EDITS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_changed_files_never_break_a_reader(reader, path, data, edits):
    check(reader, path, edited(data, edits))


@pytest.mark.slow
@pytest.mark.parametrize(("reader", "path", "data"), SEEDS.values(), ids=SEEDS)
@given(edits=EDITS)
@settings(max_examples=3_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_changed_files_never_break_a_reader(reader, path, data, edits):
    check(reader, path, edited(data, edits))


@pytest.mark.parametrize("reader", MODULES)
@given(data=st.binary(max_size=400))
@settings(max_examples=10, deadline=None)
def test_any_bytes_never_break_a_reader(reader, data):
    module = MODULES[reader]
    paths = [glob.replace("**/", "a/").replace("*", "x") for glob in module.GLOBS] or ["bin/a"]
    for path in paths:
        for magic in module.MAGIC or (b"",):
            check(reader, path, magic + data)
