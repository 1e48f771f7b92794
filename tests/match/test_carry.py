"""The set carried elsewhere: the other side answers as this one does, of now and of then."""

import sqlite3
import tarfile
from contextlib import closing
from os.path import exists
from typing import get_args

import pytest
from histories import STEP, answers, day, take
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace
from small_sets import advisory, language, ranges, source

from match.carry import stream
from match.carry.exporting import export
from match.carry.form import Body, Manifest, PackageRow
from match.carry.importing import receive
from match.carry.parcel import MANIFEST, ROWS, is_parcel, open_parcel, write_parcel
from match.ecosystems import Names
from match.model import HOUSE_FEED
from match.set.importer import import_path
from match.set.ledger import open_ledger
from match.set.past import open_past
from match.set.states import states
from match.set.store import open_set
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError, StoreError
from sbom.signing.keys import generate
from sbom.signing.trust import Trusted

LIB = advisory("GHSA-a", language(), feed="one")
OTHER = advisory("GHSA-b", source(), feed="two", aliases=("GHSA-a",))
SECRET = advisory("LDG-1", language("secret-product"), feed=HOUSE_FEED, aliases=("GHSA-a",))


def there(url):
    """All that can be asked of a store, of now and of each state."""
    with open_set(url) as advisories:
        told = [advisories.state, advisories.problems(), answers(advisories)]
    for state in states(url):
        with open_past(url, state) as advisories:
            told += [state, advisories.state, advisories.problems(), answers(advisories)]
    return told


def house(url, number, *ids):
    """The house's own advisories, learned between two imports."""
    with open_ledger(url, f"2026-01-{number + 1:02}T18:00:00Z") as ledger:
        for id_ in ids:
            fixed = ranges((None, f"{number}.5"))
            more = {"intervals": fixed, "release": "debian:12"}
            about = (language("lib", intervals=fixed), source(f"own{number}", **more))
            ledger.add(advisory(id_, *about, feed=HOUSE_FEED), HOUSE_FEED, "")
        ledger.finish()


def filled(path, *imports):
    """A store with one import for each tuple of records."""
    for number, records in enumerate(imports):
        take(path, day(number), records, whole=True)
    return path


@pytest.fixture
def stores(tmp_path):
    """A store of three states, and the place of an empty one."""
    changed = replace(LIB, affected=(language(intervals=ranges((None, "3.0"))),))
    here = filled(str(tmp_path / "here.db"), [LIB], [changed, OTHER], [OTHER])
    return here, str(tmp_path / "elsewhere.db")


@settings(max_examples=10, deadline=None)
@given(
    st.lists(STEP, min_size=2, max_size=4),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4),
    st.booleans(),
)
def test_the_other_side_answers_as_this_one(tmp_path_factory, steps, ways, with_house):
    """However it came there: files of any state, whole or from any state on, in any order."""
    folder = tmp_path_factory.mktemp("carry")
    here, other = str(folder / "here.db"), str(folder / "other.db")
    files = {}
    for number, (records, whole, problems) in enumerate(steps):
        take(here, day(number), [LIB, *records], whole=whole, problems=problems)
        if with_house:
            house(here, number, "LDG-1")
        for since in ["", *(day(n) for n in range(number))]:
            path = str(folder / f"{number}-{since[:10]}.set")
            export(here, path, since=since, house=with_house)
            files[number, since] = path
    last = len(steps) - 1
    for number, before in [*ways, (last, -1)]:
        since = day(before) if 0 <= before < number else ""
        path = files.get((number, since))
        if path is None:
            continue
        base = (
            any(state.learned >= since for state in states(other)) if exists(other) else not since
        )
        if not base:
            with pytest.raises(InputError, match="goes on from"):
                receive(path, other)
            continue
        receive(path, other)
    assert there(other) == there(here)
    once = there(other)
    for path in files.values():
        assert receive(path, other).states == 0
    assert there(other) == once
    again = str(folder / "again.set")
    export(other, again, house=with_house)
    with open(again, "rb") as one, open(files[last, ""], "rb") as two:
        assert one.read() == two.read()


