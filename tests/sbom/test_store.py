"""The store: documents once, distinct components once, nothing lost by what happens to it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import DEBIAN, WHEN, assert_consistent, component, found_at, image, of_process

from sbom.database import open_database
from sbom.digest import digest_of
from sbom.errors import InputError, StoreError
from sbom.formats import write
from sbom.model import Component, Digest, Distro, Purl, Sbom, Subject
from sbom.store import bases, get, health, keep, keep_all, kept, open_store
from sbom.store.forgetting import Rule, forget
from sbom.store.listing import Filter, listed
from sbom.store.parts import card_of, components, components_of, highest, holders_of, parts_of

LATER = "2026-11-24T10:00:00Z"
SETTLED = {"program": "this", "today": "2026-11-24"}
KEEPER = Path(__file__).with_name("stored.py")
CHAIN = ["one", "two", "three", "four"]


def held_by(store, part):
    """The names of the SBOMs that hold a part, as the store's own index says."""
    with open_store(store, write=False) as database:
        numbers = [n for n, c in components(database, 1, highest(database) + 1) if c == part]
        assert len(numbers) == 1
        holders = holders_of(database, numbers)[numbers[0]]
        rows = database.rows_in("SELECT name FROM sbom WHERE number IN (?)", holders)
        return sorted(name for (name,) in rows)


def test_a_document_is_kept_once_and_its_first_time_counts(store):
    sbom, document = image(1, range(5))
    digest = keep(store, sbom, document, WHEN)
    assert keep(store, sbom, document, LATER) == digest == digest_of(document)
    (entry,) = assert_consistent(store)
    assert (entry.digest, entry.kept_at, entry.components) == (digest, WHEN, 5)
    assert (entry.image_id, entry.manifest) == (sbom.subject.image_id, sbom.subject.manifest)
    assert (entry.name, entry.platform) == ("registry.example/app:1", "linux/amd64")
    assert get(store, digest) == document


def test_a_document_is_found_by_each_of_its_digests_and_their_beginnings(store):
    pairs = [image(number, [number]) for number in range(1, 40)]
    assert keep_all(store, pairs, WHEN) == 39
    assert keep_all(store, pairs, LATER) == 0
    for sbom, document in pairs[:5]:
        for digest in (digest_of(document), sbom.subject.image_id, sbom.subject.manifest):
            assert get(store, digest) == get(store, digest[7:27]) == document
    for wrong, why in (("sha256:00", "too short"), ("f" * 64, "no such"), ("x' OR 1", "no such")):
        with pytest.raises(InputError, match=why):
            get(store, wrong)


def test_of_several_sboms_of_one_image_the_newest_is_meant(store):
    old, _ = image(1, [1])
    keep(store, old, b"old", WHEN)
    keep(store, old, b"new", LATER)
    assert get(store, old.subject.image_id) == b"new"
    assert get(store, digest_of(b"old")) == b"old"


def test_a_beginning_that_two_images_share_names_neither(store):
    for letter in "bc":
        image_id = Digest("sha256:" + "a" * 20 + letter * 44)
        keep(store, Sbom(subject=Subject(image_id=image_id)), letter.encode(), WHEN)
    with pytest.raises(InputError, match="several"):
        get(store, "a" * 20)
    assert get(store, "a" * 20 + "b") == b"b"


def test_components_are_kept_once_whatever_their_place(store):
    first = Sbom(subject=Subject(name="a"), components=(found_at(1, "x", "l1"), component(2)))
    second = Sbom(
        subject=Subject(name="b"),
        components=(found_at(1, "y", "l2"), found_at(1, "z", "l3"), component(3)),
    )
    keep(store, first, b"first", WHEN)
    keep(store, second, b"second", WHEN)
    assert health(store).components == 3
    assert held_by(store, component(1)) == ["a", "b"]
    assert held_by(store, component(3)) == ["b"]
    assert_consistent(store)


DEB = Component(purl=Purl("pkg:deb/debian/a@1"), name="a", version="1", source="a", arch="amd64")


