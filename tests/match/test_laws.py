"""The laws of the advisory set (issue 5), over random histories of what publishers say in files.

Records that cannot be read, likelihoods, confirmations and files that did not change are among them.
"""

import shutil
from random import Random

import pytest
from histories import day
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_filling import tables
from worlds import STEP, answers, publish, take

from match.aliases import is_cve
from match.carry.exporting import export
from match.carry.importing import receive
from match.set import recall
from match.set.importer import Brought, import_files, import_path
from match.set.past import open_past
from match.set.states import states
from match.set.store import open_set

MANY = 150
"""Histories of a long run: some two minutes of processor time for each law."""
HISTORY = st.lists(STEP, min_size=2, max_size=4)
FIRST = {
    "PyPI/all.zip": [("PYSEC-2024-1", '{"id": "PYSEC-2024-1", "modified": "", "affected": []}')]
}
"""So that there is a set from the first step on."""


def lived(folder, url, steps, seen=lambda _number: None):
    """Import one step of a history after the other."""
    (folder / "files").mkdir()
    for number, (changes, everything) in enumerate([(FIRST, True), *steps]):
        take(folder / "files", url, day(number), changes, everything=everything)
        seen(number)


def now(url):
    """The number of the last state, and all that can be asked of the set."""
    with open_set(url) as advisories:
        return states(url)[-1].number, (advisories.state, answers(advisories))


def history_of(url):
    """All that can be asked of a set in each of its states."""
    told = [now(url)[1]]
    for state in states(url):
        with open_past(url, state) as advisories:
            told += [state, advisories.state, answers(advisories)]
    return told


def as_of_equals_the_state_at_the_time(folder, steps):
    url = str(folder / "set.db")
    then = {}

    def seen(_number):
        number, told = now(url)
        # An import that makes no state has changed no answer either.
        assert then.setdefault(number, told) == told

    lived(folder, url, steps, seen)
    assert [state.number for state in states(url)] == sorted(then)
    for state in states(url):
        with open_past(url, state) as advisories:
            assert (advisories.state, answers(advisories)) == then[state.number]


def the_other_side_has_the_same_history(folder, steps):
    url, along, there = (str(folder / f"{name}.db") for name in ("set", "along", "there"))
    step, whole, back = (str(folder / name) for name in ("step", "whole", "back"))

    def seen(number):
        if number % 2 == 0:
            export(url, step, since=states(along)[-1].digest if number else "")
            receive(step, along)

    lived(folder, url, steps, seen)
    export(url, whole)
    for other in (along, there):
        receive(whole, other)
        assert history_of(other) == history_of(url)
        export(other, back)
        with open(back, "rb") as one, open(whole, "rb") as two:
            assert one.read() == two.read()


def what_is_passed_over_is_as_if_it_were_read(folder, steps):
    """What a file's members came to is not read again where their bytes are the same."""
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        lived(folder / "a", str(folder / "known.db"), steps)
        patch.setattr(recall, "this_reader", str)
        lived(folder / "b", str(folder / "read.db"), steps)
    known, read = (tables(str(folder / name)) for name in ("known.db", "read.db"))
    for each, name in ((known, "a"), (read, "b")):
        del each["read_from"]
        each["about_set"] = [row for row in each["about_set"] if "'reader'" not in row]
        each["problem"] = [row.replace(str(folder / name), "") for row in each["problem"]]
        each["past_problem"] = [row.replace(str(folder / name), "") for row in each["past_problem"]]
    assert known == read


def the_order_of_feeds_and_records_changes_nothing(folder, steps, chance):
    """In one import and in one for each file, whatever the order of files and of their records."""
    files = {}
    for changes, _ in steps:
        files |= changes
    found = []
    for number in range(4):
        shutil.rmtree(folder / "files", ignore_errors=True)
        url = str(folder / f"{number}.db")
        mixed = {name: chance.sample(content, len(content)) for name, content in files.items()}
        paths = publish(folder / "files", mixed)
        chance.shuffle(paths)
        brought = [Brought(path, confirms=True) for path in paths]
        for each in [brought] if number % 2 else [[one] for one in brought]:
            import_files(each, url, learned=day(0))
        if brought:
            found.append((placeless(url), now(url)[1][0]))
    assert all(each == found[0] for each in found)


