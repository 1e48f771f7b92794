"""What `lading evidence` needs from outside: inventories, registries, signed verdicts, folders."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sbom.errors import InputError

if TYPE_CHECKING:
    from gate.evidence.model import Known, Yardstick
    from gate.evidence.verify import Found
    from sbom.model import Problem
    from sbom.web.access import Access

LARGEST_INVENTORY = 1 << 29


def inventories(
    files: Sequence[str], registries: Sequence[str], access: "Access"
) -> tuple[tuple["Known", ...], tuple["Problem", ...], tuple[str, ...]]:
    """Return the images that files and registries name, what could not be read, and who told."""
    from gate.evidence.inventory import read

    known: list[Known] = []
    problems: list[Problem] = []
    for path in files:
        found, lost = read(_data(path, LARGEST_INVENTORY), os.path.basename(path))
        known += found
        problems += lost
    for repository in registries:
        known += _tagged(repository, access)
    named = (*map(os.path.basename, files), *registries)
    return tuple(dict.fromkeys(known)), tuple(problems), tuple(sorted(set(named)))


def envelopes(paths: Sequence[str]) -> tuple[tuple[str, bytes], ...]:
    """Return (name, content) of signed verdicts: files, and all files of folders."""
    found: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            found += sorted(entry.path for entry in os.scandir(path) if entry.is_file())
        else:
            found.append(path)
    return tuple((os.path.basename(path), _data(path, 1 << 28)) for path in found)


def yardstick(settings: Sequence[str]) -> "Yardstick":
    """Read `NAME=VALUE` of `--yardstick`."""
    import msgspec

    from gate.evidence.model import Yardstick

    stated = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or name not in Yardstick.__struct_fields__:
            known = ", ".join(Yardstick.__struct_fields__)
            raise InputError(f"--yardstick {text}: not NAME=VALUE", f"one of {known}")
        stated[name] = value
    try:
        made = msgspec.convert(stated, Yardstick, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"--yardstick: {error}", "days are whole numbers") from None
    if min(msgspec.structs.astuple(made)) < 0:
        raise InputError("--yardstick: less than nothing", "give numbers of 0 or more")
    return made


def write_folder(folder: str, files: Mapping[str, bytes]) -> None:
    """Write a bundle, all or nothing, to a folder that is not there yet or is empty."""
    refuse_full(folder)
    scratch = f"{folder.rstrip('/')}.{os.getpid()}.part"
    try:
        for path, data in files.items():
            place = os.path.join(scratch, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as stream:
                stream.write(data)
        os.replace(scratch, folder)
    except OSError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        told = f"{folder}: cannot write ({error.strerror})"
        raise InputError(told, "name another folder") from error


def refuse_full(folder: str) -> None:
    """Refuse a place where something is already; an earlier bundle is never written over."""
    if os.path.lexists(folder) and not (os.path.isdir(folder) and not os.listdir(folder)):
        raise InputError(f"{folder}: something is there already", "name a new folder")


def listed(folder: str) -> tuple["Found", ...]:
    """Return every file below a folder, links and devices among them as what they are not."""
    from gate.evidence.verify import Found

    if not os.path.isdir(folder):
        raise InputError(f"{folder}: no folder of a bundle", "name one that was exported")
    found = []
    for place, folders, names in os.walk(folder):
        links = [each for each in folders if os.path.islink(os.path.join(place, each))]
        for name in (*names, *links):
            path = os.path.join(place, name)
            plain = os.path.isfile(path) and not os.path.islink(path)
            size = os.path.getsize(path) if plain else None
            found.append(Found(os.path.relpath(path, folder), size))
    return tuple(found)


def read_file(folder: str, path: str) -> bytes:
    """Return a file of a bundle."""
    with open(os.path.join(folder, path), "rb") as stream:
        return stream.read()


def _tagged(repository: str, access: "Access") -> "list[Known]":
    """Return the images of a repository, by its tags."""
    from gate.evidence.model import Known
    from sbom.registry.client import Client
    from sbom.registry.reference import parse
    from sbom.registry.tags import tagged

    reference = parse(repository)
    name = f"{reference.registry}/{reference.repository}"
    return [
        Known(
            reference=f"{name}:{each.tag}",
            digest=each.digest,
            place="registry",
            where=repository,
        )
        for each in tagged(Client(reference, access))
    ]


def _data(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})", "name a file") from None
    if len(data) > most:
        raise InputError(f"{path}: larger than {most} bytes", "give several files")
    return data
