"""Kernels and modules, made as the boot protocol and the build write them."""

import gzip
import lzma

import pytest
import zstandard
from reader_files import both, elf, found, kernel_image

MODULE = "usr/lib/modules/6.6.1/extra/zfs.ko"
DEBIAN = "6.1.0-28-amd64 (debian-kernel) #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)"


def module(*lines):
    return elf({".text": b"\x90", ".modinfo": "".join(f"{line}\0" for line in lines).encode()})


@pytest.mark.parametrize(
    ("text", "version", "cpe"),
    [
        ("6.6.12 (me@host) #3 SMP Mon Jan 1", "6.6.12", "6.6.12:*"),
        ("6.8.0-rc2-local (me@host) #1", "6.8.0-rc2-local", "6.8.0:rc2"),
        (DEBIAN, "6.1.119", "6.1.119:*"),
        ("5.15.0-91-generic (buildd@x) #101-Ubuntu SMP", "5.15.0-91-generic", ""),
        ("5.14.0-362.8.1.el9_3.x86_64 (mock@x) #1", "5.14.0-362.8.1.el9_3.x86_64", ""),
    ],
)
def test_a_kernel_is_known_by_what_it_says_of_itself(text, version, cpe):
    [each] = found("kernel", kernel_image(text), "boot/vmlinuz-6")
    assert (each.type, each.name, each.version) == ("generic", "linux", version)
    known = (f"cpe:2.3:o:linux:linux_kernel:{cpe}:*:*:*:*:*:*",) if cpe else ()
    assert each.cpes == known


@pytest.mark.parametrize(
    ("pack", "ending"),
    [
        (bytes, ""),
        (gzip.compress, ".gz"),
        (lzma.compress, ".xz"),
        (zstandard.ZstdCompressor().compress, ".zst"),
    ],
)
def test_a_module_of_its_own_version_is_listed(pack, ending):
    data = pack(module("version=2.2.2-1", "license=CDDL", "author=OpenZFS", "name=zfs"))
    [each] = found("kernel", data, MODULE + ending)
    assert (each.namespace, each.name, each.version) == ("linux", "zfs", "2.2.2-1")
    assert (each.vendor, each.licenses) == ("OpenZFS", ("CDDL",))


def test_a_module_of_the_kernel_is_the_kernels():
    assert found("kernel", module("license=GPL", "intree=Y", "name=ext4"), MODULE) == []


def test_what_says_nothing_is_a_problem():
    things, [problem] = both("kernel", module("license=GPL", "name=odd"), MODULE)
    assert (things, problem.effect) == ([], "record_lost")
    assert "another maker" in problem.what
    for data in (
        b"text",
        b"\xfd7zXZ\0",
        b"\x28\xb5\x2f\xfd\0",
        b"\x1f\x8b\x08",
        elf({".text": b""}),
    ):
        assert "unreadable module" in both("kernel", data, MODULE)[1][0].what
    assert "version" in both("kernel", b"MZ" + bytes(600), "boot/vmlinuz")[1][0].what
    assert both("kernel", kernel_image("what"), "boot/vmlinuz")[1]


def test_other_files_of_that_name_say_nothing():
    assert found("kernel", b"#!/bin/sh\n", "boot/vmlinuz-latest") == []