@pytest.mark.parametrize(
    "other",
    [
        {"purl": Purl("pkg:deb/debian/a@2")},
        {"distro": Distro(id="debian", version="13")},
        {"source": "b"},
        {"source_version": "2"},
        {"stream": "s:1:2:c"},
        {"arch": "arm64"},
        {"vendor": "Someone"},
        {"maker": Purl("pkg:deb/debian/b@1")},
        {"cpes": ("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_can_decide_a_match_makes_a_component_distinct(other):
    from msgspec.structs import replace

    assert card_of(DEB, DEBIAN) != card_of(replace(DEB, **other), DEBIAN)


def test_the_release_of_the_image_counts_for_what_its_distribution_made():
    trixie = Distro(id="debian", version="13")
    npm = component(1)
    assert card_of(DEB, DEBIAN) != card_of(DEB, trixie)
    assert card_of(npm, DEBIAN) == card_of(npm, trixie) == card_of(npm, None)
    owned = component(1, maker=Purl("pkg:deb/debian/node-part@1"))
    assert card_of(owned, DEBIAN) != card_of(owned, trixie)


def test_components_come_back_as_they_were(store):
    parts = (
        DEB,
        component(1, maker=Purl("pkg:rpm/x@1"), vendor="Ünï", cpes=("cpe:/a:b",), namespace="n"),
        Component(purl=Purl(""), name="no purl", version="", type="application"),
    )
    keep(store, Sbom(subject=Subject(), distro=DEBIAN, components=parts), b"d", WHEN)
    with open_store(store, write=False) as database:
        (held,) = parts_of(database, [1]).values()
        found = components_of(database, held)
        assert found == dict(components(database, 1, highest(database) + 1))
        assert list(components(database, 2, 3)) == [(2, found[2])]
    from msgspec.structs import replace

    release = {"pkg:deb/debian/a@1": DEBIAN, "pkg:npm/part@1": DEBIAN}
    assert list(found.values()) == [replace(c, distro=release.get(c.purl)) for c in parts]


def test_hostile_names_are_kept_in_either_database(store):
    sbom = Sbom(subject=Subject(name="a\0b\ud800", platform="p\0"))
    keep(store, sbom, b"d", WHEN)
    assert [entry.name for entry in kept(store)] == ["a?b\\ud800"]


def test_the_bases_of_an_image_are_found_by_their_layers(store):
    for number, layers in enumerate((CHAIN[:1], CHAIN[:3], CHAIN, ["one", "other"], [])):
        keep(store, *image(number, [1], name=f"n{number}", layers=layers), WHEN)
    top = image(9, [1], layers=CHAIN)[0]
    assert [entry.name for entry in bases(store, top.layers)] == ["n1", "n0"]
    assert bases(store, top.layers[:1]) == ()
    assert bases(store, top.layers[1:]) == ()
    assert bases(store + "-none", top.layers) == () if "://" not in store else True


def test_an_interrupted_keep_leaves_nothing(store):
    def sboms():
        yield from (image(number, [number, 7]) for number in range(5000))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keep_all(store, sboms(), WHEN)
    assert assert_consistent(store) == ()
    assert health(store).components == 0


def test_what_is_forgotten_takes_along_what_only_it_held(store):
    for number, parts in enumerate(([1, 2, 3], [2, 3, 4], [3, 4, 5])):
        keep(store, *image(number, parts, name=f"n{number}"), WHEN)
    first = image(0, [1, 2, 3])[0].subject.image_id
    trial = forget(store, digests=[first], dry_run=True, **SETTLED)
    assert len(kept(store)) == 3
    assert forget(store, digests=[first[:20], first], **SETTLED) == trial
    assert ([entry.name for entry in trial.sboms], trial.components) == (["n0"], 1)
    assert held_by(store, component(3)) == ["n1", "n2"]
    assert_consistent(store)
    keep(store, *image(0, [1, 2, 3], name="again"), LATER)
    with open_store(store, write=False) as database:
        numbers = sorted(n for n, _ in components(database, 1, 100))
    assert numbers == [2, 3, 4, 5, 6]  # a number is never given twice
    assert len(assert_consistent(store)) == 3


def test_an_unknown_digest_forgets_nothing(store):
    keep(store, *image(1, [1]), WHEN)
    with pytest.raises(InputError, match="no such"):
        forget(store, digests=[image(1, [1])[0].subject.image_id, "f" * 64], **SETTLED)
    assert len(kept(store)) == 1


def test_retention_keeps_the_newest_of_each_name_and_platform(store):
    for day in range(1, 6):
        for name in ("a", "b"):
            number = 10 * day + (name == "b")
            keep(store, *image(number, [number], name=name), f"2026-11-0{day}T00:00:00Z")

    def left(**rule):
        told = forget(store, rule=Rule(**rule), dry_run=True, **SETTLED)
        gone = {entry.digest for entry in told.sboms}
        return [f"{e.name}{e.kept_at[9]}" for e in kept(store) if e.digest not in gone]

    assert left(keep_last=2) == ["a5", "b5", "a4", "b4"]
    assert left(before="2026-11-04T00:00:00Z") == ["a5", "b5", "a4", "b4"]
    assert left(keep_last=1, name="a") == ["a5", "b5", "b4", "b3", "b2", "b1"]
    assert left(keep_last=4, before="2026-11-03T00:00:00Z") == [
        f"{name}{day}" for day in (5, 4, 3, 2) for name in "ab"
    ]
    assert left(before="2020-01-01T00:00:00Z") == [f"{n}{d}" for d in (5, 4, 3, 2, 1) for n in "ab"]


def test_lists_are_filtered(store):
    for number in range(1, 4):
        keep(store, *image(number, [number, 100]), f"2026-11-0{number}T00:00:00Z")

    def names(**wanted):
        return [entry.name[-1] for entry in listed(store, Filter(**wanted))]

    assert names() == ["3", "2", "1"]
    assert names(name="*:2") == ["2"]
    assert names(since="2026-11-02T00:00:00Z") == ["3", "2"]
    assert names(platform="linux/arm64") == []
    assert names(image=image(1, [])[0].subject.image_id[7:20]) == ["1"]
    assert names(holds="part") == ["3", "2", "1"]
    assert names(holds="pkg:npm/part@2") == ["2"]
    assert names(holds="pkg:npm/part") == ["3", "2", "1"]
    assert names(holds="par") == names(holds="pkg:npm/par") == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["keep", "keep", "forget"]),
            st.integers(0, 5),
            st.frozensets(st.integers(0, 8), max_size=6),
        ),
        max_size=12,
    )
)
def test_after_any_history_the_store_holds_what_was_kept_and_not_forgotten(tmp_path_factory, acts):
    store = str(tmp_path_factory.mktemp("history") / "lading.db")
    there = {}
    for act, number, parts in acts:
        sbom, document = image(number, sorted(parts))
        if act == "keep":
            keep(store, sbom, document, WHEN)
            there[digest_of(document)] = set(parts)
        elif digest_of(document) in there:
            forget(store, digests=[digest_of(document)], **SETTLED)
            del there[digest_of(document)]
    if acts and os.path.exists(store):
        assert {entry.digest for entry in assert_consistent(store)} == set(there)
        assert health(store).components == len(set().union(*there.values()))