def placeless(url):
    """The answers, but for problems, whose places are lines and numbers in files."""
    with open_set(url) as advisories:
        advisories.problems = tuple
        return answers(advisories)


def groups_are_a_partition_and_no_id_is_lost(folder, steps):
    url = str(folder / "set.db")
    lived(folder, url, steps)
    with open_set(url) as advisories:
        ask = advisories._db.execute
        spoken = ask(
            "SELECT id FROM record WHERE until IS NULL UNION SELECT id FROM likelihood"
            " UNION SELECT s.id FROM speaks_of s JOIN record r ON r.rid = s.rid"
            "  WHERE r.until IS NULL"
            " UNION SELECT a.other FROM alias a JOIN record r ON r.rid = a.rid"
            "  WHERE r.until IS NULL"
        ).fetchall()
        groups = {id_: advisories.groups_of(id_) for (id_,) in spoken}
        assert all(groups.values())
        (several,) = ask(
            "SELECT count(*) FROM (SELECT id FROM member WHERE alias GROUP BY id HAVING count(*) > 1)"
        ).fetchone()
        assert several == 0
        every = [gid for (gid,) in ask("SELECT gid FROM vulnerability")]
        known = advisories.vulnerabilities(every)
        ids = [id_ for each in known.values() for id_ in (each.id, *each.aliases)]
        assert len(ids) == len(set(ids))
        assert all(sum(map(is_cve, (each.id, *each.aliases))) <= 1 for each in known.values())
        led = {gid for found in groups.values() for gid in found}
        assert led == set(every)


def test_a_server_has_the_history_that_a_file_has(
    postgres, tmp_path, tmp_path_factory, monkeypatch
):
    """Two machines import in turn; a third comes to it at the end."""

    @settings(max_examples=3, deadline=None, database=None, phases=(Phase.generate,))
    @given(HISTORY)
    def holds(steps):
        folder = tmp_path_factory.mktemp("server")
        publish(folder / "files", FIRST)
        urls = str(folder / "set.db"), postgres
        for url in urls:
            monkeypatch.setenv("LADING_CACHE", str(tmp_path / "a"))
            import_path(str(folder / "files"), url, learned=day(0), anew=True)
        for number, (changes, everything) in enumerate(steps, 1):
            monkeypatch.setenv("LADING_CACHE", str(tmp_path / "ab"[number % 2]))
            for url in urls:
                take(folder / "files", url, day(number), changes, everything=everything)
        for machine in "abc":
            monkeypatch.setenv("LADING_CACHE", str(tmp_path / machine))
            assert history_of(postgres) == history_of(urls[0])

    holds()


LAWS = (
    as_of_equals_the_state_at_the_time,
    the_other_side_has_the_same_history,
    what_is_passed_over_is_as_if_it_were_read,
    the_order_of_feeds_and_records_changes_nothing,
    groups_are_a_partition_and_no_id_is_lost,
)


def hold(law, examples, tmp_path_factory):
    """Hold a law against so many histories; return how many there were."""
    done = 0

    @settings(max_examples=examples, deadline=None, database=None)
    @given(HISTORY, st.integers(0, 1 << 30))
    def holds(steps, seed):
        nonlocal done
        done += 1
        folder = tmp_path_factory.mktemp("law")
        more = (Random(seed),) if law is the_order_of_feeds_and_records_changes_nothing else ()  # noqa: S311
        try:
            law(folder, steps, *more)
        finally:
            shutil.rmtree(folder)

    holds()
    return done


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law, tmp_path_factory):
    assert hold(law, 6, tmp_path_factory) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_over_many_histories(law, tmp_path_factory):
    assert hold(law, MANY, tmp_path_factory) >= MANY
