"""What is fuzzed: every reader and every document format, and the archives that images come in.

Each target has whole, valid files to begin with, and `run`, which takes any bytes and raises only
where something is wrong with us.
"""

import gzip
import json
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "sbom"), str(TESTS / "sbom/readers")]

import zstandard  # noqa: E402
from make_image import READERS, docker_files, files_of, layout_files, tar  # noqa: E402
from reader_seeds import SEEDS, check  # noqa: E402

from sbom import formats, purl  # noqa: E402
from sbom.build import build  # noqa: E402
from sbom.errors import LadingError  # noqa: E402
from sbom.limits import parse  # noqa: E402
from sbom.model import (  # noqa: E402
    Component,
    Digest,
    Distro,
    Evidence,
    Layer,
    Problem,
    Root,
    Sbom,
    Subject,
)
from sbom.sources import open_image  # noqa: E402

LIMITS = parse(["layer_bytes=8m", "entries=10000", "manifest_bytes=1m", "file_bytes=4m"])


class Target(NamedTuple):
    """A way in: its name, valid files, and what is done with any bytes."""

    name: str
    seeds: tuple[bytes, ...]
    run: Callable[[bytes], None]


def targets() -> dict[str, Target]:
    """Return all targets by name."""
    made = [*_readers(), *_documents(), *_archives()]
    return {target.name: target for target in made}


def _readers() -> list[Target]:
    def reading(reader, path):
        return lambda data: check(reader, path, data)

    return [
        Target(f"reader {name}", (data,), reading(reader, path))
        for name, (reader, path, data) in SEEDS.items()
    ]


def _documents() -> list[Target]:
    written = {name: formats.write(sbom(), name) for name in formats.WRITTEN}
    families = {name.partition("@")[0]: [] for name in written}
    for name, data in written.items():
        families[name.partition("@")[0]].append(data)
    return [
        Target(f"document {name}", tuple(seeds), read_document)
        for name, seeds in {**families, **_only_read(written["spdx-json"])}.items()
    ]


def _only_read(spdx: bytes) -> dict[str, list[bytes]]:
    """Documents in the forms that are read and never written."""
    import yaml

    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://spdx.dev/Document",
        "subject": [{"name": "a", "digest": {"sha256": "0" * 64}}],
        "predicate": json.loads(spdx),
    }
    syft = {
        "artifacts": [
            {
                "id": "1",
                "name": "a",
                "version": "1",
                "type": "deb",
                "purl": "pkg:deb/debian/a@1",
                "locations": [{"path": "/a", "layerID": "sha256:" + "0" * 64}],
                "licenses": [{"value": "MIT", "spdxExpression": "MIT", "type": "declared"}],
                "cpes": [{"cpe": "cpe:2.3:a:a:a:1:*:*:*:*:*:*:*"}],
                "metadataType": "dpkg-db-entry",
                "metadata": {"source": "b", "sourceVersion": "2", "maintainer": "c"},
            }
        ],
        "artifactRelationships": [{"parent": "1", "child": "1", "type": "contains"}],
        "source": {"type": "image", "metadata": {"layers": [{"digest": "sha256:" + "0" * 64}]}},
        "distro": {"id": "debian", "versionID": "12"},
        "schema": {"version": "16.0.0", "url": "x"},
    }
    return {
        "spdx-yaml": [yaml.safe_dump(json.loads(spdx)).encode()],
        "spdx-xml": [SPDX_XML],
        "spdx-rdf": [SPDX_RDF],
        "syft-json": [json.dumps(syft).encode()],
        "in-toto": [json.dumps(statement).encode()],
    }


def read_document(data: bytes) -> None:
    """Read a document and ask for its faults; a refusal is one line."""
    for ask in (formats.read, formats.faults):
        try:
            answer = ask(data, "document") if ask is formats.read else ask(data)
        except LadingError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert isinstance(answer, Sbom | list)


def _archives() -> list[Target]:
    layer = tar(
        ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
        ("a.pkg", b"npm a 1\nodd"),
        ("var/lib/db", "../../usr/db"),
        ("usr/db/packages", b"deb d 1 arch=all"),
        ("usr/.wh.x", b""),
        ("usr/.wh..wh..opq", b""),
        ("hard", "=a.pkg"),
        ("n" * 130 + "/b.pkg", b"npm b 1"),
    )
    long_names = tar(("a" * 150, b"x"), ("b.pkg", b"npm b 1"), form=tarfile.GNU_FORMAT)
    docker = tar(*docker_files([layer, layer]).items())
    packed = zstandard.ZstdCompressor().compress
    oci = tar(*layout_files(files_of([layer])).items())
    documents = [data for name, data in docker_files([layer]).items() if name.endswith(".json")]
    return [
        Target("archive docker", (docker, gzip.compress(docker, 1, mtime=0)), read_archive),
        Target("archive oci", (oci, packed(oci)), read_archive),
        Target("archive layer", (layer, long_names), read_layer),
        Target("archive layer gzip", (gzip.compress(layer, 1, mtime=0),), read_packed_layer),
        Target("archive layer zstd", (packed(layer),), read_packed_layer),
        Target("archive configuration", tuple(documents), read_configuration),
    ]