OLD = """
CREATE TABLE sbom (digest TEXT PRIMARY KEY, image_id TEXT NOT NULL, name TEXT NOT NULL,
components INTEGER NOT NULL, kept_at TEXT NOT NULL, document BLOB NOT NULL) WITHOUT ROWID
"""


def test_a_store_of_the_first_layout_is_brought_up_to_date(tmp_path):
    path = str(tmp_path / "lading.db")
    documents = []
    with sqlite3.connect(path) as old:
        old.execute(OLD)
        for number in range(4):
            sbom, _ = image(number, range(number, number + 3), layers=CHAIN[:number])
            documents.append(write(sbom, "cyclonedx-json"))
            facts = (sbom.subject.image_id, sbom.subject.name, 3, f"2026-11-0{9 - number}")
            row = (digest_of(documents[-1]), *facts, zlib.compress(documents[-1]))
            old.execute("INSERT INTO sbom VALUES (?, ?, ?, ?, ?, ?)", row)
        row = ("sha256:" + "b" * 64, "", "broken", 1, "2026-10-01", zlib.compress(b"no document"))
        old.execute("INSERT INTO sbom VALUES (?, ?, ?, ?, ?, ?)", row)
    old.close()
    assert [get(path, digest_of(document)) for document in documents] == documents
    assert [entry.name[-1] for entry in kept(path)] == ["0", "1", "2", "3", "n"]
    assert kept(path)[0].manifest == image(0, [])[0].subject.manifest
    assert held_by(path, component(2)) == [f"registry.example/app:{n}" for n in range(3)]
    assert [e.name[-1] for e in bases(path, image(9, [], layers=CHAIN)[0].layers)] == [
        "3",
        "2",
        "1",
    ]
    assert get(path, "b" * 64) == b"no document"
    found = health(path)
    assert (found.sboms, found.components, found.unreadable) == (5, 6, 1)


