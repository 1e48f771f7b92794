"""Packages of chiselled Ubuntu images: the manifest that Chisel writes (jsonwall in zstd).

Each line is a JSON object with a `kind`; `package` is a Debian package of which slices were
installed, `path` a file with the slices (`PACKAGE_SLICE`) that brought it.
"""

from collections.abc import Iterator

from msgspec import DecodeError, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem

GLOBS = ("var/lib/chisel/manifest.wall",)
MAGIC: tuple[bytes, ...] = ()

HEADER = b'{"jsonwall"'
LARGEST, LARGEST_WINDOW = 64 << 20, 8 << 20


class Line(Struct, gc=False):
    """One line; which fields it has depends on its kind."""

    kind: str = ""
    name: str = ""
    version: str = ""
    arch: str = ""
    path: str = ""
    slices: list[str] = field(default_factory=list)


LINE = Decoder(Line)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages in the order of the manifest, each with the files it brought."""
    text = _unpacked(data, path)
    if isinstance(text, Problem):
        yield text
        return
    packages: list[Line] = []
    owned: dict[str, list[str]] = {}
    for number, line in enumerate(text.split(b"\n"), 1):
        try:
            said = LINE.decode(line) if line.strip() else Line()
        except (DecodeError, UnicodeError, RecursionError) as fault:
            what, where = f"unreadable line: {fault}", f"{path}: line {number}"
            yield Problem(source="chisel", where=where, what=what, effect="record_lost")
            continue
        if said.kind == "package" and said.name and said.version:
            packages.append(said)
        elif said.kind == "path" and not said.path.endswith("/"):
            # A file is one package's, though several of its slices may name it.
            for name in {each.rpartition("_")[0] for each in said.slices[:8]}:
                owned.setdefault(name, []).append(said.path.lstrip("/"))
    for each in packages:
        files = tuple(owned.pop(each.name, ()))
        yield Found(type="deb", name=each.name, version=each.version, arch=each.arch, owns=files)


def _unpacked(data: bytes, path: str) -> bytes | Problem:
    import zstandard

    try:
        unzip = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        with unzip.stream_reader(data, read_across_frames=True) as reader:
            text = reader.read(LARGEST + 1)
    except zstandard.ZstdError as fault:
        what = f"unreadable manifest: {fault}"
    else:
        if len(text) > LARGEST:
            what = f"unreadable manifest: it unpacks to more than {LARGEST >> 20} MiB"
        elif text.startswith(HEADER) and text.endswith(b"\n"):
            return text
        else:
            what = "unreadable manifest: it does not begin and end as one"
    return Problem(source="chisel", where=path, what=what, effect="source_lost")
