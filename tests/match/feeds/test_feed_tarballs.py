"""Tar archives of repositories: their files within bounds, whatever else they hold."""

import io
import tarfile

import pytest
from feed_files import tarball
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import walk
from match.records import tarball as module
from match.records.archive import BadArchive


def files(data, path="x.tar"):
    head, rest = data[:512], io.BytesIO(data[512:])
    return [(m.name, m.data, m.fault) for m in module.files(path, head, rest)]


def test_regular_files_are_yielded_and_links_are_not():
    data = tarball({"a/b.json": b"one", "a/c.json": b"", "./d": b"two" * 400}, link="/etc/passwd")
    assert files(data) == [("a/b.json", b"one", ""), ("a/c.json", b"", ""), ("d", b"two" * 400, "")]
    assert module.is_tar(data[:512])
    assert not module.is_tar(b"{}")


def test_a_repository_is_known_by_its_folder_whatever_comes_first(tmp_path):
    plain = tarball({"cvelistV5-main/.github/index.js": b"x" * 90_000, "cvelistV5-main/a": b""})
    out = io.BytesIO()
    headers = {"comment": "0" * 40}
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as archive:
        archive.addfile(tarfile.TarInfo("cvelistV5-main/a"))
    for data in (plain, out.getvalue()):
        assert module.is_archive_of(data, "vulnrichment", "cvelistV5")
        assert not module.is_archive_of(data, "cvelist")
        (tmp_path / "x.tar").write_bytes(data)
        assert [s.feed for s in walk(str(tmp_path))] == ["cve"]


def test_long_names_are_read():
    name = "r/" + "n" * 300 + ".json"
    assert files(tarball({name: b"1"})) == [(name, b"1", "")]


@pytest.mark.parametrize("name", ["/etc/passwd", "a/../../b", ".."])
def test_a_name_that_leaves_the_archive_is_a_fault(name):
    ((found, data, fault),) = files(tarball({name: b"1"}))
    assert (found, data) == (name, b"")
    assert "leaves" in fault


def test_a_long_member_is_a_fault_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(module, "MEMBER_BYTES", 1000)
    first, second = files(tarball({"a": b"1" * 1001, "b": b"2" * 1000}))
    assert "longer" in first[2]
    assert (second[1], second[2]) == (b"2" * 1000, "")


def test_an_archive_may_not_unpack_without_end(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "RATIO_FREE", 100_000)
    path = tmp_path / "x.tar.gz"
    data = tarball({str(n): bytes(10_000) for n in range(40)})
    path.write_bytes(b"x" * (len(data) // 1000))
    with pytest.raises(BadArchive, match="unpacks to more"):
        files(data, str(path))
    path.write_bytes(b"x" * (len(data) // 300))
    assert len(files(data, str(path))) == 40


def test_an_archive_without_its_end_is_told_even_between_two_members():
    data = tarball({"a": b"1", "b": b"2"})
    with pytest.raises(BadArchive, match="the mark of its end"):
        files(data[:1024])
    assert len(files(data.rstrip(b"\0") + bytes(511 + 1024))) == 2


def test_an_archive_may_not_have_members_without_end(monkeypatch):
    monkeypatch.setattr(module, "MEMBERS", 3)
    with pytest.raises(BadArchive, match="more than 3"):
        files(tarball({str(n): b"" for n in range(5)}))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_damage_makes_it_fail_otherwise(data):
    raw = bytearray(tarball({"a": b"one" * 40, "b.json": b"two"}))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, 2500))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(raw)))
    try:
        for name, content, fault in files(bytes(raw[:end])):
            assert isinstance(name, str)
            assert fault or isinstance(content, bytes)
    except BadArchive:
        pass
