"""A changed archive holds what its members' changes say, whatever lay in it and how."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.fetch.archives import fault, patched
from match.records.archive import members
from sbom.errors import FetchError

NAMES = st.sampled_from([f"ID-{n}.json" for n in range(12)])
MEMBERS = st.dictionaries(NAMES, st.binary(max_size=400))


def zipped(held, method, note=b""):
    """Write an archive as a stream that cannot be sought in, so that lengths follow the data."""

    class Stream(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, block):
            self.data += block
            return len(block)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.comment = note
        for name, data in held.items():
            archive.writestr(name, data)
    return bytes(stream.data)


@settings(max_examples=60, deadline=None)
@given(
    MEMBERS, MEMBERS, st.sets(NAMES), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
)
def test_a_patched_archive_is_the_old_with_the_new_and_without_the_gone(
    tmp_path_factory, old, new, gone, method
):
    folder = tmp_path_factory.mktemp("archive")
    (folder / "old.zip").write_bytes(zipped(old, method, b"a note"))
    patched(str(folder / "old.zip"), str(folder / "new.zip"), new, gone)
    expected = {name: data for name, data in old.items() if name not in gone} | new
    with zipfile.ZipFile(folder / "new.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    with (folder / "new.zip").open("rb") as file:
        found = list(members(file))
    assert {member.name: member.data for member in found} == expected
    assert not any(member.fault for member in found)
    assert fault(str(folder / "new.zip")) == ""


def test_the_same_change_gives_the_same_bytes(tmp_path):
    (tmp_path / "old").write_bytes(zipped({"a.json": b"1", "b.json": b"2"}, zipfile.ZIP_DEFLATED))
    for name in ("one", "two"):
        patched(str(tmp_path / "old"), str(tmp_path / name), {"c.json": b"3"}, {"a.json"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04nonsense", zipped({"a": b"b"}, 0)[:-9]])
def test_what_is_no_archive_is_told(tmp_path, data):
    (tmp_path / "old").write_bytes(data)
    with pytest.raises(FetchError):
        patched(str(tmp_path / "old"), str(tmp_path / "new"), {}, ())
    assert bool(fault(str(tmp_path / "old"))) is data.startswith(b"PK")
