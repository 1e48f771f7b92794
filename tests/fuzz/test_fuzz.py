"""The corpus of what fuzzing found, and a short session of every target; `run.py` is the long one."""

import subprocess
import sys
import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import LARGEST, changed
from targets import TESTS, targets

CORPUS = TESTS / "fuzz/corpus"
TARGETS = targets()
FOUND = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
SLOWEST = 5


@pytest.mark.parametrize("path", FOUND, ids=[f"{p.parent.name}/{p.name}" for p in FOUND])
def test_what_was_found_once_is_no_more(path):
    named = {name.replace(" ", "-"): target for name, target in TARGETS.items()}
    start = time.process_time()
    named[path.parent.name].run(path.read_bytes())
    assert time.process_time() - start < SLOWEST


@pytest.mark.parametrize("name", TARGETS)
def test_valid_files_are_taken(name):
    for data in TARGETS[name].seeds:
        TARGETS[name].run(data)
        assert len(data) < LARGEST


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 1 << 32))
def test_changed_files_do_no_harm(name, seed):
    target, chance = TARGETS[name], Random(seed)  # noqa: S311 (it shall be repeatable)
    start = time.process_time()
    target.run(changed(chance.choice(target.seeds), chance, list(target.seeds)))
    assert time.process_time() - start < SLOWEST


def test_the_same_seed_makes_the_same_changes():
    data = TARGETS["document spdx-json"].seeds[0]
    once, again = ([changed(data, Random(7), [data]) for _ in range(20)] for _ in range(2))  # noqa: S311
    assert once == again


def test_a_session_finds_what_is_wrong(tmp_path):
    """The session is no mere ceremony: a fault that is put into a reader is found and kept."""
    text = (
        "import sys, session, targets\n"
        "from sbom.readers import opam\n"
        "right = opam.read\n"
        "def wrong(data, path):\n"
        "    assert b'\\xff' not in data, 'no such byte'\n"
        "    return right(data, path)\n"
        "opam.read = wrong\n"
        "session.main('reader opam', '1', 3000, 20.0, session.Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text, str(tmp_path)],
        cwd=TESTS / "fuzz",
        env={"PYTHONPATH": f"{TESTS / 'fuzz'}:{TESTS.parent}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "FOUND reader opam: AssertionError: no such byte" in done.stdout
    [found] = [path for path in tmp_path.glob("found-*") if path.suffix != ".txt"]
    assert found.read_bytes() == b"\xff"


@pytest.mark.slow
def test_a_minute_of_every_kind_finds_nothing(tmp_path):
    for kind in ("reader", "document", "archive"):
        run = [sys.executable, TESTS / "fuzz/run.py", "--minutes", "1", "--only", kind]
        done = subprocess.run(
            [*map(str, run), "--into", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]


def test_the_corpus_belongs_to_targets():
    names = {name.replace(" ", "-") for name in TARGETS}
    assert {path.name for path in CORPUS.iterdir()} <= names
