"""The real comparators: one process per scheme, fed with all pairs on standard input.

Each answers a line per pair: -1, 0, 1, or `x` where it refuses one of the two.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from conftest import skip_or_fail

HERE = Path(__file__).resolve().parent / "comparators"

Pairs = Sequence[tuple[str, str]]


def answers(scheme: str, pairs: Pairs, scratch: Path) -> list[int | None]:
    """Return what the scheme's comparator says of each pair; None where it refuses it."""
    command = COMMANDS[scheme](scratch)
    given = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = subprocess.run(
        command, input=given.encode(), capture_output=True, check=False, timeout=600, cwd=scratch
    )
    lines = done.stdout.decode().splitlines()
    if done.returncode or len(lines) != len(pairs):
        skip_or_fail(f"{command[0]} cannot compare: {done.stderr.decode()[-300:]}")
    return [None if line == "x" else int(line) for line in lines]


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if not found:
        skip_or_fail(f"{name} is not installed (Debian: {package})")
    return str(found)


def _dpkg(_scratch: Path) -> list[str]:
    return [_program("perl", "libdpkg-perl"), str(HERE / "dpkg.pl")]


def _rpm(_scratch: Path) -> list[str]:
    # The bindings belong to the system's Python, not to the one of the virtual environment.
    return ["/usr/bin/python3", str(HERE / "rpm_labels.py")]


def _semver(_scratch: Path) -> list[str]:
    return [_program("node", "nodejs node-semver"), str(HERE / "semver.js")]


def _golang(scratch: Path) -> list[str]:
    """Build the comparator on the copy of x/mod/semver that the Go toolchain carries."""
    go = _program("go", "golang-go")
    root = subprocess.run([go, "env", "GOROOT"], capture_output=True, check=True, text=True).stdout
    source = Path(root.strip()) / "src/cmd/vendor/golang.org/x/mod/semver/semver.go"
    if not source.is_file():
        skip_or_fail(f"this Go carries no x/mod/semver at {source}")
    (scratch / "semver").mkdir(exist_ok=True)
    shutil.copy(source, scratch / "semver" / "semver.go")
    shutil.copy(HERE / "golang.go", scratch / "main.go")
    (scratch / "go.mod").write_text("module comparator\n\ngo 1.19\n")
    subprocess.run([go, "build", "-o", "compare", "."], cwd=scratch, check=True)
    return [str(scratch / "compare")]


def _gem(_scratch: Path) -> list[str]:
    return [_program("ruby", "ruby"), str(HERE / "gem.rb")]


def _composer(_scratch: Path) -> list[str]:
    return [_program("php", "php-cli php-composer-semver"), str(HERE / "composer.php")]


def _maven(_scratch: Path) -> list[str]:
    java = _program("java", "openjdk-17-jdk-headless")
    jars = ["/usr/share/java/maven-artifact-3.x.jar", "/usr/share/java/commons-lang3.jar"]
    if not all(Path(jar).is_file() for jar in jars):
        skip_or_fail("Maven's jar is not installed (Debian: libmaven3-core-java)")
    return [java, "-cp", ":".join(jars), str(HERE / "Maven.java")]


COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "dpkg": _dpkg,
    "rpm": _rpm,
    "npm": _semver,
    "cargo": _semver,
    "golang": _golang,
    "gem": _gem,
    "composer": _composer,
    "maven": _maven,
}
