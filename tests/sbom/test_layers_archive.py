"""The tar scan agrees with Python's `tarfile` and GNU tar, whatever the form, names and chunks."""

import io
import shutil
import subprocess
import tarfile
from time import perf_counter

import pytest
from conftest import skip_or_fail
from hypothesis import given, settings
from hypothesis import strategies as st
from make_image import tar

from sbom.errors import InputError
from sbom.image.tar import FILE, FOLDER, HARDLINK, OTHER, SPARSE, SYMLINK, Tar

FORMS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
LONG = "a-long-folder-name/" * 12 + "file.txt"


def chunks(data: bytes, step: int = 1 << 20):
    return iter([data[at : at + step] for at in range(0, len(data), step)])


def scan(data: bytes, step: int = 1 << 20):
    archive = Tar(chunks(data, step), "t.tar")
    return [(entry, archive.read() if entry.kind == FILE else b"") for entry in archive]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_kind_of_entry_is_read_in_every_form(form):
    data = tar(
        ("./folder/", None),
        ("folder/file", b"x" * 1000),
        ("folder/link", "../elsewhere"),
        ("folder/hard", "=folder/file"),
        ("empty", b""),
        form=form,
    )
    assert [(e.path.rstrip(b"/"), e.kind, e.link, content) for e, content in scan(data)] == [
        (b"./folder", FOLDER, b"", b""),
        (b"folder/file", FILE, b"", b"x" * 1000),
        (b"folder/link", SYMLINK, b"../elsewhere", b""),
        (b"folder/hard", HARDLINK, b"folder/file", b""),
        (b"empty", FILE, b"", b""),
    ]


@pytest.mark.parametrize("form", [FORMS["gnu"], FORMS["pax"]], ids=["gnu", "pax"])
def test_long_names_and_long_links_are_read(form):
    data = tar((LONG, b"1"), ("short", LONG), ("last", b"2"), form=form)
    (first, one), (second, _), (third, two) = scan(data)
    assert (first.path, one) == (LONG.encode(), b"1")
    assert (second.path, second.link) == (b"short", LONG.encode())
    assert (third.path, two) == (b"last", b"2")


def test_ustar_prefix_is_read():
    name = "p" * 120 + "/" + "n" * 90
    assert scan(tar((name, b"1"), form=FORMS["ustar"]))[0][0].path == name.encode()


def header(name=b"file", size=b"00000000003\0", flag=b"0", magic=b"ustar\x0000", rest=b""):
    block = bytearray(name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + size)
    block += b"00000000000\0" + b" " * 8 + flag + b"\0" * 100 + magic + rest
    block = block.ljust(512, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


END = bytes(1024)


def test_sizes_in_base_256_and_unusual_octal_are_read():
    body = b"abc".ljust(512, b"\0")
    for size in (
        b"\x80" + b"\0" * 10 + b"\x03",
        b"         3  ",
        b"000000000003",
        b"3".ljust(12, b"\0"),
    ):
        assert scan(header(size=size) + body + END)[0][1] == b"abc"


def test_the_checksum_may_be_of_signed_bytes():
    block = bytearray(header(name=b"caf\xe9"))
    rest = block[:148] + b" " * 8 + block[156:]
    block[148:156] = b"%06o\0 " % (sum(rest) - 256 * sum(octet > 127 for octet in rest))
    assert scan(bytes(block) + b"abc".ljust(512, b"\0") + END)[0][0].path == b"caf\xe9"


@pytest.mark.parametrize(
    "size", [b"-0000000001\0", b"\xff" * 12, b"\x80" + b"\xff" * 11, b"12x45678901\0"]
)
def test_impossible_sizes_are_damage(size):
    with pytest.raises(InputError, match=r"t\.tar: damaged archive at byte 512: .*size"):
        scan(header(size=size) + END)


def test_old_gnu_sparse_files_are_recognised_and_passed():
    entry = bytearray(header(name=b"sparse", size=b"00000000003\0", flag=b"S", magic=b"ustar  \0"))
    entry[482] = 1
    rest = bytes(entry[:148]) + b" " * 8 + bytes(entry[156:])
    entry[148:156] = b"%06o\0 " % sum(rest)
    more = bytearray(512)
    more[504] = 1
    body = b"abc".ljust(512, b"\0")
    data = bytes(entry) + bytes(more) + bytes(512) + body + header() + body + END
    found = scan(data)
    assert [entry.kind for entry, _ in found] == [SPARSE, FILE]
    assert found[1][1] == b"abc"


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_gnu_tar_agrees(tmp_path, form):
    if shutil.which("tar") is None:
        skip_or_fail("no tar on this machine")
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / ("n" * 200)).write_bytes(b"long")
    (root / "d" / "hard").hardlink_to(root / "d" / ("n" * 200))
    (root / "link").symlink_to("d/" + "n" * 200)
    with (root / "sparse").open("wb") as file:
        file.truncate(10 << 20)
        file.seek(5 << 20)
        file.write(b"data")
    (root / "z").write_bytes(b"after")
    made = subprocess.run(
        ["tar", "-S", f"--format={form}", "--sort=name", "-cf", "-", "-C", root, "."],
        check=True,
        capture_output=True,
    )
    found = {e.path: (e.kind, content) for e, content in scan(made.stdout)}
    assert found[b"./sparse"][0] == SPARSE
    assert found[b"./z"] == (FILE, b"after")
    assert found[b"./d/" + b"n" * 200] == (FILE, b"long") or found[b"./d/hard"] == (FILE, b"long")
    assert {kind for kind, _ in found.values()} == {FILE, FOLDER, SYMLINK, HARDLINK, SPARSE}


