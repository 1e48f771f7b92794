"""Ids are given out once, whoever asks, and never vanish; every version is kept."""

import subprocess
import sys
from pathlib import Path

import pytest
from house_records import at, drafted, kept, said
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from match.house import lifecycle as life
from match.house.book import open_book
from match.house.document import render
from match.house.ids import parse
from match.house.publish import files
from sbom.errors import InputError, StoreError

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, EACH = 5, 6
ALLOCATE = f"""
import sys
from match.house.book import open_book
from match.house.lifecycle import Change, reserve
change = Change(who="Jo", at="2026-11-01T00:00:00Z")
for _ in range({EACH}):
    with open_book(sys.argv[1], write=True) as book:
        (id_,) = book.next_ids("", 2026)
        book.append(reserve(id_, change))
    print(id_, flush=True)
"""


def test_processes_that_ask_at_once_get_different_ids(store):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ALLOCATE, store], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    given = [line for process in running for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in running] == [0] * PROCESSES
    assert len(given) == len(set(given)) == PROCESSES * EACH
    assert {parse(id_).number for id_ in given} == set(range(1, PROCESSES * EACH + 1))
    with open_book(store, write=False) as book:
        assert sorted(given) == [entry.id for entry in book.entries()]


def test_each_organisation_and_year_counts_for_itself_and_numbers_grow(store):
    with open_book(store, write=True) as book:
        assert book.next_ids("", 2026, 2) == ("LDG-2026-0001", "LDG-2026-0002")
        for id_ in ("LDG-2026-9999", "LDG-ACME-2026-0003", "LDG-2025-0007"):
            book.append(life.reserve(id_, at("11-01")))
        assert book.next_ids("", 2026) == ("LDG-2026-10000",)
        assert book.next_ids("ACME", 2026) == ("LDG-ACME-2026-0004",)
        assert book.next_ids("ACME", 2027) == ("LDG-ACME-2027-0001",)
        book.append(life.reserve("LDG-2026-10000", at("11-01")))
        assert [e.id for e in book.entries()][:3] == [
            "LDG-2025-0007",
            "LDG-2026-9999",
            "LDG-2026-10000",
        ]


def test_every_version_is_kept_and_none_can_be_written_again(store):
    first = drafted()
    second = life.withdraw(first, at("11-02"))
    with open_book(store, write=True) as book:
        kept(book, life.reserve(first.id, at("11-01")), first, second)
        assert book.get(first.id) == second
        assert book.history(first.id)[1:] == (first, second)
    with pytest.raises(StoreError), open_book(store, write=True) as book:
        book.append(second)
    with open_book(store, write=False) as book:
        assert book.entries() == (second,)


def test_what_fails_halfway_gives_no_id_out(store):
    def interrupted():
        with open_book(store, write=True) as book:
            book.append(drafted())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with open_book(store, write=True) as book:
        assert book.entries() == ()
        assert book.next_ids("", 2026) == ("LDG-2026-0001",)


def test_an_id_that_was_never_given_out_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="no store"), open_book(str(tmp_path / "x"), write=False):
        pass
    with open_book(str(tmp_path / "x"), write=True) as book:
        with pytest.raises(InputError, match="no such house advisory"):
            book.get("LDG-2026-0001")
        with pytest.raises(InputError, match="no id"):
            book.get("'; DROP TABLE house_advisory; --")


CVES = [f"CVE-2026-{number}" for number in range(1111, 1114)]


class Lives(RuleBasedStateMachine):
    """Whatever is done with advisories in whatever order: nothing that was is lost or changed."""

    def __init__(self):
        super().__init__()
        self.entries = {}
        self.histories = {}
        self.folder = {}
        self.day = 0

    def change(self):
        self.day += 1
        return life.Change(
            who="Jo", at=f"{2026 + self.day // 28:04}-01-{1 + self.day % 28:02}T00:00:00Z", why="x"
        )

    def give_out(self, count):
        numbers = range(len(self.entries) + 1, len(self.entries) + 1 + count)
        return tuple(f"LDG-2026-{number:04}" for number in numbers)

    def take(self, *entries):
        for entry in entries:
            history = self.histories.setdefault(entry.id, [])
            if not history or history[-1] != entry:
                history.append(entry)
            self.entries[entry.id] = entry

    def pick(self, data):
        return self.entries[data.draw(st.sampled_from(sorted(self.entries)))]

    @rule()
    def reserve(self):
        self.take(life.reserve(self.give_out(1)[0], self.change()))

    @rule(
        data=st.data(),
        step=st.sampled_from(
            ["draft", "publish", "link", "unlink", "dispute", "settle", "withdraw", "split", "join"]
        ),
    )
    def step(self, data, step):
        if not self.entries:
            return
        entry, change = self.pick(data), self.change()
        private = {e.id for e in self.entries.values() if not e.public} - set(entry.split_into)
        steps = {
            "draft": lambda: life.draft(entry, said(summary=f"on day {self.day}"), "", change),
            "publish": lambda: life.publish(entry, change, private),
            "link": lambda: life.link_cve(entry, data.draw(st.sampled_from(CVES)), change),
            "unlink": lambda: life.unlink(entry, data.draw(st.sampled_from(CVES)), change),
            "dispute": lambda: life.dispute(entry, "them", "", change),
            "settle": lambda: life.settle(entry, change),
            "withdraw": lambda: life.withdraw(entry, change),
            "split": lambda: life.split(entry, self.give_out(2), (), change),
            "join": lambda: life.join(entry, self.pick(data).id, change),
        }
        try:
            made = steps[step]()
        except InputError:
            return
        self.take(*(made if isinstance(made, tuple) else (made,)))

    @rule()
    def write_folder(self):
        there = {name: data for name, data in self.folder.items() if "/" not in name}
        written = files(self.entries.values(), there, site=True)
        assert set(self.folder) <= set(written)
        self.folder = written

    @invariant()
    def no_id_and_no_version_is_lost(self):
        for id_, history in self.histories.items():
            assert history[-1] == self.entries[id_]
            assert [e.version for e in history] == list(range(1, len(history) + 1))
            assert {e.id for e in history} == {id_}
            assert {e.reserved for e in history} == {history[0].reserved}
            assert [e.at for e in history] == sorted(e.at for e in history)

    @invariant()
    def what_was_public_stays_public_and_one_cve_at_most(self):
        for history in self.histories.values():
            was = False
            for entry in history:
                assert entry.public or not was
                was = bool(entry.public)
                assert sum(alias.startswith("CVE-") for alias in entry.aliases) <= 1
                assert render(entry) == render(entry)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
