"""`dir:`: a root that is in use. It changes while it is read, and other file systems lie in it."""

import os
import socket
import stat
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_image import LINES, OS_RELEASE, READERS

from sbom.build import build
from sbom.errors import InputError
from sbom.image import mounts
from sbom.image.mounts import mounted
from sbom.limits import DEFAULT, Limits
from sbom.model import Problem
from sbom.sources import open_image
from sbom.sources.directory import Files


@pytest.fixture
def root(tmp_path):
    """A small root: a release, and a package on each of three levels."""
    for name, data in (
        ("etc/os-release", OS_RELEASE),
        ("a.pkg", b"npm a 1"),
        ("srv/b.pkg", b"npm b 1"),
        ("srv/deep/c.pkg", b"npm c 1"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def sbom_of(root, readers=READERS, **more):
    return build(open_image(f"dir:{root}", **more), readers=readers, threads=1)


def names(sbom):
    return [component.name for component in sbom.components]


def told(sbom):
    """Return the problems but that of the made-up root as a whole: it has no dpkg."""
    return {(each.where, each.what) for each in sbom.problems if each.where != "/"}


def reading(act):
    """Return readers that act, once, when the first package is read."""
    left = [act]

    def read(data, path):
        while left:
            left.pop()()
        return LINES.read(data, path)

    return {"lines": SimpleNamespace(GLOBS=LINES.GLOBS, MAGIC=LINES.MAGIC, read=read)}


def test_files_that_vanish_meanwhile_are_problems(root):
    def vanish():
        (root / "z.pkg").unlink()
        (root / "srv/deep/c.pkg").unlink()
        (root / "srv/deep").rmdir()

    (root / "z.pkg").write_bytes(b"npm z 1")
    sbom = sbom_of(root, reading(vanish))
    assert names(sbom) == ["a", "b"]
    # What was gone before its folder was listed was never there.
    assert told(sbom) == {("z.pkg", "it cannot be read: No such file or directory")}


def test_a_folder_that_vanishes_after_it_was_listed_is_a_problem(root):
    files = Files(str(root), DEFAULT, None, mounts=False)
    seen = []
    for entry in files:
        if isinstance(entry, Problem):
            seen.append((entry.where, entry.what))
        elif entry.path == b"srv/deep":
            (root / "srv/deep/c.pkg").unlink()
            (root / "srv/deep").rmdir()
    assert seen == [("srv/deep", "it cannot be read: No such file or directory")]


def test_a_file_that_is_wanted_by_a_link_and_vanishes_is_a_problem(root):
    """Such files are read in a second pass, after all names are known."""
    (root / "real").mkdir()
    (root / "real/packages").write_bytes(b"npm linked 1")
    (root / "var/lib").mkdir(parents=True)
    (root / "var/lib/db").symlink_to("../../real")
    assert "linked" in names(sbom_of(root))
    image = open_image(f"dir:{root}")
    (layer,) = image.layers
    passes = []

    def opened(limits, tick):
        passes.append(1)
        files = layer.open(limits, tick)
        if len(passes) == 2:
            whole = files.read
            files.read = lambda: (root / "real/packages").unlink() or whole()
        return files

    from msgspec.structs import replace

    changed = replace(image, layers=(replace(layer, open=opened),))
    sbom = build(changed, readers=READERS, threads=1)
    assert len(passes) == 2
    assert "linked" not in names(sbom)
    assert ("real/packages", "it cannot be read: No such file or directory") in told(sbom)


def test_a_folder_that_becomes_a_link_does_not_lead_out(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "c.pkg").write_bytes(b"npm secret 1")

    def swap():
        (root / "srv/deep/c.pkg").unlink()
        (root / "srv/deep").rmdir()
        (root / "srv/deep").symlink_to(outside)

    files = Files(str(root), DEFAULT, None, mounts=False)
    seen = []
    for entry in files:
        if isinstance(entry, Problem):
            seen.append(entry.where)
        elif entry.path == b"srv/deep":
            swap()
        elif entry.path.endswith(b".pkg"):
            assert b"secret" not in files.read()
    assert seen == ["srv/deep"]


def test_a_parent_that_becomes_a_link_does_not_lead_out(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "deep").mkdir()
    (outside / "deep/c.pkg").write_bytes(b"npm secret 1")
    files = Files(str(root), DEFAULT, None, mounts=False)
    seen = []
    for entry in files:
        if isinstance(entry, Problem):
            seen.append(entry.where)
        elif entry.path == b"srv/deep":
            (root / "srv").rename(root / "moved")
            (root / "srv").symlink_to(outside)
        elif entry.path == b"srv/b.pkg":
            assert files.read() == b"npm b 1"
    assert seen == ["srv/deep"]


def test_a_file_whose_folder_becomes_a_link_is_still_the_one_that_was_listed(
    root, tmp_path_factory
):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "b.pkg").write_bytes(b"npm secret 1")
    files = Files(str(root), DEFAULT, None, mounts=False)
    for entry in files:
        if entry.path == b"srv/b.pkg":
            (root / "srv").rename(root / "moved")
            (root / "srv").symlink_to(outside)
            assert files.head(3) == b"npm"
            assert files.read() == b"npm b 1"
            break


def test_sockets_pipes_and_devices_are_never_opened(root):
    os.mkfifo(root / "pipe.pkg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fsencode(os.path.relpath(root / "socket.pkg")))
        if os.geteuid() == 0:
            os.mknod(root / "tty.pkg", stat.S_IFCHR | 0o600, os.makedev(5, 0))
        sbom = sbom_of(root)
    assert names(sbom) == ["a", "b", "c"]
    assert not told(sbom)


def test_a_file_that_becomes_a_pipe_or_a_link_is_not_read(root):
    files = Files(str(root), DEFAULT, None, mounts=False)
    for entry in files:
        if entry.path == b"a.pkg":
            (root / "a.pkg").unlink()
            os.mkfifo(root / "a.pkg")
            with pytest.raises(OSError, match="it is no file any more"):
                files.read()
            assert files.head(8) == b""
            (root / "a.pkg").unlink()
            (root / "a.pkg").symlink_to("/etc/passwd")
            with pytest.raises(OSError, match="symbolic links"):
                files.read()


def table(root, *lines):
    """Write a table of mounts as the kernel writes it: (place, kind)."""
    path = root.parent / f"{root.name}.mounts"
    rows = [f"1 1 0:1 / {root} rw - ext4 /dev/x rw"]
    rows += [
        f"{n} 1 0:{n} / {root}/{place} rw,noatime shared:1 - {kind} none rw"
        for n, (place, kind) in enumerate(lines, 30)
    ]
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def test_other_file_systems_are_left_out_and_told(root, monkeypatch):
    for name in ("proc", "run", "srv/my data"):
        (root / name).mkdir()
        (root / name / "x.pkg").write_bytes(f"npm {name[:3]} 1".encode())
    lines = (("proc", "proc"), ("run", "tmpfs"), (r"srv/my\040data", "xfs"), ("srv/deep", "ext4"))
    monkeypatch.setattr(mounts, "TABLE", table(root, *lines))
    sbom = sbom_of(root)
    assert names(sbom) == ["a", "b"]
    what = "another file system ({}) is mounted there and is not read; --mounts reads it"
    assert told(sbom) == {("srv/deep", what.format("ext4")), ("srv/my data", what.format("xfs"))}
    # Asked for, all are read but what the kernel makes up.
    sbom = sbom_of(root, mounts=True)
    assert names(sbom) == ["a", "b", "c", "run", "srv"]
    assert not told(sbom)


def test_without_a_table_the_device_tells(root, monkeypatch):
    monkeypatch.setattr(mounts, "TABLE", str(root / "none"))
    real = os.stat

    def elsewhere(path, **more):
        facts = real(path, **more)
        if path in {b"deep", b"proc"}:
            return os.stat_result([*facts[:2], facts.st_dev + 1, *facts[3:]])
        return facts

    (root / "proc").mkdir()
    monkeypatch.setattr(os, "stat", elsewhere)
    sbom = sbom_of(root)
    assert names(sbom) == ["a", "b"]
    assert [where for where, _ in told(sbom)] == ["srv/deep"]


def test_the_table_of_this_machine_is_read():
    if not Path(mounts.TABLE).exists():
        pytest.skip("no Linux")
    assert mounted("/")[b"proc"] == "proc"
    assert b"proc" not in mounted("/proc")


def test_the_table_does_not_speak_of_another_processs_root(root):
    (root / "link").symlink_to("/")
    assert mounted(str(root / "link")) == mounted("/")
    assert mounted(str(root / "none")) == {}


@given(st.binary(max_size=200))
def test_no_table_is_a_fault(data):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "table").write_bytes(data)
        patch.setattr(mounts, "TABLE", f"{folder}/table")
        assert all(isinstance(kind, str) for kind in mounted("/").values())


def test_the_name_of_the_machine_is_in_no_sbom(root):
    (root / "etc/hostname").write_text("the-name-of-this-machine\n")
    from sbom.formats import write

    document = write(sbom_of(root), "cyclonedx-json", timestamp="2024-01-01T00:00:00Z")
    assert b"the-name-of-this-machine" not in document
    assert os.uname().nodename.encode() not in document.replace(os.fsencode(root), b"")


def test_a_folder_of_too_many_files_is_refused(root):
    with pytest.raises(InputError, match="more than 3 entries"):
        build(open_image(f"dir:{root}"), readers=READERS, limits=Limits(entries=3))


def test_the_order_is_that_of_the_names(root):
    files = Files(str(root), DEFAULT, None, mounts=False)
    assert [entry.path for entry in files] == [
        b"a.pkg",
        b"etc",
        b"srv",
        b"etc/os-release",
        b"srv/b.pkg",
        b"srv/deep",
        b"srv/deep/c.pkg",
    ]


def test_no_descriptor_is_left_open(root):
    before = len(os.listdir("/proc/self/fd"))
    sbom_of(root)
    files = Files(str(root), DEFAULT, None, mounts=False)
    next(iter(files))
    del files
    assert len(os.listdir("/proc/self/fd")) == before