def test_a_migration_of_documents_is_undone_as_a_whole(tmp_path, monkeypatch):
    path = str(tmp_path / "lading.db")
    document = write(image(1, [1])[0], "cyclonedx-json")
    with sqlite3.connect(path) as old:
        old.execute(OLD)
        row = (digest_of(document), "", "n", 1, "2026", zlib.compress(document))
        old.execute("INSERT INTO sbom VALUES (?, ?, ?, ?, ?, ?)", row)
    old.close()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sbom.store.parts.take_apart", interrupted)
        with pytest.raises(KeyboardInterrupt):
            kept(path)
    assert get(path, digest_of(document)) == document
    assert_consistent(path)


def keeper(store, first, count):
    return subprocess.Popen(
        [sys.executable, KEEPER, store, str(first), str(count)], stdout=subprocess.PIPE
    )


def test_many_processes_may_keep_at_once(store):
    workers = [keeper(store, 10 * number, 15) for number in range(4)]  # they overlap by five
    for worker in workers:
        worker.communicate()
        assert worker.returncode == 0
    names = {entry.name for entry in assert_consistent(store)}
    assert names == {of_process(number)[0].subject.name for number in range(45)}
    assert len(kept(store)) == 45
    assert health(store).components == 20 + 45 * 20


def test_a_killed_process_leaves_the_store_consistent(store):
    keep(store, *of_process(0), WHEN)
    for turn, delay in enumerate((0, 0.001, 0.002, 0.005, 0.01)):
        worker = keeper(store, 1 + 1000 * turn, 1000)
        said = [worker.stdout.readline() for _ in range(turn + 1)]
        time.sleep(delay)
        worker.send_signal(signal.SIGKILL)
        said += worker.communicate()[0].splitlines(keepends=True)
        assert worker.returncode == -signal.SIGKILL
        names = {entry.name for entry in assert_consistent(store)}
        whole = [int(line.split()[1]) for line in said if line.endswith(b"\n")]
        # What a process said it kept is there, whatever happened to it afterwards.
        assert {of_process(number)[0].subject.name for number in whole} <= names
    before = len(kept(store))
    keep(store, *of_process(9000), LATER)
    assert len(assert_consistent(store)) == before + 1


def test_a_process_killed_inside_a_transaction_leaves_what_was_there(store):
    keep(store, *image(1, [1]), WHEN)
    code = (
        "import sys, time; from sbom.database import open_database\n"
        "with open_database(sys.argv[1], write=True) as database:\n"
        "    database.execute('DELETE FROM component')\n"
        "    database.execute('DELETE FROM sbom')\n"
        "    print('inside', flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, store], stdout=subprocess.PIPE)
    assert worker.stdout.readline() == b"inside\n"
    worker.kill()
    worker.communicate()
    with open_database(store, write=True):
        pass
    assert len(assert_consistent(store)) == 1


def test_a_damaged_document_is_told_in_one_line(store):
    sboms = [image(number, [number]) for number in (1, 2)]
    keep_all(store, sboms, WHEN)
    changes = (
        ("UPDATE sbom_document SET document = ?", (b"spoiled",)),
        ("DELETE FROM sbom_document", ()),
    )
    for sql, arguments in changes:
        with open_store(store, write=True) as database:
            database.execute(sql, arguments)
        for _, document in sboms:
            with pytest.raises(StoreError, match="its document in the store is damaged"):
                get(store, digest_of(document))
