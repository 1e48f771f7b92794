"""The descriptions of unpacked snaps."""

from reader_files import both, found

PATH = "snap/hello/42/meta/snap.yaml"


def test_a_snap_has_name_version_and_licence():
    data = b"# made\nname: hello\nversion: '2.10'  # quoted\nlicense: GPL-3.0\nbase: core22\napps:\n  name: x\n"
    [each] = found("snap", data, PATH)
    assert (each.type, each.namespace, each.name) == ("generic", "snap", "hello")
    assert (each.version, each.licenses) == ("2.10", ("GPL-3.0",))


def test_a_snap_without_a_version_is_a_problem():
    packages, [problem] = both("snap", b"name: hello\nadopt-info: hello\n", PATH)
    assert packages == []
    assert "no version" in problem.what
