"""A small real file for every form that a reader reads, and what holds for whatever it says of it."""

import gzip
import time
import zlib

import zstandard
from reader_files import (
    MODULES,
    archive,
    crates,
    dotnet_bundle,
    elf,
    go_build_info,
    kernel_image,
    native_image,
    nix_database,
    package_note,
    rpm_berkeley,
    rpm_header,
    rpm_ndb,
    rpm_sqlite,
)

from sbom.model import Found, Problem

HEADERS = [
    rpm_header(
        name=f"p{number}",
        version="1",
        release="2",
        epoch=3,
        vendor="v" * (300 * number),
        dirnames=["/usr/bin/", "/etc/"],
        basenames=["a", "b"],
        dirindexes=[0, 1],
    )
    for number in range(5)
]
ZSTD = b"\x28\xb5\x2f\xfd"
MODULES_OF_GO = "mod\texample.com/a\t(devel)\ndep\texample.com/b\tv1\n=>\texample.com/c\tv2\n"
JAR = archive(
    {
        "META-INF/MANIFEST.MF": "Implementation-Vendor-Id: org.acme\nBundle-Version: 1.0\n",
        "META-INF/maven/g.h/a/pom.properties": "groupId=g.h\nartifactId=a\nversion=1\n",
        "META-INF/maven/g.h/b/pom.xml": "<p><groupId>g</groupId><artifactId>b</artifactId></p>",
        "org/acme/A.class": b"\xca\xfe\xba\xbe" * 20,
    }
)
LOCK = (
    b'{"packages": {"node_modules/a": {"version": "1"}}, "dependencies": {"b": {"version": "2"}}}'
)