@settings(max_examples=10, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=4), st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_what_the_house_keeps_to_itself_changes_nothing(tmp_path_factory, steps, own):
    """Of both sides: the set without it is carried as if it had never been."""
    folder = tmp_path_factory.mktemp("carry")
    here, plain, other = (str(folder / f"{n}.db") for n in ("here", "plain", "other"))
    for number, (records, whole, _) in enumerate(steps):
        if number in own:
            house(here, number - 1, "LDG-1")
        take(here, day(number), [LIB, *records], whole=whole)
        take(plain, day(number), [LIB, *records], whole=whole)
        path = str(folder / f"{number}.set")
        export(here, path, since=day(number - 1) if number else "")
        with open(path, "rb") as stream_:
            data = stream_.read()
        assert b"LDG" not in data
        assert receive(path, other).states <= 1
        if number not in own:
            house(other, number, "LDG-2")
    with open_set(other) as advisories, open_set(plain) as wanted:
        kept = tuple(f for f in advisories.state.feeds if f.name != HOUSE_FEED)
        assert kept == wanted.state.feeds
    path = str(folder / "plain.set")
    assert export(plain, path).manifest.states[-1].digest == (
        export(here, str(folder / "here.set")).manifest.states[-1].digest
    )
    assert receive(path, str(folder / "third.db")).state.digest == states(plain)[-1].digest


def test_the_houses_own_stays_and_is_counted_unless_it_is_asked_for(tmp_path):
    here, other = str(tmp_path / "here.db"), str(tmp_path / "other.db")
    take(here, day(0), [LIB])
    take(here, day(1), [SECRET])
    path = str(tmp_path / "x.set")
    done = export(here, path)
    assert (done.kept_back, done.manifest.house) == (1, False)
    rows = list(stream.read(open_parcel(path).blocks(), done.manifest.body, path))
    assert "secret-product" not in repr(rows)
    assert "LDG-1" not in repr(rows)
    receive(path, other)
    with open_set(other) as advisories:
        assert [f.name for f in advisories.state.feeds] == ["one"]
    done = export(here, path, house=True)
    assert (done.kept_back, done.manifest.house) == (0, True)
    receive(path, str(tmp_path / "third.db"))
    assert there(str(tmp_path / "third.db")) == there(here)


def test_a_set_of_the_houses_own_alone_is_no_export(tmp_path):
    take(str(tmp_path / "here.db"), day(0), [SECRET])
    with pytest.raises(InputError, match="nothing but the house's own"):
        export(str(tmp_path / "here.db"), str(tmp_path / "x.set"))
    assert not (tmp_path / "x.set").exists()
    assert list(tmp_path.glob("*.rows")) == []


def test_what_starts_from_a_state_that_is_not_there_names_it(stores, tmp_path):
    here, other = stores
    path = str(tmp_path / "x.set")
    export(here, path, since=day(1))
    needed = states(here)[1]
    with pytest.raises(InputError, match=f"state {needed.digest[:19]} of {day(1)}"):
        receive(path, other)
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_store_of_its_own_history_is_replaced_only_when_that_is_asked_for(stores, tmp_path):
    here, other = stores
    path = str(tmp_path / "x.set")
    take(other, day(0), [advisory("GO-1", language("far"))])
    export(here, path)
    with pytest.raises(InputError, match="--replace"):
        receive(path, other)
    assert len(states(other)) == 1
    assert receive(path, other, anew=True).states == 3
    assert there(other) == there(here)
    export(here, path, since=day(1))
    with pytest.raises(InputError, match="not the whole history"):
        receive(path, other, anew=True)


def test_packages_go_along_whatever_their_names_are_of(tmp_path):
    here, other = str(tmp_path / "here.db"), str(tmp_path / "other.db")
    kinds = get_args(Names)
    about = [language(f"vendor:{kind}", names=kind) for kind in kinds]
    take(here, day(0), [advisory("CVE-2024-1", *about, feed="one")])
    export(here, str(tmp_path / "x.set"))
    receive(str(tmp_path / "x.set"), other)
    with closing(sqlite3.connect(other)) as db:
        laid = {kind for (kind,) in db.execute("SELECT names FROM package")}
    assert laid == set(kinds)
    assert there(other) == there(here)


def test_the_set_that_is_replaced_keeps_the_houses_own(tmp_path):
    from house_records import drafted, kept

    from match.house.book import open_book
    from match.house.feed import lay_in

    here, other = str(tmp_path / "here.db"), str(tmp_path / "other.db")
    take(here, day(0), [LIB])
    take(other, day(0), [OTHER])
    with open_book(other, write=True) as book:
        kept(book, drafted())
    lay_in(other)
    export(here, str(tmp_path / "x.set"))
    done = receive(str(tmp_path / "x.set"), other, anew=True)
    assert [feed.name for feed in done.state.feeds] == [HOUSE_FEED, "one"]


