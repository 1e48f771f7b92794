"""Linux kernels and their modules: what the boot protocol's header and `.modinfo` state.

A module that states no version is part of the kernel that it was built with, unless it says that it
comes from elsewhere. Where a package owns the file, the package speaks for it (`sbom.build`).
"""

import lzma
import re
import struct
import zlib
from collections.abc import Iterator

from sbom.model import Found, Problem
from sbom.readers import elf

IMAGES = ("vmlinuz", "bzImage", "linux", "kernel")
GLOBS = (
    *(f"boot/{name}*" for name in IMAGES[:2]),
    "**/lib/modules/*/vmlinuz",
    "**/bzImage",
    *(f"**/lib/modules/**/*.ko{packing}" for packing in ("", ".gz", ".xz", ".zst")),
)
MAGIC: tuple[bytes, ...] = ()

# The boot protocol of x86 (Documentation/arch/x86/boot.rst): `HdrS` at 0x202, at 0x20e where the
# text with the version lies, counted from 0x200. Other machines' images begin otherwise.
MAGIC_AT, MAGIC_TEXT, POINTER_AT, SETUP = 0x202, b"HdrS", 0x20E, 0x200
LONGEST = 512
RELEASE = re.compile(r"(\d+\.\d+(?:\.\d+)?)(-rc\d+)?([^\s]*)")
# Distributions name a kernel by the interface it keeps; Debian also says which one it is.
DEBIAN = re.compile(r"#\d+ .*\bDebian (\d+\.\d+(?:\.\d+)?)-")
DISTRIBUTIONS = re.compile(r"#\d+\S*-Ubuntu|\.(?:el|fc|amzn|azl|cm)\d|-default\b|-(?:lts|virt)\b")
KERNEL_CPE = "cpe:2.3:o:linux:linux_kernel:{}:{}:*:*:*:*:*:*"
LARGEST_MODULE = 64 << 20
UNPACKED = (zlib.error, lzma.LZMAError, EOFError)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the kernel of an image, or a module that is no part of one."""
    if ".ko" in path.rpartition("/")[2]:
        yield from _module(data, path)
        return
    text = _version_text(data)
    release = RELEASE.match(text)
    if release:
        yield _kernel(release, text)
    elif text or data.startswith(b"MZ"):
        what = "the kernel does not state its version"
        yield Problem(source="kernel", where=path, what=what, effect="record_lost")


def _version_text(data: bytes) -> str:
    if data[MAGIC_AT : MAGIC_AT + 4] != MAGIC_TEXT or len(data) < POINTER_AT + 2:
        return ""
    (at,) = struct.unpack_from("<H", data, POINTER_AT)
    text = data[at + SETUP : at + SETUP + LONGEST].partition(b"\0")[0]
    return text.decode("ascii", "replace") or "?"


def _kernel(release: re.Match[str], text: str) -> Found:
    """Name a kernel; the number of a distribution's is not the one it was made of."""
    debian = DEBIAN.search(text)
    number, candidate = (debian[1], "") if debian else (release[1], release[2] or "")
    cpes = (KERNEL_CPE.format(number, candidate.removeprefix("-") or "*"),)
    return Found(
        type="generic",
        name="linux",
        version=number if debian else release[0],
        cpes=() if DISTRIBUTIONS.search(text) else cpes,
    )


def _module(data: bytes, path: str) -> Iterator[Found | Problem]:
    module = _unpacked(data)
    area = elf.section(module, ".modinfo") if isinstance(module, bytes) else None
    if not isinstance(module, bytes) or area is None:
        what = f"unreadable module: {module if isinstance(module, str) else 'it has no .modinfo'}"
        yield Problem(source="kernel", where=path, what=what, effect="record_lost")
        return
    fields: dict[str, str] = {}
    for line in module[area.offset : area.end].split(b"\0"):
        key, _, value = line.decode("utf-8", "replace").partition("=")
        fields.setdefault(key, value.strip())
    name = fields.get("name") or path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")
    version = fields.get("version", "")
    if version and name:
        yield Found(
            type="generic",
            namespace="linux",
            name=name,
            version=version,
            vendor=fields.get("author", ""),
            licenses=(fields["license"],) if fields.get("license") else (),
        )
    elif "intree" not in fields:
        what = f"module {name!r} is of another maker than the kernel and states no version"
        yield Problem(source="kernel", where=path, what=what, effect="record_lost")


def _unpacked(data: bytes) -> bytes | str:
    """Return a module unpacked, or why it cannot be."""
    import zstandard

    try:
        if data.startswith(b"\x1f\x8b"):
            text = zlib.decompressobj(31).decompress(data, LARGEST_MODULE)
        elif data.startswith(b"\xfd7zXZ"):
            text = lzma.LZMADecompressor(memlimit=LARGEST_MODULE).decompress(data, LARGEST_MODULE)
        elif data.startswith(b"\x28\xb5\x2f\xfd"):
            unzip = zstandard.ZstdDecompressor(max_window_size=LARGEST_MODULE)
            with unzip.stream_reader(data, read_across_frames=True) as stream:
                text = stream.read(LARGEST_MODULE)
        else:
            text = data
    except (*UNPACKED, zstandard.ZstdError) as fault:
        return str(fault)
    return text if text.startswith(elf.MAGIC) else "it is no ELF file"
