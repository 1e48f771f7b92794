"""The readers of package databases, in order; docs/readers.md is made of this table.

Modules of this folder that are not in the table are parts of readers (`elf`, `rpmdb`, `zipped` …).
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Protocol

from msgspec import Struct

from sbom.model import Found, Problem


class Reader(Protocol):
    """The shape of a reader's module; MAGIC holds first bytes of executables, else nothing."""

    GLOBS: tuple[str, ...]
    MAGIC: tuple[bytes, ...]

    def read(self, data: bytes, path: str, /) -> Iterator[Found | Problem]:
        """Yield what one file holds; never raises on any bytes."""


class Entry(Struct, frozen=True, kw_only=True):
    """A row of the table: the module of a reader, what it reads, and what it cannot know."""

    name: str
    title: str
    reads: str
    cannot: str


READERS: tuple[Entry, ...] = (
    Entry(
        name="dpkg",
        title="Debian packages (Debian, Ubuntu, distroless)",
        reads=(
            "Packages whose files are there, whatever dpkg was asked to do with them next, with "
            "source package and version, architecture, maker (`Origin`, else `Maintainer`); the "
            "files of each package from its file list, or its checksums in distroless images."
        ),
        cannot=(
            "Licences: they stand as free text in `usr/share/doc`. The repository that a package "
            "came from is not recorded. Files moved by `dpkg-divert` are listed at their old place."
        ),
    ),
    Entry(
        name="apk",
        title="Alpine packages (Alpine, Wolfi, Chainguard)",
        reads=(
            "All packages, virtual ones included, with origin package, architecture, maintainer, "
            "licence and files."
        ),
        cannot="The repository that a package came from is not recorded.",
    ),
    Entry(
        name="rpm",
        title="RPM packages (RHEL and its family, SUSE, Amazon Linux, Photon, Azure Linux)",
        reads=(
            "The database in its SQLite, ndb and Berkeley DB forms, and the list of images without "
            "rpm: version with release, epoch, architecture, source package, modularity label, "
            "vendor, licence and files. Keys (`gpg-pubkey`) are no packages."
        ),
        cannot=(
            "What stands only in SQLite's write-ahead log: that is said as a problem. The "
            "repository that a package came from is not in the database."
        ),
    ),
    Entry(
        name="python",
        title="Python distributions (pip, Debian's dist-packages, eggs, vendored copies)",
        reads=(
            "Name, version, licence and author of the core metadata, up to its first empty line; "
            "eggs as folders and as zip files; copies that a package vendors, where these have "
            "metadata of their own."
        ),
        cannot=(
            "Code that was copied without its metadata, or frozen into an executable. Wheels that "
            "lie about are not installed and are not read; nor is the data of packages' own tests."
        ),
    ),
    Entry(
        name="node",
        title="Node packages (npm, Yarn, pnpm, Debian's nodejs)",
        reads=(
            "The `package.json` of each installed package and of applications; those that say they "
            "are private are optional. From the lock files of npm, Yarn and pnpm what is not known "
            "to be installed, as optional."
        ),
        cannot=(
            "Code that a bundler put into one file, and packages inside Yarn's zip archives. What "
            "lies in the folders of a package's tests and examples, or came along with a package "
            "of another ecosystem, is not read: nothing says that it was installed."
        ),
    ),
    Entry(
        name="java",
        title="Java archives (jar, war, ear and their like, nested ones too)",
        reads=(
            "Each `pom.properties`, of shaded artifacts too, else `pom.xml`. Where both are "
            "missing: the file name and the manifest; the group id then comes from a table of "
            "known artifacts, what build tools write by rule, or the package of all classes."
        ),
        cannot=(
            "Shaded classes without Maven metadata. A group id that none of these rules gives: the "
            "archive is a problem then, not a component with an invented name. "
            "The Java runtime's own archives and `.jmod` files are no artifacts."
        ),
    ),
    Entry(
        name="golang",
        title="Go programs (ELF, stripped or not; Windows and macOS from Go 1.18)",
        reads=(
            "The build information: standard library with the version of Go, main module, all "
            "modules that were built in. Replacements are followed; `(devel)` stands for a module "
            "that was built from a folder."
        ),
        cannot=(
            "Programs built without module support or before Go 1.13, packed by UPX, or whose "
            "build information was removed on purpose; which packages of a module are used."
        ),
    ),
    Entry(
        name="rust",
        title="Rust programs built with cargo-auditable",
        reads="The crates that were compiled in; build dependencies as optional.",
        cannot="Programs built without cargo-auditable hold no list of their crates.",
    ),
    Entry(
        name="ruby",
        title="Ruby gems (RubyGems, default gems, Bundler)",
        reads=(
            "Each installed gem's specification: name, version, platform, licences, authors. From "
            "Bundler's lock file what is not known to be installed, as optional."
        ),
        cannot=(
            "Gems that Bundler took from a repository: their version is Ruby code. Gems in a jar "
            "of JRuby."
        ),
    ),
    Entry(
        name="php",
        title="PHP packages (Composer)",
        reads=(
            "`installed.json` of Composer 1 and 2. From the lock file what is not known to be "
            "installed, as optional."
        ),
        cannot="Extensions of PECL and PEAR, and code that was copied in without Composer.",
    ),
)


def load(names: Iterable[str] | None = None) -> tuple[tuple[str, Reader], ...]:
    """Return the named readers, or all, as (name, module) in the table's order.

    A name that is not in the table raises KeyError.
    """
    known = [entry.name for entry in READERS]
    wanted = set(known if names is None else names)
    if unknown := wanted.difference(known):
        raise KeyError(*sorted(unknown))
    return tuple((name, _module(name)) for name in known if name in wanted)


def _module(name: str) -> Reader:
    module: Reader = import_module(f"sbom.readers.{name}")
    return module
