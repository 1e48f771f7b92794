"""A known layer is never read again, and nobody can tell from the SBOM that it was not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_image import LINES, OS_RELEASE, READERS, files_of, sha256, tar, write_layout
from msgspec import msgpack

from sbom.build import build
from sbom.database import open_database
from sbom.errors import InputError
from sbom.limits import DEFAULT, Limits
from sbom.program import program
from sbom.sources import open_image
from sbom.store import health
from sbom.store.forgetting import Rule, forget
from sbom.store.results import Results, totals

BASE = tar(
    ("etc/os-release", OS_RELEASE),
    ("var/lib/db/packages", b"deb a 1 arch=all owns=/x/b.pkg\ndeb gone 1"),
    ("x/b.pkg", b"npm b 1"),
)
POOL = (
    BASE,
    tar(("var/lib/db/packages", b"deb a 2\nodd\ndeb c 1"), ("x/.wh.b.pkg", b"")),
    # Packages that are wanted by the path of a link only: their layer is read a second time.
    tar(("data/kept", b"deb linked 1"), ("var/lib/db/packages", "../../../data/kept")),
    tar(("opt/db", "/srv/real"), ("srv/real/packages", b"deb folder 1")),
    tar(("opt/db", "../x")),
    tar(("x/packages", b"npm through 3"), ("h.pkg", "=x/b.pkg")),
    tar(("x/.wh..wh..opq", b""), ("y.pkg", b"npm y 1")),
    tar(*((f"odd/{n}.pkg", b"odd") for n in range(30))),
    # Names that leave the image are told of: the first twenty, and how many more there are.
    tar(*((f"../../out/{n}", b"") for n in range(30))),
    tar(),
)
DAY = "2026-11-23"


def opened(folder, *layers, name="image"):
    return open_image(f"oci:{write_layout(folder / name, files_of(layers))}")


def read(image, url="", *, readers=READERS, limits=DEFAULT, today=DAY, code="code", threads=2):
    """The SBOM of an image, by a run of the program that uses the store."""
    results = Results(url, code, today) if url else None
    sbom = build(image, readers=readers, limits=limits, threads=threads, results=results)
    if results:
        results.save()
        assert not results.trouble
    return sbom


def lose_blobs(folder, *layers):
    """Spoil the blobs of layers: whoever reads one of them fails."""
    spoiled = 0
    for blob in folder.rglob("blobs/sha256/*"):
        if any(blob.name == sha256(each)[7:] for layer in layers for each in packs(layer)):
            blob.write_bytes(b"spoiled" * 100)
            spoiled += 1
    assert spoiled


def packs(layer):
    from make_image import packed

    return (layer, packed(layer))


def test_a_known_image_is_not_read_again(tmp_path, store):
    first = read(opened(tmp_path, *POOL), store)
    assert first.components
    lose_blobs(tmp_path, *POOL)
    assert read(opened_again(tmp_path), store) == first
    with pytest.raises(InputError):
        read(opened_again(tmp_path))


def opened_again(folder, name="image"):
    return open_image(f"oci:{folder / name}")


def test_ten_images_on_one_base_read_it_once(tmp_path, store):
    for number in range(10):
        top = tar((f"app{number}.pkg", f"npm app {number}".encode()))
        opened(tmp_path, BASE, POOL[3], top, name=f"app{number}")
    fresh = [read(opened_again(tmp_path, f"app{n}")) for n in range(10)]
    assert read(opened_again(tmp_path, "app0"), store) == fresh[0]
    lose_blobs(tmp_path, BASE, POOL[3])
    assert [read(opened_again(tmp_path, f"app{n}"), store) for n in range(10)] == fresh
    with open_database(store, write=False) as database:
        rows = database.execute("SELECT about, count(*) FROM layer_result GROUP BY about")
        counts = dict(rows.fetchall())
    assert counts[sha256(BASE)] == 1
    assert len(counts) == 2 + 10 + 10  # the shared layers, each image's own layer, each image


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_mixture_of_known_and_unknown_changes_anything(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("mixture")
    url = str(folder / "lading.db")
    for turn in range(data.draw(st.integers(1, 4))):
        chosen = data.draw(st.lists(st.sampled_from(POOL), max_size=5))
        image = opened(folder, *chosen, name=f"image{turn}")
        read(image, data.draw(st.sampled_from(["", url])))
        expected = msgpack.encode(read(image))
        assert msgpack.encode(read(image, url)) == expected
        assert msgpack.encode(read(image, url)) == expected


def test_what_a_layer_tells_does_not_name_the_image_it_was_in(tmp_path, store):
    layers = (POOL[8], POOL[7])
    told = read(opened(tmp_path, *layers, name="one"), store).problems
    assert any("10 more" in problem.what for problem in told)
    assert read(opened(tmp_path, *layers, BASE, name="two"), store) == read(
        opened_again(tmp_path, "two")
    )


@pytest.mark.parametrize(
    "change",
    [
        {"code": "a later program"},
        {"limits": Limits(file_bytes=10)},
        {"limits": Limits(path_depth=1)},
        {"readers": {"other": LINES}},
        {"readers": {}},
    ],
    ids=["program", "bytes", "depth", "reader", "none"],
)
def test_what_was_read_otherwise_is_not_used(tmp_path, store, change):
    image = opened(tmp_path, *POOL[:4])
    read(image, store)
    assert read(image, store, **change) == read(image, **change)


def test_a_layer_with_a_wrong_digest_is_not_kept(tmp_path, store):
    image = opened(tmp_path, BASE, POOL[3])
    lose_blobs(tmp_path, POOL[3])
    with pytest.raises(InputError):
        read(image, store)
    with open_database(store, write=True) as database:
        assert totals(database).count == 0


def test_a_folder_is_read_every_time(tmp_path, store):
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_bytes(OS_RELEASE)
    (root / "a.pkg").write_bytes(b"npm a 1")
    first = read(open_image(f"dir:{root}"), store)
    (root / "a.pkg").write_bytes(b"npm a 2")
    assert read(open_image(f"dir:{root}"), store) != first


def test_a_damaged_result_is_read_again_and_replaced(tmp_path, store):
    image = opened(tmp_path, *POOL[:5])
    expected = read(image, store)
    for damage in (b"", b"\xff" * 40):
        with open_database(store, write=True) as database:
            database.execute("UPDATE layer_result SET content = ?", (damage,))
        assert read(image, store) == expected
        lose = Results(store, "code", DAY)
        with open_database(store, write=False) as database:
            keys = [bytes(k) for (k,) in database.execute("SELECT key FROM layer_result")]
        assert set(lose.find(keys)) == set(keys)


def test_a_store_that_cannot_be_used_costs_time_alone(tmp_path):
    url = str(tmp_path / "lading.db")
    (tmp_path / "lading.db").write_bytes(b"no database at all, but a file " * 50)
    results = Results(url, "code", DAY)
    image = opened(tmp_path, BASE)
    assert build(image, readers=READERS, results=results) == read(image)
    results.save()
    assert url in results.trouble


def test_results_are_bounded_and_the_longest_unused_go_first(store):
    def days():
        with open_database(store, write=False) as database:
            rows = database.execute("SELECT about FROM layer_result ORDER BY about")
            return "".join(about for (about,) in rows)

    def add(name, today, most=1 << 20):
        results = Results(store, "code", today, most)
        results.add(name.encode(), name, name.encode() * 100)
        results.save()

    for number, name in enumerate("abc"):
        add(name, f"2026-11-0{number + 1}")
    used = Results(store, "code", "2026-11-04")
    assert set(used.find([b"a", b"z"])) == {b"a"}
    used.save()
    with open_database(store, write=False) as database:
        size = totals(database).size
    add("d", "2026-11-05", most=size)
    assert days() == "acd"  # `b` was asked for longest ago
    add("e", "2026-12-05")
    assert days() == "de"  # a month unused
    add("f", "2026-12-05", most=1)
    assert days() == ""


def test_forgetting_drops_stale_results(store):
    for code, today in (("old", DAY), ("new", "2026-09-01"), ("new", DAY)):
        results = Results(store, code, today)
        results.add(f"{code}{today}".encode(), "about", b"content")
        results.save()
    told = forget(store, rule=Rule(keep_last=1), program="new", today=DAY)
    assert told.results == 1  # the unused one had gone when the third was added
    assert health(store).results == 1


def test_the_program_is_another_when_a_reader_is(tmp_path, monkeypatch):
    import sbom

    before = program()
    assert program() == before
    assert len(before) == 64
    (tmp_path / "reader.py").write_text("GLOBS = ()\n")
    monkeypatch.setattr(sbom, "__path__", [str(tmp_path)])
    one = program()
    (tmp_path / "reader.py").write_text("GLOBS = ('*',)\n")
    assert len({before, one, program()}) == 3
