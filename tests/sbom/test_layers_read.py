"""One layer: wanted files reach their readers, hostile entries become problems, bounds hold."""

import io
import tarfile
import tracemalloc
from types import SimpleNamespace

import msgspec
import pytest
from make_image import (
    LINES,
    READERS,
    config_of,
    contents_of,
    dumped,
    image_of,
    packed,
    sha256,
    tar,
    write_layout,
)

from sbom.errors import InputError
from sbom.image.layers import LayerContent, owners, read_layer, ready
from sbom.image.packed import unpack
from sbom.limits import DEFAULT, Limits
from sbom.sources import open_image


def listed(packed_list):
    return [path for part in unpack(packed_list) for path in part]


def packages(content):
    return [(file.path, found.name) for file in content.files for found in file.found]


def test_wanted_files_reach_their_readers_and_only_paths_are_kept_of_others(tmp_path):
    layer = tar(
        ("./a/", None),
        ("./a/x.pkg", b"npm x 1"),
        ("a/big", b"z" * 100_000),
        ("a/.wh.gone", b""),
        ("b/.wh..wh..opq", b""),
        ("b/.wh..wh.plnk", b""),
        ("l", "a/x.pkg"),
        ("h", "=a/big"),
    )
    (content,) = contents_of(tmp_path, layer)
    assert packages(content) == [(b"a/x.pkg", "x")]
    assert listed(content.names) == [b"a/", b"a/x.pkg", b"a/big", b"l", b"h"]
    assert listed(content.whiteouts) == [b"a/gone"]
    assert listed(content.opaque) == [b"b"]
    assert listed(content.links) == [b"l", b">a/x.pkg", b"h", b"=a/big"]
    assert content.problems == ()


def test_what_a_layer_holds_can_be_stored_and_read_back(tmp_path):
    layer = tar(
        (b"caf\xe9.pkg".decode("utf-8", "surrogateescape"), b"npm x 1\nodd"),
        ("d.pkg", b"deb d 1 owns=usr/x,usr/y"),
        ("etc/os-release", b"ID=debian"),
    )
    (content,) = contents_of(tmp_path, layer)
    stored = msgspec.msgpack.encode(content)
    assert msgspec.msgpack.decode(stored, type=LayerContent) == content
    (file,) = (file for file in content.files if file.owned)
    assert list(owners(file)) == [("d", "", [b"usr/x", b"usr/y"])]


def test_names_that_are_not_utf8_are_shown_escaped(tmp_path):
    seen = []
    reader = SimpleNamespace(
        GLOBS=("**/*.pkg",), MAGIC=(), read=lambda _data, path: seen.append(path) or iter(())
    )
    name = b"caf\xe9\x01\n.pkg".decode("utf-8", "surrogateescape")
    image = image_of(tmp_path, tar((name, b"npm x 1"), form=tarfile.GNU_FORMAT))
    read_layer(image.layers[0], ready({"odd": reader}), DEFAULT)
    assert seen == ["caf\\xe9\x01\n.pkg"]
    assert seen[0].encode()


@pytest.mark.parametrize("name", ["../up.pkg", "a/../../up.pkg", "/../up.pkg"])
def test_names_that_lead_out_are_a_problem_and_are_not_read(tmp_path, name):
    (content,) = contents_of(tmp_path, tar((name, b"npm x 1"), ("in.pkg", b"npm y 1")))
    assert packages(content) == [(b"in.pkg", "y")]
    (problem,) = content.problems
    assert (problem.where, problem.effect) == (name, "record_lost")
    assert "leads out of the image" in problem.what


@pytest.mark.parametrize("name", ["/abs/x.pkg", "//abs///x.pkg", "./abs/./x.pkg", "abs/y/../x.pkg"])
def test_odd_names_inside_the_root_are_made_plain(tmp_path, name):
    (content,) = contents_of(tmp_path, tar((name, b"npm x 1"), form=tarfile.GNU_FORMAT))
    assert packages(content) == [(b"abs/x.pkg", "x")]


def test_of_two_entries_with_one_path_the_later_counts(tmp_path):
    first = ("x.pkg", b"npm old 1")
    (content,) = contents_of(tmp_path / "a", tar(first, ("./x.pkg", b"npm new 1")))
    assert packages(content) == [(b"x.pkg", "new")]
    (content,) = contents_of(tmp_path / "b", tar(first, ("x.pkg", "elsewhere")))
    assert packages(content) == []


