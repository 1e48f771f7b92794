"""Not a reader: the table of readers in their order, and what each states of itself.

docs/readers.md is made of it.
"""

from msgspec import Struct


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
        name="pacman",
        title="pacman packages (Arch Linux and its family)",
        reads=(
            "Name, version with epoch and release, base package, architecture, packager "
            "and licences of each package in the local database; its files."
        ),
        cannot="The repository that a package came from is not recorded.",
    ),
    Entry(
        name="portage",
        title="Portage packages (Gentoo and its family)",
        reads=(
            "Category, name and version with revision of each package that is installed, "
            "and its files. Package URLs have no type for Portage, so they are `generic`, "
            "with the category as namespace."
        ),
        cannot=(
            "Slot, USE flags, licence and overlay stand in other files of the record: one "
            "file is read at a time."
        ),
    ),
    Entry(
        name="chisel",
        title="Packages of chiselled Ubuntu images (Chisel's manifest)",
        reads=(
            "The Debian packages of which slices were installed, with version, "
            "architecture and the files that they brought."
        ),
        cannot=(
            "Source packages and makers are not recorded. Images cut before Chisel wrote "
            "manifests hold no list."
        ),
    ),
    Entry(
        name="bitnami",
        title="Bitnami's images (the SPDX documents beside each application)",
        reads=(
            "Each package of the documents by its package URL, with supplier and licence: the "
            "application, and what was built into it."
        ),
        cannot=(
            "What the document leaves out. Applications of images made before Bitnami wrote such "
            "documents are found by their own words (`programs`)."
        ),
    ),
    Entry(
        name="conda",
        title="Conda packages (conda, mamba, micromamba, Pixi)",
        reads=(
            "The record of each package in each environment: name, version, build, "
            "channel, platform, licence, and its files."
        ),
        cannot="Code that a conda package bundles without a record of its own.",
    ),
    Entry(
        name="nix",
        title="Nix and Guix packages",
        reads=(
            "Name and version of each path that the store's database lists; where an image has no "
            "database, of the folder of every executable and shared library. Package URLs have no "
            "type for either, so they are `generic`."
        ),
        cannot=(
            "Without a database, packages that hold no executable file. Which of a package's "
            "outputs it is. A name with a digit after a hyphen (`font-7x14`) is cut there, as Nix "
            "itself does."
        ),
    ),
    Entry(
        name="homebrew",
        title="Homebrew packages (Linuxbrew)",
        reads=(
            "Name and version with revision of each package in a Cellar that has a "
            "receipt, and its tap where it is not the default one."
        ),
        cannot="Casks, and packages linked from elsewhere.",
    ),
    Entry(
        name="snap",
        title="Snaps, unpacked",
        reads=(
            "Name, version and licence in a snap's own description. Package URLs have no "
            "type for snaps, so they are `generic`."
        ),
        cannot=(
            "What is inside a packed `.snap` file; a version that comes from elsewhere "
            "(`adopt-info`)."
        ),
    ),
    Entry(
        name="python",
        title="Python distributions (pip, Debian's dist-packages, eggs, vendored copies)",
        reads=(
            "Name, version, licence and author of the core metadata, up to its first empty line; "
            "eggs as folders and as zip files; copies that a package vendors, where these have "
            "metadata of their own. From the lock files of Poetry, uv, PDM and Pipenv what is not "
            "known to be installed, as optional."
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
        name="graalvm",
        title="Java programs that GraalVM compiled ahead of time",
        reads="The CycloneDX document that native-image puts into a program (`--enable-sbom`).",
        cannot="Programs that were built without one, and parts of the JDK that were compiled in.",
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
        title="Rust programs built with cargo-auditable, and Cargo's lock file",
        reads=(
            "The crates that were compiled in; build dependencies as optional. From `Cargo.lock` "
            "what is not known to be installed, as optional."
        ),
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
        cannot="Code that was copied in without Composer.",
    ),
    Entry(
        name="pear",
        title="PHP packages of PEAR and extensions of PECL",
        reads=(
            "Name, version, channel and licence in PEAR's registry. Package URLs have no "
            "registered type for it; `pear` is used, with the channel as namespace."
        ),
        cannot=(
            "Extensions that were compiled without `pecl`, and those that came with PHP itself, "
            "which have its version."
        ),
    ),
    Entry(
        name="dotnet",
        title="NuGet packages (.NET applications and runtimes)",
        reads=(
            "Packages in the dependency list of each application and shared framework, also of "
            "programs published as one file (of .NET 5 or later, for Linux); those that brought "
            "no file are optional. From NuGet's lock file what is not known to be installed, as "
            "optional."
        ),
        cannot=(
            "Programs compiled ahead of time hold no list of their packages; a "
            "`runtimeconfig.json` says what is needed, not what is there. Assemblies that no "
            "dependency list names, and .NET Framework's own."
        ),
    ),
    Entry(
        name="perl",
        title="Perl distributions (MakeMaker, cpanminus)",
        reads="Name and version in `perllocal.pod` and in cpanminus' records.",
        cannot=(
            "The author, which only cpanminus records, is left out, so that the two "
            "records of one distribution agree. Modules that were copied, or installed by "
            "Module::Build alone."
        ),
    ),
    Entry(
        name="cran",
        title="R packages, and R itself",
        reads=(
            "Name, version, maintainer and licence of each package that R installed. "
            "Those of Bioconductor are `generic`: package URLs have no type for it."
        ),
        cannot="The repository a package came from; libraries that a package compiled in.",
    ),
    Entry(
        name="luarocks",
        title="Lua rocks (LuaRocks)",
        reads="Name, version with revision and licence of each rock in a LuaRocks tree.",
        cannot="Lua modules that were copied; rocks installed without a manifest tree.",
    ),
    Entry(
        name="dart",
        title="Dart and Flutter packages (pub)",
        reads="From pub's lock file the published packages, as optional.",
        cannot="Compiled programs hold no list of their packages.",
    ),
    Entry(
        name="erlang",
        title="Erlang and Elixir applications, and Erlang/OTP itself",
        reads=(
            "Name and version of each OTP application that is installed or part of a "
            "release; the release of Erlang/OTP. From the lock files of Mix and Rebar "
            "what is not known to be installed, as Hex packages, optional."
        ),
        cannot=(
            "Whether an application came from Hex: its file does not say. Programs packed "
            "into one file (escripts, Burrito)."
        ),
    ),
    Entry(
        name="swift",
        title="Swift packages (`Package.resolved`)",
        reads=("From the lock file the packages that were resolved to a version, as optional."),
        cannot=(
            "Compiled programs hold no list of their packages; packages of a registry, "
            "which have no address."
        ),
    ),
    Entry(
        name="cocoapods",
        title="CocoaPods (`Podfile.lock`)",
        reads="From the lock file each pod, subspecs with their pod, as optional.",
        cannot="Whether a pod came from the public index.",
    ),
    Entry(
        name="haskell",
        title="Haskell packages (GHC, Stack, Cabal)",
        reads=(
            "Name, version and licence in GHC's package databases. From the lock files of "
            "Stack and Cabal what is not known to be installed, as optional."
        ),
        cannot="Statically linked programs hold no list of their packages.",
    ),
    Entry(
        name="opam",
        title="OCaml packages (opam)",
        reads="Name, version and licences of each package that is installed in a switch.",
        cannot=(
            "Packages that Dune vendored or built without opam; compiled programs hold no list of "
            "their packages."
        ),
    ),
    Entry(
        name="julia",
        title="Julia packages",
        reads=(
            "Name, version and UUID of each package in a depot. From manifests what is "
            "not known to be installed, as optional."
        ),
        cannot=(
            "Packages compiled into a system image. The standard library has the version "
            "of Julia and is not listed."
        ),
    ),
    Entry(
        name="wordpress",
        title="WordPress, its plugins and its themes",
        reads=(
            "The version of WordPress; name, version, author and licence of each plugin "
            "and theme. Package URLs have no type for them, so they are `generic`."
        ),
        cannot=(
            "Plugins of one file without a folder, must-use plugins, and whether a plugin "
            "is active."
        ),
    ),
    Entry(
        name="jvm",
        title="Java runtimes",
        reads=(
            "The `release` file of a JDK or JRE: version, and who built it. Where a "
            "package owns the file, that package is listed in its place."
        ),
        cannot="Runtimes whose `release` file was removed.",
    ),
    Entry(
        name="kernel",
        title="Linux kernels and their modules",
        reads=(
            "The version that a kernel image of x86 states; of Debian's the one it was made of. "
            "Name, version, author and licence of each module that states a version, packed or "
            "not. A module that is part of a kernel and states none is that kernel's. Where a "
            "package owns the file, that package is listed in its place."
        ),
        cannot=(
            "Kernel images of other machines, which state their version only inside; the patches "
            "of a distribution, whose kernels keep the number that they began with."
        ),
    ),
    Entry(
        name="notes",
        title="ELF files that name the package they were built for",
        reads=(
            "Type, name and version in the note `.note.package` that Fedora and others build into "
            "each executable and library, so that a file copied without its database is known. "
            "Where a package owns the file, that package is listed in its place."
        ),
        cannot="Files of distributions that write no such notes.",
    ),
    Entry(
        name="programs",
        title="Programs that no package installed: interpreters, servers, databases and others",
        reads=(
            "By the name of the file and the version it states: CPython, Node.js, Ruby, "
            "PHP, Perl, Lua, Tcl, Guile, Mono, nginx, Apache httpd, HAProxy, PostgreSQL, "
            "MariaDB, Redis, OpenSSL and others (`program_table.py`). Where a "
            "package owns the file, that package is listed in its place."
        ),
        cannot=(
            "Programs under another name, packed, or that do not state their version; "
            "copies of libraries renamed inside wheels; patches that a builder added. BusyBox is "
            "left out: builders of images leave copies behind that are no part of what they made."
        ),
    ),
)