def test_a_record_that_moved_to_another_snapshot_is_gone_with_that_one(stores, tmp_path):
    here, other = stores
    path = str(tmp_path / "x.set")
    export(here, path)
    receive(path, other)
    with open_ledger(here, day(3)) as ledger:
        ledger.add(OTHER, "two", "renamed")
        ledger.add(LIB, "one", "renamed")
        ledger.finish()
    export(here, path, since=day(2))
    receive(path, other)
    for url in (here, other):
        with open_ledger(url, day(4)) as ledger:
            ledger.add(advisory("GHSA-c", source(), feed="two"), "two", "renamed")
            ledger.whole("two", "renamed")
            ledger.finish()
    assert there(other) == there(here)
    with open_set(other) as advisories:
        assert advisories.groups_of("GHSA-c")
        assert {feed.name: feed.records for feed in advisories.state.feeds}["two"] == 1


def test_a_signature_counts_only_by_a_key_that_is_trusted_for_it(stores, tmp_path):
    here, other = stores
    key, stranger = generate(), generate()
    path = str(tmp_path / "x.set")
    trusted = Trusted(name="us", verifier=key.public())
    export(here, path)
    with pytest.raises(InputError, match="not signed"):
        receive(path, other, trusted=[trusted])
    export(here, path, signer=stranger)
    with pytest.raises(InputError, match="by no key that is trusted"):
        receive(path, other, trusted=[trusted])
    export(here, path, signer=key)
    with pytest.raises(InputError, match="not for feeds"):
        receive(path, other, trusted=[replace(trusted, uses=("sbom",))])
    with pytest.raises(InputError, match="it counted until 2025-01-01"):
        receive(path, other, trusted=[replace(trusted, until_day="2025-01-01")])
    assert not (tmp_path / "elsewhere.db").exists()
    assert receive(path, other, trusted=[trusted]).signed_by == ("us",)
    first = (tmp_path / "x.set").read_bytes()
    export(here, path, signer=key)
    assert (tmp_path / "x.set").read_bytes() == first


def test_a_signature_of_other_rows_does_not_count(stores, tmp_path):
    here, other = stores
    key = generate()
    one, two = str(tmp_path / "1.set"), str(tmp_path / "2.set")
    export(here, one, signer=key)
    export(here, two, signer=key, since=day(0))
    swapped = str(tmp_path / "3.set")
    with tarfile.open(one) as a, tarfile.open(two) as b, tarfile.open(swapped, "w:") as out:
        for source_, name in ((b, MANIFEST), (a, "lading-set.sig.json"), (b, ROWS)):
            out.addfile(source_.getmember(name), source_.extractfile(name))
    with pytest.raises(InputError, match="about something else"):
        receive(swapped, other, trusted=[Trusted(name="us", verifier=key.public())])


def test_a_damaged_file_is_one_error_and_nothing_is_written(stores, tmp_path):
    here, other = stores
    path = tmp_path / "x.set"
    export(here, str(path))
    whole = path.read_bytes()
    before = there(here)
    end = open_parcel(str(path)).offset + open_parcel(str(path)).manifest.body.size
    for at in [*range(0, 2 * 512, 41), *range(1024, end, 193)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x11]) + whole[at + 1 :])
        try:
            receive(str(path), other)
        except (InputError, StoreError):
            assert not (tmp_path / "elsewhere.db").exists()
        else:  # A byte that says nothing: of a header's mode, of padding.
            assert there(other) == before
            (tmp_path / "elsewhere.db").unlink()
    for at in range(0, end, 211):
        path.write_bytes(whole[:at])
        with pytest.raises(InputError):
            receive(str(path), other)


