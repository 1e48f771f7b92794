"""Zip archives: the same members as the standard library finds, within bounds, damaged or not."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.records import archive as module
from match.records.archive import BadArchive, members


def packed(contents, method=zipfile.ZIP_DEFLATED, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.comment = comment
        for name, data in contents:
            archive.writestr(name, data)
    return out


CONTENTS = st.lists(st.tuples(st.text("abcü/", min_size=1, max_size=9), st.binary(max_size=300)))


@settings(max_examples=60, deadline=None)
@given(
    CONTENTS, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.binary(max_size=30)
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_members_are_those_the_standard_library_finds(contents, method, comment):
    found = [(m.name, m.data, m.fault) for m in members(packed(contents, method, comment))]
    assert found == [(n, d, "") for n, d in contents if not n.endswith("/")]


def test_a_comment_may_look_like_the_end():
    for comment in (b"PK\x05\x06", b"PK\x05\x06" + bytes(40), b"x" * 65_535):
        assert [m.data for m in members(packed([("a", b"1")], comment=comment))] == [b"1"]


def test_a_long_name_and_a_long_extra_field():
    name = "n" * 700 + ".json"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.extra = struct.pack("<HH", 0x9999, 600) + b"x" * 600
        archive.writestr(info, b"data")
        archive.writestr("next", b"more")
    assert [(len(m.name), m.data) for m in members(out)] == [(705, b"data"), (4, b"more")]


def test_zip64_sizes_are_read():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("a", "w", force_zip64=True) as file:
        file.write(b"wide")
    assert [m.data for m in members(out)] == [b"wide"]


def test_more_members_than_the_end_record_can_count():
    out = packed([(str(n), b"") for n in range(66_000)], zipfile.ZIP_STORED)
    assert sum(1 for _ in members(out)) == 66_000


def directory(raw):
    """Where the directory of a small archive begins and ends."""
    start = raw.index(b"PK\x01\x02")
    return start, raw.index(b"PK\x05\x06", start)


def test_members_that_lie_over_each_other_are_read_no_more_often_than_they_are_long():
    raw = packed([("a", bytes(range(256)) * 40)], zipfile.ZIP_STORED).getvalue()
    start, end = directory(raw)
    entries = raw[start:end] * 1000
    tail = bytearray(raw[end:])
    tail[8:20] = struct.pack("<2H2L", 1000, 1000, len(entries), start)
    length = []
    read = (len(member.data) for member in members(io.BytesIO(raw[:start] + entries + tail)))
    with pytest.raises(BadArchive, match="over each other"):
        length.extend(read)
    assert sum(length) <= 2 * len(raw + entries)


def test_one_entry_that_lies_about_its_length_spoils_none_but_itself():
    raw = bytearray(packed([("a", b"one"), ("b", b"two")], zipfile.ZIP_STORED).getvalue())
    at = directory(raw)[0]
    raw[at + 20 : at + 28] = struct.pack("<2L", 1 << 20, 1 << 20)
    first, second = members(io.BytesIO(bytes(raw)))
    assert (bool(first.fault), second.data) == (True, b"two")


@pytest.mark.parametrize("said", [1, 3])
def test_a_directory_of_another_number_of_entries_than_is_said_is_damaged(said):
    """What is not read would else be taken for gone."""
    raw = bytearray(packed([("a", b"one"), ("b", b"two")]).getvalue())
    at = raw.index(b"PK\x05\x06")
    raw[at + 8 : at + 12] = struct.pack("<2H", said, said)
    with pytest.raises(BadArchive, match=r"2 entries and says|is damaged|shorter"):
        list(members(io.BytesIO(bytes(raw))))


def test_a_writer_that_counts_to_65535_and_begins_again_loses_nothing():
    raw = bytearray(packed([("a", b"one")], zipfile.ZIP_STORED).getvalue())
    start, end = directory(raw)
    many = raw[:start] + raw[start:end] * 65_537 + raw[end:]
    at = many.index(b"PK\x05\x06")
    many[at + 8 : at + 20] = struct.pack("<2H2L", 1, 1, 65_537 * (end - start), start)
    assert sum(1 for _ in members(io.BytesIO(bytes(many)))) == 65_537


def test_a_member_is_refused_by_length_ratio_and_method(monkeypatch):
    monkeypatch.setattr(module, "MEMBER_BYTES", 2 << 20)
    contents = [
        ("bomb", b"0" * (1 << 21)),
        ("long", bytes(range(256)) * (3 << 12)),
        ("ok", b"1"),
    ]
    bomb, long, good = members(packed(contents))
    assert "fold" in bomb.fault
    assert "longer" in long.fault
    assert good.data == b"1"
    (other,) = members(packed([("x", b"y" * 99)], zipfile.ZIP_BZIP2))
    assert "method 12" in other.fault


def test_a_member_that_is_not_as_stated_is_a_fault():
    raw = bytearray(packed([("a", b"one " * 50), ("b", b"two")]).getvalue())
    at = raw.index(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<L", 5)
    first, second = members(io.BytesIO(bytes(raw)))
    assert "not as stated" in first.fault
    assert second.data == b"two"


@pytest.mark.parametrize("cut", [0, 3, 30, 60, -1, -10, -22])
def test_a_file_cut_short_has_no_directory(cut):
    raw = packed([("a", b"one"), ("b", b"two")]).getvalue()
    with pytest.raises(BadArchive):
        list(members(io.BytesIO(raw[:cut])))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damage_makes_it_fail_otherwise(data):
    raw = bytearray(packed([("a", b"one" * 40), ("b.json", b"two")]).getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        for member in members(io.BytesIO(bytes(raw))):
            assert member.fault or member.data in {b"one" * 40, b"two", b""}
    except BadArchive:
        pass
