"""Java runtimes: the `release` file that every JDK and JRE has at its root.

Its lines are NAME="VALUE". Where a package owns the runtime, the package speaks for it
(`sbom.build` drops what is found here).
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/release",)
MAGIC: tuple[bytes, ...] = ()

LARGEST = 1 << 20
FIELD = re.compile(r"^([A-Z_]+)=\"([^\"\n]*)\"", re.MULTILINE)
# 1.8.0_402 → 8, update 402: CPEs of Java 8 have the update in a field of its own.
OLD = re.compile(r"1\.(\d+)\.0(?:_(\d+))?")
# Oracle marks its own builds as commercial; all others are builds of OpenJDK.
COMMERCIAL = "commercial"


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the runtime; a file of this name that states no version of Java is another's."""
    # Nothing here can be unreadable: other programs have files of this name too.
    del path
    text = data[:LARGEST].decode("utf-8", "replace")
    fields = dict(FIELD.findall(text))
    version = fields.get("JAVA_VERSION", "")
    if not version:
        return
    oracle = fields.get("BUILD_TYPE") == COMMERCIAL
    old = OLD.fullmatch(version)
    number = f"{old[1]}:update{old[2]}" if old and old[2] else f"{old[1] if old else version}:*"
    product = "jdk" if oracle else "openjdk"
    yield Found(
        type="generic",
        name="oracle-jdk" if oracle else "openjdk",
        version=version,
        vendor=fields.get("IMPLEMENTOR", ""),
        cpes=(f"cpe:2.3:a:oracle:{product}:{number}:*:*:*:*:*:*",),
    )