def program(text: bytes, mode: int):
    info = tarfile.TarInfo("bin/tool")
    info.size, info.mode = len(text), mode
    return info, text


@pytest.mark.parametrize(
    ("text", "mode", "found"),
    [
        (b"\x7fELFcargo tool 1".ljust(5000, b"\0"), 0o755, True),
        (b"\x7fELFcargo tool 1".ljust(5000, b"\0"), 0o644, True),
        (b"\x7fELFcargo tool 1", 0o755, False),
        (b"#!ELFcargo tool 1".ljust(5000, b"\0"), 0o755, False),
        (b"\x7fMZcargo tool 1 ".ljust(5000, b"\0"), 0o644, False),
        (b"\x7fMZ cargo tool 1".ljust(5000, b"\0"), 0o755, True),
    ],
)
def test_programs_are_told_by_their_first_bytes(tmp_path, text, mode, found):
    info, content = program(text, mode)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(info, io.BytesIO(content))
    reader = SimpleNamespace(GLOBS=(), MAGIC=(b"\x7fELF", b"\x7fMZ"), read=LINES.read)
    image = image_of(tmp_path, out.getvalue())
    layer = read_layer(image.layers[0], ready({"lines": reader}), DEFAULT)
    assert bool(layer.files) is found


def test_a_reader_that_fails_loses_its_file_and_no_more(tmp_path):
    def read(_data, path):
        yield from LINES.read(b"npm before 1", path)
        raise KeyError("name")

    reader = SimpleNamespace(GLOBS=("**/*.bad",), MAGIC=(), read=read)
    image = image_of(tmp_path, tar(("x.bad", b""), ("y.pkg", b"npm y 1")))
    content = read_layer(image.layers[0], ready({"bad": reader, **READERS}), DEFAULT)
    assert [name for _, name in packages(content)] == ["before", "y"]
    (problem,) = (problem for file in content.files for problem in file.problems)
    assert (problem.source, problem.where, problem.effect) == ("bad", "x.bad", "source_lost")


def test_very_many_problems_are_counted_not_listed(tmp_path):
    entries = [(f"../{number}", b"") for number in range(500)]
    (content,) = contents_of(tmp_path, tar(*entries, ("x.pkg", b"odd\n" * 300)))
    assert len(content.problems) == 21
    assert content.problems[-1].what == "an entry's name leads out of the image (480 more)"
    (file,) = content.files
    assert len(file.problems) == 21
    assert file.problems[-1].what == "280 more parts cannot be read"


def test_very_many_unreadable_files_are_counted_not_listed(tmp_path):
    entries = [(f"{number}.pkg", b"odd") for number in range(1005)]
    (content,) = contents_of(tmp_path, tar(*entries))
    assert len(content.files) == 1000
    (problem,) = content.problems
    assert (problem.source, problem.what) == ("lines", "5 more files cannot be read")


def test_files_over_the_limit_are_told_with_the_option(tmp_path):
    limits = Limits(file_bytes=1000)
    layer = tar(("big.pkg", b"npm x 1 \n" * 200), ("small.pkg", b"npm y 1"))
    (content,) = contents_of(tmp_path, layer, limits=limits)
    assert packages(content) == [(b"small.pkg", "y")]
    (problem,) = content.problems
    assert problem.where == "big.pkg"
    assert problem.effect == "source_lost"
    assert "--limit file_bytes=VALUE" in problem.what


@pytest.mark.parametrize(
    ("name", "limits", "option"),
    [
        ("n" * 300 + "/x.pkg", Limits(path_bytes=200), "path_bytes"),
        ("d/" * 50 + "x.pkg", Limits(path_depth=20), "path_depth"),
    ],
)
def test_paths_over_the_limits_are_told_with_the_option(tmp_path, name, limits, option):
    (content,) = contents_of(tmp_path, tar((name, b"npm x 1")), limits=limits)
    assert packages(content) == []
    assert f"--limit {option}=VALUE" in content.problems[0].what


