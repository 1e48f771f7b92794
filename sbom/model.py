"""The nouns of an SBOM. Values only: frozen, hashable, made once and never changed.

They are msgspec structs rather than dataclasses because a cold `lading match` has 50 ms in all
(docs/decisions/0002-records-are-structs.md).
"""

from typing import Literal, NewType

from msgspec import Struct

Digest = NewType("Digest", str)
"""A content digest such as `sha256:…` (OCI image-spec, descriptor.md)."""

Purl = NewType("Purl", str)
"""A canonical package URL; made only by `sbom.purl`."""


class Problem(Struct, frozen=True, kw_only=True, gc=False):
    """Input that could not be read; it is kept and reaches every report.

    source: the part of Lading that tells (`dpkg`, `osv`, `openvex` …).
    where: file, and the place in it (`var/lib/dpkg/status: paragraph 12`).
    what: one sentence for people.
    effect: what is missing because of it.
    """

    source: str
    where: str
    what: str
    effect: Literal["source_lost", "record_lost", "field_lost"]


class Fault(Struct, frozen=True, kw_only=True, gc=False):
    """One reason why a document is not valid: the place in it, and what is wrong there."""

    place: str
    what: str


class Distro(Struct, frozen=True, kw_only=True, gc=False):
    """A distribution release as os-release(5) states it: ID, VERSION_ID, VERSION_CODENAME."""

    id: str
    version: str = ""
    codename: str = ""
    name: str = ""


class Layer(Struct, frozen=True, kw_only=True, gc=False):
    """One filesystem diff of an image, lowest first.

    created_by: the step of the Dockerfile that made it, as its author wrote it, without secrets.
    step: the step's number among all steps, from 1; 0 where the history does not tell.
    """

    diff_id: Digest
    digest: Digest | None = None
    created_by: str = ""
    step: int = 0


class Subject(Struct, frozen=True, kw_only=True, gc=False):
    """What the SBOM is about. `image_id` is the config digest (docs: rule 4)."""

    name: str = ""
    image_id: Digest | None = None
    manifest: Digest | None = None
    index: Digest | None = None
    platform: str = ""
    created: str = ""


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """Where, and by which reader, a component was seen. `path` has no leading slash.

    layer: since which the component is there.
    rewritten: a later one that wrote its file again, with the same package in it; the database of a
        distribution's packages is no package's own file.
    """

    path: str
    reader: str = ""
    layer: Digest | None = None
    rewritten: Digest | None = None


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """One package as a reader found it in one file, before layer and distribution are known.

    type, namespace, name, version: as in a purl; distribution packages (deb, apk, rpm) leave
        `namespace` empty, `sbom.build` fills in the distribution. An empty `version` means that
        the file is a file list of the package (`owns`) and says no more: it is no component.
    qualifiers: further purl qualifiers (`("epoch", "1")`), sorted by key.
    source, source_version: the source package where it has another name or version, else empty.
    stream: rpm modularity label, `NAME:STREAM:VERSION:CONTEXT`.
    vendor: who made it, in the database's own words (Maintainer, Vendor, Packager …).
    scope: `optional` for a name in a lock file that is not known to be installed.
    cpes: CPE names of a program that has no package, of a reader's table.
    owns: paths (no leading slash) of the files that belong to this package.
    inside: path in the archive that the read file is, `BOOT-INF/lib/x.jar!/META-INF/…` when nested.
    """

    type: str
    name: str
    version: str
    namespace: str = ""
    subpath: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    arch: str = ""
    source: str = ""
    source_version: str = ""
    stream: str = ""
    vendor: str = ""
    licenses: tuple[str, ...] = ()
    scope: Literal["required", "optional"] = "required"
    cpes: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()
    inside: str = ""


class Component(Struct, frozen=True, kw_only=True, gc=False):
    """One installed package.

    purl: canonical, or as the document has it where it cannot be parsed, or empty.
    source, source_version: name and version of the source package; for distribution packages
        always filled in when known, also when they equal name and version.
    maker: purl of the distribution package whose file list holds this component's files.
    vendor: who made it, in the database's own words.
    ref: the component's id in the document it was read from (bom-ref, SPDXID).
    cpes: as stated by the document, or by a reader's table of facts; never invented.
    concluded: licences that an analysis found, where a document states them as such; without
        declared ones they are `licenses` too.
    parties: (role, name) of all it names (supplier, originator …), sorted; empty where `vendor`,
        as the supplier, is all.
    """

    purl: Purl
    name: str
    version: str
    type: str = "library"
    namespace: str = ""
    source: str = ""
    source_version: str = ""
    arch: str = ""
    stream: str = ""
    vendor: str = ""
    maker: Purl | None = None
    distro: Distro | None = None
    licenses: tuple[str, ...] = ()
    scope: Literal["required", "optional"] = "required"
    evidence: tuple[Evidence, ...] = ()
    ref: str = ""
    cpes: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    concluded: tuple[str, ...] = ()
    parties: tuple[tuple[str, str], ...] = ()


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """What one layer did to one package: the layer history of the image."""

    event: Literal["introduced", "upgraded", "removed"]
    purl: Purl
    layer: Digest
    path: str
    replaces: Purl | None = None


class Root(Struct, frozen=True, kw_only=True, gc=False):
    """The product the document describes, by every name it gives it (for VEX products)."""

    purl: str = ""
    name: str = ""
    version: str = ""
    ref: str = ""
    cpes: tuple[str, ...] = ()


class Sbom(Struct, frozen=True, kw_only=True, gc=False):
    """What is inside one image, or what a document says is.

    serial: the document's own id (CycloneDX serialNumber, SPDX documentNamespace).
    dependencies: (ref, refs it depends on), as far as known.
    facts: (name, value) of the image's configuration and base, sorted; names may come again.
    """

    subject: Subject
    distro: Distro | None = None
    layers: tuple[Layer, ...] = ()
    components: tuple[Component, ...] = ()
    history: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    root: Root | None = None
    serial: str = ""
    format: str = ""
    dependencies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
