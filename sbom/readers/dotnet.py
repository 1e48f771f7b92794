"""NuGet packages of .NET applications and runtimes (`*.deps.json`), and NuGet's lock file.

A program published as one file holds its list of dependencies inside; a header says where.

A package that brought no file to the application (a metapackage, or one needed only to compile) is
optional, as is what only the lock file names (rule 5). A runtime is the package of its own files.
"""

import struct
from collections.abc import Iterator
from typing import Literal

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded, elf

GLOBS = ("**/*.deps.json", "**/packages.lock.json")
MAGIC = (elf.MAGIC,)

# What the program's host finds its bundle by; the header's place stands before it. The header
# (Microsoft.NET.HostModel) is: major, minor, number of files, a counted text, and from major
# version 2 on the place and size of the list of dependencies.
BUNDLE = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")
LARGEST = 64 << 20

PACKAGE, RUNTIME = "package", "runtimepack"
# A self-contained application names the runtime that was copied into it with this prefix.
RUNTIME_PREFIX = "runtimepack."
# What stands in place of an asset where a package has none for this framework.
EMPTY_ASSET = "_._"


class Assets(Struct, gc=False):
    """What a package brought to the application, by kind of file."""

    runtime: dict[str, Raw] = field(default_factory=dict)
    native: dict[str, Raw] = field(default_factory=dict)
    resources: dict[str, Raw] = field(default_factory=dict)
    runtimeTargets: dict[str, Raw] = field(default_factory=dict)  # noqa: N815 (the file's word)


class Library(Struct, gc=False):
    """What a name stands for: a package, a runtime, or a project of the application's makers."""

    type: str = ""


class Target(Struct, gc=False):
    """The framework, and the machine after a slash, for which the application was made."""

    name: str = ""


class Dependencies(Struct, rename={"runtime_target": "runtimeTarget"}):
    """A `*.deps.json` file; keys are `NAME/VERSION`."""

    libraries: dict[str, Raw]
    targets: dict[str, dict[str, Raw]] = field(default_factory=dict)
    runtime_target: Target = field(default_factory=Target)


class Locked(Struct, gc=False):
    """An entry of the lock file; a project has no version that was resolved."""

    type: str = ""
    resolved: str = ""


class Lock(Struct):
    """`packages.lock.json`: target framework → name → entry."""

    dependencies: dict[str, dict[str, Raw]]


DEPENDENCIES, LOCK = Decoder(Dependencies), Decoder(Lock)
LIBRARY, ASSETS, LOCKED = Decoder(Library), Decoder(Assets), Decoder(Locked)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages that an application, a runtime or a lock file names."""
    if path.endswith("packages.lock.json"):
        yield from _locked(data, path)
        return
    if data.startswith(elf.MAGIC):
        inside = _bundled(data)
        if inside is None:
            return
        data, path = inside, f"{path}: list of dependencies"
    document = decoded.whole(DEPENDENCIES, data, "dotnet", path, "list of dependencies")
    if isinstance(document, Problem):
        yield document
        return
    target = document.targets.get(document.runtime_target.name, {})
    for key, raw in document.libraries.items():
        where = f"{path}: libraries[{key!r}]"
        library = decoded.entry(LIBRARY, raw, "dotnet", where, "library")
        if isinstance(library, Problem):
            yield library
        elif library.type in {PACKAGE, RUNTIME}:
            yield _found(key, target.get(key), where)


def _bundled(data: bytes) -> bytes | None:
    """Return the list of dependencies inside a program that is one file, None where it has none."""
    area = elf.section(data, ".data")
    mark = data.find(BUNDLE, area.offset, area.end) if area else -1
    try:
        (header,) = struct.unpack_from("<Q", data, mark - 8) if mark >= 8 else (0,)
        if not 0 < header < len(data):
            return None
        (major,) = struct.unpack_from("<I", data, header)
        at = header + 12
        length = data[at] | (data[at + 1] << 7 if data[at] & 0x80 else 0)
        at += length + 1
        place, size = struct.unpack_from("<QQ", data, at) if major > 1 else (0, 0)
    except (struct.error, IndexError):
        return None
    whole = place > 0 and 0 < size <= LARGEST and place + size <= len(data)
    return data[place : place + size] if whole else None


def _found(key: str, raw: Raw | None, where: str) -> Found | Problem:
    name, _, version = key.removeprefix(RUNTIME_PREFIX).rpartition("/")
    if not (name and version):
        what = f"the key {key!r} is no NAME/VERSION"
        return Problem(source="dotnet", where=where, what=what, effect="record_lost")
    there = False
    if raw is not None:
        assets = decoded.entry(ASSETS, raw, "dotnet", where, "assets")
        there = isinstance(assets, Problem) or _brought(assets)
    scope: Literal["optional", "required"] = "required" if there else "optional"
    return Found(type="nuget", name=name, version=version, scope=scope)


def _brought(assets: Assets) -> bool:
    """Tell whether a package brought a file."""
    kinds = (assets.runtime, assets.native, assets.resources, assets.runtimeTargets)
    return any(not asset.endswith(EMPTY_ASSET) for kind in kinds for asset in kind)


def _locked(data: bytes, path: str) -> Iterator[Found | Problem]:
    lock = decoded.whole(LOCK, data, "dotnet", path, "lock file")
    if isinstance(lock, Problem):
        yield lock
        return
    told: set[tuple[str, str]] = set()
    for framework, packages in lock.dependencies.items():
        for name, raw in packages.items():
            where = f"{path}: {framework}[{name!r}]"
            entry = decoded.entry(LOCKED, raw, "dotnet", where, "package")
            if isinstance(entry, Problem):
                yield entry
            elif name and entry.resolved and (name, entry.resolved) not in told:
                # The same package stands once for each framework.
                told.add((name, entry.resolved))
                yield Found(type="nuget", name=name, version=entry.resolved, scope="optional")
