"""Chisel's manifest."""

import pytest
import zstandard
from reader_files import both, found

PATH = "var/lib/chisel/manifest.wall"
LINES = b"""{"jsonwall":"1.0","schema":"1.0","count":7}
{"kind":"content","slice":"base-files_base","path":"/etc/"}
{"kind":"package","name":"base-files","version":"13ubuntu10","sha256":"00","arch":"amd64"}
{"kind":"package","name":"libc6","version":"2.39-0ubuntu8","sha256":"00","arch":"amd64"}
{"kind":"path","path":"/etc/","mode":"0755","slices":["base-files_base"]}
{"kind":"path","path":"/etc/host.conf","mode":"0644","slices":["base-files_base"]}
{"kind":"path","path":"/lib/libc.so.6","mode":"0755","slices":["libc6_libs","libc6_more"]}
{"kind":"slice","name":"libc6_libs"}
"""


def packed(data):
    return zstandard.ZstdCompressor().compress(data)


def test_packages_and_their_files_are_read():
    base, libc = found("chisel", packed(LINES), PATH)
    assert (base.type, base.name, base.version, base.arch) == (
        "deb",
        "base-files",
        "13ubuntu10",
        "amd64",
    )
    assert base.owns == ("etc/host.conf",)
    assert (libc.name, libc.owns) == ("libc6", ("lib/libc.so.6",))


def test_a_bad_line_is_a_problem_of_that_line():
    packages, [problem] = both("chisel", packed(LINES + b"{oops\n"), PATH)
    assert len(packages) == 2
    assert problem.where == f"{PATH}: line 9"


@pytest.mark.parametrize("data", [b"garbage", packed(LINES)[:30] + b"\xff" * 40])
def test_a_damaged_manifest_is_a_problem(data):
    packages, problems = both("chisel", data, PATH)
    assert packages == []
    assert problems


def test_a_bomb_is_not_unpacked():
    packages, [problem] = both("chisel", packed(b" " * (65 << 20)), PATH)
    assert packages == []
    assert "64 MiB" in problem.what