def test_what_unpacks_to_more_than_it_says_is_left(stores, tmp_path):
    here, other = stores
    path = str(tmp_path / "x.set")
    manifest = export(here, path).manifest
    rows = str(tmp_path / "rows")
    with open(rows, "wb") as out:
        many = (PackageRow(0, "a" * 1000, "pep440", "", "", "", "language") for _ in range(200_000))
        body = stream.write(many, out.write)
    assert body.raw / body.size > 1000
    for said, why in (
        (body, "it would unpack to"),
        (replace(body, raw=1 << 20), "unpacks to more than it says"),
        (replace(body, raw=1 << 36), "it would unpack to"),
    ):
        write_parcel(path, replace(manifest, body=said), rows, None)
        with pytest.raises(InputError, match=why):
            receive(path, other)
        assert not (tmp_path / "elsewhere.db").exists()


@pytest.mark.parametrize(
    "rows",
    [
        b"\0\0\0\x05\xdd\0\0\0\x01\xc0",
        b"\xff\xff\xff\xff\0",
        b"\0\0\0\x01\x90" * 3,
        b"\0\0\0\x10\x91" + b"\x91" * 15,
    ],
)
def test_rows_that_are_none_are_one_error(stores, tmp_path, rows):
    import zstandard

    here, other = stores
    path = str(tmp_path / "x.set")
    manifest = export(here, path).manifest
    packed = zstandard.compress(rows)
    (tmp_path / "rows").write_bytes(packed)
    from hashlib import sha256

    body = Body(sha256=sha256(packed).hexdigest(), size=len(packed), raw=len(rows))
    write_parcel(path, replace(manifest, body=body), str(tmp_path / "rows"), None)
    with pytest.raises(InputError):
        receive(path, other)
    assert not (tmp_path / "elsewhere.db").exists()


def test_rows_that_contradict_the_manifest_are_refused(stores, tmp_path):
    """A file that anybody can write: each row is well-formed and together they are a lie."""
    here, other = stores
    path = str(tmp_path / "x.set")
    manifest = export(here, path).manifest
    honest = list(stream.read(open_parcel(path).blocks(), manifest.body, path))
    records = [row for row in honest if type(row).__name__ == "RecordRow"]
    claim = replace(records[0].claims[0], package=99)
    lies = [
        [row for row in honest if row is not records[-1]],
        [*honest, records[-1]],
        [replace(row, feed=HOUSE_FEED) if row in records else row for row in honest],
        [replace(row, until=row.since) if row in records else row for row in honest],
        [replace(row, since=9) if row in records else row for row in honest],
        [replace(row, doc=b"A\x00") if row in records else row for row in honest],
        [replace(row, claims=(claim,)) if row in records else row for row in honest],
        [row for row in honest if not isinstance(row, PackageRow)],
        [*honest, *[row for row in honest if type(row).__name__ == "FeedRow"]],
        [],
    ]
    for rows in lies:
        with (tmp_path / "rows").open("wb") as out:
            body = stream.write(rows, out.write)
        write_parcel(path, replace(manifest, body=body), str(tmp_path / "rows"), None)
        with pytest.raises(InputError):
            receive(path, other)
        assert not (tmp_path / "elsewhere.db").exists()


def test_a_file_is_a_tar_whose_manifest_follows_its_schema(stores, tmp_path):
    here, _ = stores
    path = str(tmp_path / "x.set")
    export(here, path, since=day(0), signer=generate())
    with tarfile.open(path) as tar:
        assert tar.getnames() == [MANIFEST, "lading-set.sig.json", ROWS]
        told = tar.extractfile(MANIFEST).read()
    assert list(schema_faults(json.decode(told), "set.schema.json")) == []
    assert json.decode(told, type=Manifest).base.digest == states(here)[0].digest
    assert is_parcel(path)
    assert not is_parcel(here)


def test_nothing_new_is_a_file_too(stores, tmp_path):
    here, other = stores
    path = str(tmp_path / "x.set")
    export(here, path)
    receive(path, other)
    assert export(here, path, since="current").manifest.states == ()
    assert receive(path, other).states == 0


@pytest.mark.shared
def test_real_advisories_are_carried_to_the_byte(shared, tmp_path):
    here, other = str(tmp_path / "here.db"), str(tmp_path / "other.db")
    path, again = tmp_path / "x.set", tmp_path / "y.set"
    for number, feed in enumerate(["debian", "redhat", "kev"]):
        import_path(str(shared / "feeds" / feed), here, learned=day(number))
    export(here, str(path), since="")
    assert receive(str(path), other).states == 3
    assert there(other) == there(here)
    export(other, str(again))
    assert again.read_bytes() == path.read_bytes()