SEEDS = {
    "dpkg status": (
        "dpkg",
        "var/lib/dpkg/status",
        b"Package: a\nStatus: install ok installed\nVersion: 1\nSource: b (2)\n\n" * 3,
    ),
    "dpkg list": ("dpkg", "var/lib/dpkg/info/a.list", b"/.\n/usr\n/usr/x\n" * 3),
    "apk": ("apk", "lib/apk/db/installed", b"P:a\nV:1\nF:usr\nR:x\nL:MIT\n\n" * 3),
    "rpm sqlite": ("rpm", "var/lib/rpm/rpmdb.sqlite", rpm_sqlite(HEADERS, page_size=512)),
    "rpm ndb": ("rpm", "var/lib/rpm/Packages.db", rpm_ndb(HEADERS)),
    "rpm Berkeley DB": ("rpm", "var/lib/rpm/Packages", rpm_berkeley(HEADERS)),
    "rpm list": ("rpm", "var/lib/rpmmanifest/container-manifest-2", b"a\t1-2" + b"\t3" * 8),
    "python": ("python", "x/a-1.dist-info/METADATA", b"Name: a\nVersion: 1\nLicense: MIT\n\ntext"),
    "python egg": ("python", "x/a.egg", archive({"EGG-INFO/PKG-INFO": "Name: a\nVersion: 1\n"})),
    "node": (
        "node",
        "node_modules/a/package.json",
        b'{"name": "@a/b", "version": "1", "license": []}',
    ),
    "npm lock": ("node", "app/package-lock.json", LOCK),
    "yarn lock": ("node", "app/yarn.lock", b'"@a/b@^1", c@2:\n  version "1.0"\n\n' * 3),
    "pnpm lock": ("node", "app/pnpm-lock.yaml", b"packages:\n\n  /a@1.0.0(b@2):\n    x: 1\n" * 3),
    "java": ("java", "a/app-1.0.jar", archive({"lib/a-1.jar": JAR, "x.txt": "x"}, packed=False)),
    "graalvm": (
        "graalvm",
        "bin/server",
        native_image(gzip.compress(b'{"components": [{"purl": "pkg:maven/a/b@1"}]}', mtime=0)),
    ),
    "golang": (
        "golang",
        "bin/a",
        elf({".text": b"\x90", ".go.buildinfo": go_build_info("go1.20", MODULES_OF_GO)}),
    ),
    "golang narrow": (
        "golang",
        "bin/a",
        elf({".go.buildinfo": go_build_info("go1.20", MODULES_OF_GO)}, order=">", wide=False),
    ),
    "rust": ("rust", "bin/a", crates(b'{"packages": [{"name": "a", "version": "1"}]}')),
    "rust document": ("rust", "bin/a", b'{"packages": [{"name": "a", "version": "1"}]}'),
    "ruby": (
        "ruby",
        "x/specifications/a-1.gemspec",
        b'# stub: a 1 ruby lib\nGem::Specification.new do |s|\n s.name = "a"\n s.version = "1"\n',
    ),
    "ruby lock": ("ruby", "app/Gemfile.lock", b"GEM\n  specs:\n    a (1.0)\n    b (2-java)\n"),
    "php": (
        "php",
        "vendor/composer/installed.json",
        b'{"packages": [{"name": "a/b", "version": "1"}]}',
    ),
    "pacman": ("pacman", "var/lib/pacman/local/a-1-1/desc", b"%NAME%\na\n\n%VERSION%\n1-1\n\n"),
    "pacman files": ("pacman", "var/lib/pacman/local/a-1-1/files", b"%FILES%\nusr/\nusr/a\n\n"),
    "portage": ("portage", "var/db/pkg/a/b-1/PF", b"b-1\n"),
    "portage files": (
        "portage",
        "var/db/pkg/a/b-1/CONTENTS",
        b"dir /usr\nobj /usr/a 00 1\nsym /b -> a 1\n",
    ),
    "chisel": (
        "chisel",
        "var/lib/chisel/manifest.wall",
        zstandard.ZstdCompressor().compress(
            b'{"jsonwall":"1.0"}\n{"kind":"package","name":"a","version":"1"}\n'
            b'{"kind":"path","path":"/x","slices":["a_b"]}\n'
        ),
    ),
    "conda": (
        "conda",
        "opt/conda-meta/a.json",
        b'{"name": "a", "version": "1", "files": ["x", "y"], "channel": "https://a/b/noarch"}',
    ),
    "nix": ("nix", "nix/store/" + "0" * 32 + "-a-1/bin/a", elf({".text": b"\x90"})),
    "nix database": ("nix", "nix/var/nix/db/db.sqlite", nix_database()),
    "homebrew": ("homebrew", "Cellar/a/1/INSTALL_RECEIPT.json", b'{"source": {"tap": "a/b"}}'),
    "snap": ("snap", "meta/snap.yaml", b"name: a\nversion: '1'\nlicense: MIT\n"),
    "dotnet": (
        "dotnet",
        "app/a.deps.json",
        b'{"runtimeTarget": {"name": "t"}, "libraries": {"a/1": {"type": "package"}}}',
    ),
    "dotnet bundle": (
        "dotnet",
        "bin/server",
        dotnet_bundle(b'{"libraries": {"a/1": {"type": "package"}}}'),
    ),
    "dotnet lock": (
        "dotnet",
        "app/packages.lock.json",
        b'{"dependencies": {"net8.0": {"a": {"type": "Direct", "resolved": "1"}}}}',
    ),
    "perl": (
        "perl",
        "lib/perllocal.pod",
        b"=head2 Mon: C<Module> L<A::B|A::B>\n\nC<VERSION: 1>\n\n" * 3,
    ),
    "cpanminus": ("perl", "lib/.meta/a/install.json", b'{"dist": "A-B-1.0"}'),
    "cran": ("cran", "lib/a/DESCRIPTION", b"Package: a\nVersion: 1\nBuilt: R\n more\nLicense: x\n"),
    "luarocks": ("luarocks", "rocks/a/1-1/a-1-1.rockspec", b'license = "MIT"\n'),
    "dart": (
        "dart",
        "app/pubspec.lock",
        b'packages:\n  a:\n    source: hosted\n    version: "1"\nsdks:\n',
    ),
    "erlang": ("erlang", "lib/a/ebin/a.app", b'{application, a, [{vsn, "1"}]}.'),
    "mix lock": ("erlang", "app/mix.lock", b'%{"a": {:hex, :a, "1", "00", [], []},}'),
    "swift": (
        "swift",
        "app/Package.resolved",
        b'{"pins": [{"location": "https://a/b/c.git", "state": {"version": "1"}}]}',
    ),
    "cocoapods": (
        "cocoapods",
        "app/Podfile.lock",
        b"PODS:\n  - A/B (1.0):\n    - C\n  - C (2)\n\nX:\n",
    ),
    "haskell": ("haskell", "x/package.db/a.conf", b"name: a\nversion:\n    1\nlicense: MIT\n"),
    "stack lock": ("haskell", "app/stack.yaml.lock", b"-\n    hackage: a-1.0@sha256:00,1\n"),
    "julia": (
        "julia",
        "packages/A/x/Project.toml",
        b'name = "A"\nuuid = "00"\nversion = "1"\n[deps]\n',
    ),
    "julia manifest": (
        "julia",
        "app/Manifest.toml",
        b'[[deps.A]]\nuuid = "00"\nversion = "1"\n\n[[B]]\nuuid = "1"\n',
    ),
    "wordpress": ("wordpress", "wp-includes/version.php", b"<?php\n$wp_version = '6.4';\n"),
    "wordpress plugin": (
        "wordpress",
        "wp-content/plugins/a/a.php",
        b"<?php\n/*\n * Plugin Name: A\n * Version: 1\n */",
    ),
    "jvm": ("jvm", "opt/java/release", b'JAVA_VERSION="17.0.1"\nIMPLEMENTOR="A"\n'),
    "bitnami": (
        "bitnami",
        "opt/bitnami/a/.spdx-a.spdx",
        (
            b'{"packages": [{"name": "a", "supplier": "Organization: b", "licenseDeclared": "MIT", '
            b'"externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/a@1?arch=b"}]}]}'
        ),
    ),
    "opam": (
        "opam",
        "x/.opam-switch/packages/a.1/opam",
        b'opam-version: "2.0"\nlicense: ["MIT"]\n',
    ),
    "pear": (
        "pear",
        "usr/share/php/.registry/a.reg",
        (
            b's:4:"name";s:1:"a";s:7:"version";a:1:{s:7:"release";s:1:"1";}s:7:"license";a:2:{'
            b's:8:"_content";s:3:"MIT";}'
        ),
    ),
    "kernel": ("kernel", "boot/vmlinuz", kernel_image("6.1.0-1 (a) #1 SMP Debian 6.1.9-1 (x)")),
    "kernel module": ("kernel", "lib/modules/6/a.ko", elf({".modinfo": b"name=a\0version=1\0"})),
    "kernel module packed": (
        "kernel",
        "lib/modules/6/a.ko.zst",
        zstandard.ZstdCompressor().compress(elf({".modinfo": b"name=a\0version=1\0"})),
    ),
    "notes": (
        "notes",
        "lib/a.so",
        elf({".note.package": package_note(b'{"name":"a","version":"1"}')}),
    ),
    "programs": ("programs", "bin/python3.11", elf({".rodata": b"x\x003.11.2\x003.2.0\0"})),
    "cargo lock": (
        "rust",
        "app/Cargo.lock",
        b'[[package]]\nname = "a"\nversion = "1"\nsource = "registry+x"\n\n[metadata]\n',
    ),
    "poetry lock": (
        "python",
        "app/poetry.lock",
        b'[[package]]\nname = "a"\nversion = "1"\n\n[package.source]\ntype = "legacy"\n',
    ),
    "pipenv lock": ("python", "app/Pipfile.lock", b'{"default": {"a": {"version": "==1"}}}'),
}


def check(reader, path, data):
    start, size = time.process_time(), len(data)
    if path == "bin/a" and data.startswith(b"{"):
        # Behind a checksum no change would come through: the document itself is changed.
        data = elf({".dep-v0": zlib.compress(data)})
    things = list(MODULES[reader].read(data, path))
    for thing in things:
        assert isinstance(thing, Found | Problem)
        assert not isinstance(thing, Found) or (thing.name and (thing.version or thing.owns))
        assert not isinstance(thing, Problem) or (thing.what and thing.where.startswith(path))
    owned = sum(len(name) for thing in things if isinstance(thing, Found) for name in thing.owns)
    if not data.startswith(ZSTD):  # what unpacks to more may say more
        assert owned <= 10 * size + 1000
        assert len(things) <= size + 10
    assert time.process_time() - start < 5