NAMES = st.text(alphabet="abé/. \n", min_size=1, max_size=160).filter(lambda n: n.strip("/. \n"))
ENTRIES = st.lists(st.tuples(NAMES, st.binary(max_size=1500)), max_size=8)


@settings(max_examples=40, deadline=None)
@given(ENTRIES, st.sampled_from([FORMS["gnu"], FORMS["pax"]]), st.integers(1, 2000))
def test_the_scan_equals_tarfile_for_any_names_contents_and_chunks(entries, form, step):
    data = tar(*entries, form=form)
    with tarfile.open(fileobj=io.BytesIO(data)) as reference:
        expected = [(m.name, reference.extractfile(m).read()) for m in reference if m.isreg()]
    found = [(e.path.decode(), content) for e, content in scan(data, step) if e.kind == FILE]
    assert [(n.rstrip("/"), c) for n, c in found] == [(n.rstrip("/"), c) for n, c in expected]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5 * 512 - 1))
def test_an_archive_cut_anywhere_is_told_or_read_to_its_last_whole_entry(cut):
    data = tar(("one", b"1" * 700), ("two", b"2"), form=FORMS["ustar"])
    whole = scan(data)
    try:
        found = scan(data[:cut])
    except InputError as error:
        told = error.message if error.hint else ""
    else:
        told = "" if cut % 512 or found != whole[: len(found)] else "ends too early"
    assert "ends too early" in told


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_archive_gives_entries_or_one_clear_error(data):
    archive = bytearray(tar((LONG, b"1" * 600), ("two", LONG), ("three", b"3"), form=FORMS["pax"]))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    told = ""
    try:
        scan(bytes(archive), 700)
    except InputError as error:
        told = str(error)
    assert "\n" not in told


def test_garbage_is_no_tar():
    with pytest.raises(InputError, match="no tar header, it begins with b'gar"):
        scan(b"garbage!" * 200)


def test_what_follows_a_block_of_zeros_is_not_passed_in_silence():
    data = tar(("one", b""), form=FORMS["ustar"])[:512]
    with pytest.raises(InputError, match="after a block of zeros it goes on"):
        scan(data + bytes(512) + data + END)


def test_devices_and_unknown_types_keep_the_scan_in_step():
    body = b"abc".ljust(512, b"\0")
    device = header(name=b"dev", size=b"00000001000\0", flag=b"3")
    unknown = header(name=b"new", flag=b"Z")
    found = scan(device + unknown + body + header() + body + END)
    assert [(e.path, e.kind) for e, _ in found] == [
        (b"dev", OTHER),
        (b"new", FILE),
        (b"file", FILE),
    ]


def test_head_does_not_pass_the_content():
    archive = Tar(chunks(tar(("a", b"0123456789"), ("b", b"z")), 7), "t.tar")
    entries = iter(archive)
    next(entries)
    assert archive.head(4) == b"0123"
    assert archive.head(99) == b"0123456789"
    assert archive.read() == b"0123456789"
    assert next(entries).path == b"b"
    assert archive.head(8) == b"z"


def test_an_unreadable_pax_record_is_damage():
    data = bytearray(tar((LONG, b"1"), form=FORMS["pax"]))
    at = data.index(b"path=")
    data[at - 4 : at] = b"abc "
    with pytest.raises(InputError, match="damaged archive"):
        scan(bytes(data))


def test_a_pax_header_of_very_many_records_takes_time_in_proportion():
    records = b"5 a=\n" * 200_000 + b"9 path=b\n"
    data = tar_of_headers(records)
    begun = perf_counter()
    assert [entry.path for entry in Tar(iter([data]), "t.tar")] == [b"b"]
    assert perf_counter() - begun < 5


def tar_of_headers(records):
    """Return an archive of one file, named `a` but for what these pax records say."""
    info = tarfile.TarInfo("a")
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, len(records)
    filled = records + bytes(-len(records) % 512)
    return head.tobuf() + filled + info.tobuf() + bytes(1024)


def test_global_pax_headers_hold_until_they_are_overruled():
    def record(flag, text):
        body = b"%d path=%s\n" % (len(text) + 9, text)
        return header(name=b"x", size=b"%011o\0" % len(body), flag=flag) + body.ljust(512, b"\0")

    shared, own = record(b"g", b"shared"), record(b"x", b"own")
    body = b"abc".ljust(512, b"\0")
    data = shared + header() + body + own + header() + body + header() + body + END
    assert [entry.path for entry, _ in scan(data)] == [b"shared", b"own", b"shared"]