def read_archive(data: bytes) -> None:
    """Read an image from an archive's bytes."""
    with tempfile.NamedTemporaryFile(dir=memory()) as file:
        file.write(data)
        file.flush()
        read_image(file.name)


def read_layer(data: bytes) -> None:
    """Read an image whose one layer is these bytes, with digests that fit."""
    read_archive(tar(*docker_files([data]).items()))


def read_packed_layer(data: bytes) -> None:
    """Read a layout whose one layer's blob is these bytes, with a digest that fits."""
    try:
        layer = zlib.decompressobj(31).decompress(data, 1 << 20)
    except zlib.error:
        layer = b""
    files, entry = files_of([layer], pack=lambda _: data)
    read_archive(tar(*layout_files((files, entry)).items()))


def read_configuration(data: bytes) -> None:
    """Read an image that has these bytes for its configuration, and for its manifest."""
    files = docker_files([tar(("a.pkg", b"npm a 1"))])
    for name in [name for name in files if name.endswith(".json")]:
        read_archive(tar(*{**files, name: data}.items()))


def read_image(path: str) -> None:
    """Read an image; a refusal is one line with a remedy."""
    try:
        build(open_image(path), readers=READERS, limits=LIMITS, threads=1)
    except LadingError as error:
        assert error.hint  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017


@cache
def memory() -> str | None:
    """A folder that lies in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (files made safely)


def sbom() -> Sbom:
    """An SBOM that has something of everything."""
    layers = tuple(Layer(diff_id=Digest(f"sha256:{n:064x}"), created_by="RUN x") for n in range(2))
    debian = Distro(id="debian", version="12", codename="bookworm", name="Debian")
    made = purl.build("deb", "debian", "a", "1:2", (("arch", "all"), ("distro", "debian-12")))
    components = (
        Component(
            purl=made,
            name="a",
            version="1:2",
            type="deb",
            namespace="debian",
            source="b",
            source_version="3",
            arch="all",
            vendor="V",
            distro=debian,
            licenses=("MIT", "GPL-2.0-only OR ISC"),
            evidence=(Evidence(path="var/lib/x", reader="dpkg", layer=layers[0].diff_id),),
            ref="one",
            hashes=(("SHA-256", "0" * 64),),
        ),
        Component(
            purl=purl.build("npm", "@c", "d", "4", ()),
            name="d",
            version="4",
            type="npm",
            namespace="@c",
            maker=made,
            scope="optional",
            concluded=("Apache-2.0",),
            parties=(("author", "A"), ("supplier", "S")),
            cpes=("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",),
            ref="two",
        ),
    )
    return Sbom(
        subject=Subject(name="x", image_id=Digest("sha256:" + "1" * 64), platform="linux/amd64"),
        distro=debian,
        layers=layers,
        components=components,
        problems=(Problem(source="s", where="w", what="t", effect="field_lost"),),
        root=Root(purl="pkg:oci/x@1", name="x", version="1", ref="root"),
        dependencies=(("one", ("two",)),),
        facts=(("user", "root"),),
    )


SPDX_XML = b"""<?xml version="1.0"?><Document><spdxVersion>SPDX-2.3</spdxVersion>
<SPDXID>SPDXRef-DOCUMENT</SPDXID><name>n</name><documentNamespace>urn:x</documentNamespace>
<dataLicense>CC0-1.0</dataLicense><creationInfo><created>2024-01-01T00:00:00Z</created>
<creators>Tool: t</creators></creationInfo><packages><SPDXID>SPDXRef-a</SPDXID><name>a</name>
<versionInfo>1</versionInfo><downloadLocation>NONE</downloadLocation><externalRefs>
<referenceCategory>PACKAGE-MANAGER</referenceCategory><referenceType>purl</referenceType>
<referenceLocator>pkg:npm/a@1</referenceLocator></externalRefs></packages></Document>"""
SPDX_RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://spdx.org/rdf/terms#" xmlns:spdx="http://spdx.org/rdf/terms#">
<SpdxDocument rdf:about="urn:x#SPDXRef-DOCUMENT"><specVersion>SPDX-2.3</specVersion><name>n</name>
<relationship><Relationship><relatedSpdxElement rdf:resource="urn:x#SPDXRef-a"/>
<relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_describes"/>
</Relationship></relationship></SpdxDocument>
<Package rdf:about="urn:x#SPDXRef-a" spdx:versionInfo="1"><name>a</name><licenseDeclared>
<DisjunctiveLicenseSet><member rdf:resource="http://spdx.org/licenses/MIT"/>
<member rdf:nodeID="l"/></DisjunctiveLicenseSet></licenseDeclared></Package>
<ExtractedLicensingInfo rdf:nodeID="l"><licenseId>LicenseRef-l</licenseId></ExtractedLicensingInfo>
</rdf:RDF>"""