@pytest.mark.parametrize(
    ("limits", "option"),
    [
        (Limits(entries=5), "entries"),
        (Limits(packages=5), "packages"),
        (Limits(layer_bytes=2000), "layer_bytes"),
    ],
)
def test_a_layer_over_a_limit_is_refused_with_the_option(tmp_path, limits, option):
    layer = tar(*((f"{number}.pkg", b"npm x 1") for number in range(10)))
    with pytest.raises(InputError, match=rf"layer 0 \(sha256:.*\({option}\)") as error:
        contents_of(tmp_path, layer, limits=limits)
    assert f"--limit {option}=VALUE" in error.value.hint


def test_sparse_files_that_are_wanted_are_a_problem(tmp_path):
    info = tarfile.TarInfo("x.pkg")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "x.pkg"}
    (content,) = contents_of(tmp_path, tar(info))
    assert "sparse" in content.problems[0].what


def wrong(tmp_path, *, layer_digest=False, diff_id=False, cut=0, body=None):
    """Return a layout whose layer is not what its manifest or configuration says."""
    layer = tar(("x.pkg", b"npm x 1" * 500))
    blob = packed(layer) if body is None else body
    stated = sha256(b"other") if layer_digest else sha256(blob[:cut] if cut else blob)
    config = config_of([b"other" if diff_id else layer])
    files = {"blobs/sha256/" + sha256(config)[7:]: config}
    manifest = dumped(
        {"config": {"digest": sha256(config)}, "layers": [{"digest": stated, "size": len(blob)}]}
    )
    files["blobs/sha256/" + stated[7:]] = blob[:cut] if cut else blob
    files["blobs/sha256/" + sha256(manifest)[7:]] = manifest
    entry = {"digest": sha256(manifest)}
    image = open_image(f"oci:{write_layout(tmp_path, (files, entry))}")
    return read_layer(image.layers[0], ready(READERS), DEFAULT)


def test_wrong_digests_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"layer 0 .*: its bytes are sha256:.* not sha256"):
        wrong(tmp_path / "a", layer_digest=True)
    with pytest.raises(InputError, match=r"layer 0 .*, unpacked: its bytes are sha256"):
        wrong(tmp_path / "b", diff_id=True)
    assert wrong(tmp_path / "c").files


def test_cut_and_garbage_layers_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"layer 0 .* its gzip data ends too early"):
        wrong(tmp_path / "a", cut=60)
    with pytest.raises(InputError, match=r"layer 0 .* damaged archive at byte 512"):
        wrong(tmp_path / "b", body=b"garbage!" * 500)
    with pytest.raises(InputError, match=r"layer 0 .* it is zip"):
        wrong(tmp_path / "c", body=b"PK\x03\x04" + bytes(600))


def bomb_layer(tmp_path, pack, megabytes):
    """Return a layer with one file of zeros, packed."""
    info = tarfile.TarInfo("zeros")
    info.size = megabytes << 20
    layer = info.tobuf() + bytes(megabytes << 20) + bytes(1024)
    return image_of(tmp_path, layer, pack=pack).layers[0]


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_of_zeros_is_stopped_by_its_ratio(tmp_path, kind):
    import zstandard

    pack = packed if kind == "gzip" else zstandard.ZstdCompressor(level=1).compress
    layer = bomb_layer(tmp_path, pack, 300)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"layer_ratio"):
        read_layer(layer, ready(READERS), DEFAULT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20


def many(number: int, name: bytes) -> bytes:
    """Return a tar of very many empty files, made faster than `tarfile` makes one."""
    info = tarfile.TarInfo("x")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    base = sum(block[100:148]) + sum(block[156:]) + 8 * 32
    out = io.BytesIO()
    for count in range(number):
        path = name % count
        checksum = b"%06o\0 " % (base + sum(path))
        out.write(path.ljust(100, b"\0") + block[100:148] + checksum + block[156:])
    out.write(bytes(1024))
    return out.getvalue()


@pytest.mark.parametrize(
    "number", [30_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["small", "million"]
)
def test_very_many_entries_take_little_memory(tmp_path, number):
    image = image_of(tmp_path, many(number, b"var/cache/files/%d/some-name.txt"))
    tracemalloc.start()
    content = read_layer(image.layers[0], ready(READERS), DEFAULT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(len(part) for part in unpack(content.names)) == number
    assert peak < 40 << 20
