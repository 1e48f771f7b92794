"""What reading an image may cost: each bound has a default that real images keep, and one option.

An image is hostile until read (docs: rule 25). Whoever passes a bound is told its name and how to
raise it (`--limit NAME=VALUE`), so that an unusual image is a choice and never a surprise.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from sbom.errors import InputError

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
UNITS = {"": 1, "k": KIB, "m": MIB, "g": GIB}
MOST_DIGITS = 18


class Limits(Struct, frozen=True, kw_only=True, gc=False):
    """Bounds on one image. Sizes are bytes.

    manifest_bytes: one manifest, index or configuration.
    layers: layers of an image.
    platforms: images of one index, where all are asked for.
    layer_bytes: one layer, unpacked; also a compressed archive that is unpacked to be read.
    layer_ratio: unpacked bytes for each packed one, of a layer of more than 256 MiB.
    entries: entries of one layer (or files of a directory).
    path_bytes: one path; a longer one is left out and told.
    path_depth: folders in one path; a deeper one is left out and told.
    file_bytes: one file that a reader is given; a larger one is left out and told.
    packages: packages that one layer may name.
    links: links of one layer that lead to packages, or by their name should.
    """

    manifest_bytes: int = 8 * MIB
    layers: int = 1_000
    platforms: int = 200
    layer_bytes: int = 64 * GIB
    layer_ratio: int = 200
    entries: int = 5_000_000
    path_bytes: int = 4_096
    path_depth: int = 256
    file_bytes: int = 512 * MIB
    packages: int = 1_000_000
    links: int = 200_000


DEFAULT = Limits()


def parse(settings: Iterable[str], limits: Limits = DEFAULT) -> Limits:
    """Return `limits` changed by `NAME=VALUE` texts; a value may end in k, m or g (powers of 1024).

    Raises InputError for a name that is no limit or a value that is no positive number.
    """
    for setting in settings:
        name, _, value = setting.partition("=")
        field = name.strip().replace("-", "_")
        if field not in Limits.__struct_fields__:
            known = ", ".join(Limits.__struct_fields__)
            raise InputError(f"--limit {setting}: {name!r} is no limit", f"the limits are {known}")
        limits = replace(limits, **{field: _number(value.strip().lower(), setting)})
    return limits


def exceeded(where: str, what: str, name: str) -> InputError:
    """Return the error of an input that passes the limit `name`; `what` says by what it does."""
    return InputError(f"{where}: {what}", advice(name))


def advice(name: str) -> str:
    """Return what a user can do about a limit that was reached."""
    return f"if you trust this image, raise it with --limit {name}=VALUE"


def size(number: int) -> str:
    """Return a number of bytes for people (`64 GiB`)."""
    for unit, text in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if number >= unit:
            return f"{number / unit:.4g} {text}"
    return f"{number} bytes"


def _number(value: str, setting: str) -> int:
    digits = value.rstrip("kmg")
    unit = value[len(digits) :]
    sound = digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS and unit in UNITS
    if not sound or int(digits) == 0:
        raise InputError(
            f"--limit {setting}: {value!r} is no size", "write a whole number, such as 500000 or 8g"
        )
    return int(digits) * UNITS[unit]
